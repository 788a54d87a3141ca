"""Making the draft the next version: the checklist, the way to what is wrong, and what follows."""
