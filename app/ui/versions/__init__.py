"""The published versions of a workflow: listed, compared on the canvas, rolled back to, opened and exported."""
