"""What a workflow means: pure values and rules, no I/O."""
