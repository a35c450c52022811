"""What is told of a program: explanations, runs with all values, pictures, files, tables."""

LIMIT = 40  # steps of a kind, beyond which an explanation folds them
