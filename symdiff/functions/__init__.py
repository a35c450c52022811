"""What users call: Function, and what makes and differentiates Functions."""
