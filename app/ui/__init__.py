"""The window: Qt widgets that ask services through the bridge and paint domain values."""
