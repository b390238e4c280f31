"""Wording: cli."""

PHRASES: dict[str, str] = {}
