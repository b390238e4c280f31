"""For rule authors: case loader and runner, Hypothesis strategies, pytest plugin."""
