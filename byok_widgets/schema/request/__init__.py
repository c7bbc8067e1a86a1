"""How a provider is asked for an object: the schema on the wire, and its fields in the prompt."""
