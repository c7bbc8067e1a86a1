"""The HTTP server, and the form of its answers."""
