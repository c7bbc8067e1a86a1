"""The scripts and style sheets of the widgets: written by hand, and put together without a bundler."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "static"


def script(*names: str) -> str:
    """Return scripts as one module, after what they share; the last one has the `export default`."""
    return _joined("dom.js", *names)


def style(*names: str) -> str:
    """Return style sheets as one."""
    return _joined(*names)


def _joined(*names: str) -> str:
    return "".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)
