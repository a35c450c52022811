"""A plan as source: printed from Python syntax trees, for a target."""
