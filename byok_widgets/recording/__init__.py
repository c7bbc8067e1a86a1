"""Cassettes: files with recorded calls, from which a flow runs again with no key, no network and no model.

They stand at the boundary to the providers: what passes there is a request in the package's own terms, and no
header and no key. They reach the calls by the tape of a flow's context.
"""
