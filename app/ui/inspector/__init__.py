"""What is selected, in detail: its form, and what its last run took, gave and failed with."""
