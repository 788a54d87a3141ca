"""The outline: the workflow as a tree beside the canvas, for the keyboard and for who cannot see the canvas."""
