"""Results and diagnostics as text, JSON and other forms."""
