"""The background event loop on which all provider calls run, and the sync entry point to it."""

from byok_widgets.engine.loop import ENGINE, Engine, TextFeed, clock, with_deadline, with_retries

__all__ = ["ENGINE", "Engine", "TextFeed", "clock", "with_deadline", "with_retries"]
