"""Texts of bundles, with marks."""
