"""Graphs for people to read."""
