"""Auto-layout: our own layered layout, from the inside of the groups out. Pure, and the same answer for the same graph."""
