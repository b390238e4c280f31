"""Wording: reading."""

PHRASES: dict[str, str] = {}
