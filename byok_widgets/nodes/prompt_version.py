"""The version of the prompts that this package itself adds to requests.

They are the instructions of extraction nodes, of the judge of edges, of the judge of a comparison, of simulated
callers, and what asks for a repair. Recordings hold the version: with each change of these prompts, requests
differ from recorded ones.
"""

PROMPT_VERSION = 1
"""Increase it with each change to the package's own prompts, and record the tutorials again."""
