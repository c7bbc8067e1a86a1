"""The board of a comparison."""
