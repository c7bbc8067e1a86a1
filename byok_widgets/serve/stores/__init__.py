"""Where served conversations are kept."""
