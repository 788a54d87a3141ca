"""Sub-workflows in the editor: a selection taken out, jumped into and back from, expanded in place."""
