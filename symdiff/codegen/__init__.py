"""Graphs as source."""
