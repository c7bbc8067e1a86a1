"""Where the cells of a comparison run: in this process, or on the workers of a cluster."""
