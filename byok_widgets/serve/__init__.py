"""A flow as an OpenAI-compatible chat endpoint, for phones and pages.

Knows sessions and what is below; knows nothing of `Flow`.
"""
