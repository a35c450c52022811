"""Chains of sums and products, written in the order that costs least."""
