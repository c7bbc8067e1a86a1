"""The chat widget: a session to talk to."""
