"""Finding things from anywhere in the window: commands, steps, workflows, runs, and where something is used."""
