"""Rules, as data: each file holds those of one subject."""
