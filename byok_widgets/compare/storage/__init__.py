"""Finished cells, kept in a private SQLite file."""
