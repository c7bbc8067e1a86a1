"""Storage backends: the places that can hold an API key, one module each."""
