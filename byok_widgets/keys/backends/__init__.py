"""Storage backends for API keys: one module each, listed in order in `registry`."""
