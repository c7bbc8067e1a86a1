"""Reads words, numbers, dates and times in what was said."""
