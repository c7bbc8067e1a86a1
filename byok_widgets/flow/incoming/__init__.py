"""Settings and keys that reach a flow from elsewhere: a file, another kernel or flow, or a time before it."""
