"""The background event loop on which all provider calls run, and the sync entry point to it."""
