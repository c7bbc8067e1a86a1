"""Comparing models on one node, or assignments of models on a whole flow, over cases, with evidence."""
