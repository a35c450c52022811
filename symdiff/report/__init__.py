"""What is told of a program: explanations, runs with all values, pictures, files, tables."""
