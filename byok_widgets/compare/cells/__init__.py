"""What a comparison is about: variants, and the cells that they fill."""
