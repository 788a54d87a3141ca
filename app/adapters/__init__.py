"""What does the work of a tool step or answers an llm step, one adapter per file, and the one way out to the network."""
