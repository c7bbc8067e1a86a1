"""What `flow.check()` finds: mistakes in the graph, its conditions and prompts, and in the keys and models."""
