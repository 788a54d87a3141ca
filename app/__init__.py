"""Orchestrion: make, run and watch AI workflows."""

__version__ = "0.1.0"
