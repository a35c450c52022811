"""The immutable value that everyone shares."""
