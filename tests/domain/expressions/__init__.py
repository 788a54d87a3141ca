"""Expressions, templates and paths."""
