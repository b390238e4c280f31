"""Many subjects over time: facts change, events happen, deadlines pass; an append-only log remembers."""
