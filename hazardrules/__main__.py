"""`python -m hazardrules`."""

from hazardrules.cli import main

main()
