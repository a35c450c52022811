"""The vocabulary: one row per operation, complete at birth."""
