"""Signs that a value was said and is still not the value of its field."""
