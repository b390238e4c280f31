"""Wording of this language, one module per section."""
