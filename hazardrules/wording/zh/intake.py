"""Wording: intake."""

PHRASES: dict[str, str] = {}
