"""Storage backends, which can hold API keys: one module each, and the ordered list of them in `registry`."""
