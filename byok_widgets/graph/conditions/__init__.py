"""Conditions of edges: the grammar of logic conditions, its values and its operators."""
