"""The wire protocols that providers speak, each over its official SDK."""
