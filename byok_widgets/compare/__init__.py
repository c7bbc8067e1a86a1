"""Comparison of models on one node and of assignments on a whole flow."""
