"""Wording: meaning."""

PHRASES: dict[str, str] = {}
