"""The file of a flow: what is written to it, and what is taken from it."""
