"""What is computed when, and what gets a name."""
