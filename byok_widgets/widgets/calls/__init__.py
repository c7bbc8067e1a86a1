"""The kernel's side of a served flow in a cell: its address, its calls, and each of them in the chat."""
