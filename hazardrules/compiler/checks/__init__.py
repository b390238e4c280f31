"""Checks over a compiled rulebook that need more than one name at a time."""
