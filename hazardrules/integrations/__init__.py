"""The same rules inside other systems: one file per system, whose library is an extra and imported when it is used."""

SECTIONS = ("levels", "findings", "actions", "undetermined", "missing")
"""What is said of a row; each costs time, and room in what is sent back."""
BLOCK = 32_768
"""So many rows are judged together at most: more are hardly faster, and a worker has little memory."""
