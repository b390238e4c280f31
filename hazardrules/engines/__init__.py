"""Engines: truth per rule; they do not know one another."""
