"""What a person sees of how edits are kept: recovery, history, conflicts, and who else is here."""
