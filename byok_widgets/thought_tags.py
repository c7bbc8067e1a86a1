"""The tags that models put around their thinking."""

from __future__ import annotations

Tags = tuple[tuple[str, str], ...]

KNOWN_TAGS: Tags = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("◁think▷", "◁/think▷"),
    ("[THINK]", "[/THINK]"),
)
"""Opening and closing tags of open-weight models; a server that does not know them passes them on as text."""
