"""Two definitions in one picture, with what differs field by field: for versions, recovery and conflict."""
