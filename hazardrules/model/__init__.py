"""Frozen types of the library: no I/O, no clock."""
