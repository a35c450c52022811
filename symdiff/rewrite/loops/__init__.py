"""Rewrites of loops: what need not be done in each step, is not."""
