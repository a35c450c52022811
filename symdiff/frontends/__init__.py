"""What users write, as graphs."""
