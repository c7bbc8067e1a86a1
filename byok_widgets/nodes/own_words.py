"""The version of the words that this package itself adds to requests.

They are the instructions of extraction nodes, of the judge of edges, of the judge of a comparison, of simulated
callers, and what asks for a repair. Recordings hold the version: with each change of these words, requests differ
from recorded ones.
"""

OWN_WORDS = 1
"""Raise it with each change of the package's own words in a request, and record the tutorials anew."""
