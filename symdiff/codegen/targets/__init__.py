"""What source can be printed for: one file each."""
