"""Runs the cells of a comparison."""
