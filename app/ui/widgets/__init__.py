"""Small controls that several screens share."""
