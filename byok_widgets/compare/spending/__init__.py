"""What a comparison may cost, and what it is expected to cost."""
