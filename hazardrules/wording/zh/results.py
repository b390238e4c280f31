"""Wording: results."""

PHRASES: dict[str, str] = {}
