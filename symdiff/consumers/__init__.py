"""What other libraries ask for that a Function is not by itself: one small file for each family, imported on demand."""
