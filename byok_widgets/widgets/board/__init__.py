"""The board of a comparison: it fills while the comparison runs."""
