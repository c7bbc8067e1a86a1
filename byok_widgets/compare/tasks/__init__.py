"""What is done for one cell: a call of a node, or a conversation with a flow."""
