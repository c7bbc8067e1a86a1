"""This package's own wheel, made of the files that run here."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from byok_widgets import __version__

_NAME = "byok_widgets"
_DISTRIBUTION = "byok-widgets"
_WHEEL = "Wheel-Version: 1.0\nGenerator: byok-widgets\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_AT = (1980, 1, 1, 0, 0, 0)
"""The same time for all files: the same package gives the same wheel."""


def wheel_name() -> str:
    """Return the file name of the wheel."""
    return f"{_NAME}-{__version__}-py3-none-any.whl"


@cache
def wheel() -> bytes:
    """Return the wheel: the package without its page's sources, and its metadata."""
    info = f"{_NAME}-{__version__}.dist-info"
    installed = distribution(_DISTRIBUTION)
    metadata = {name: installed.read_text(name) for name in ("METADATA", "entry_points.txt")}
    files: dict[str, bytes] = dict(_package())
    files |= {f"{info}/{name}": text.encode() for name, text in metadata.items() if text}
    files[f"{info}/WHEEL"] = _WHEEL.encode()
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _AT)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def _package() -> Iterator[tuple[str, bytes]]:
    root = Path(__file__).parents[1]
    for folder, below, names in os.walk(root):
        inside = Path(folder).relative_to(root)
        below[:] = sorted(name for name in below if _belongs(inside / name))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix not in {".pyc", ".gguf"}:
                yield (_NAME / inside / name).as_posix(), (root / inside / name).read_bytes()


def _belongs(folder: Path) -> bool:
    """Whether a folder is part of the package: of the page's code, only what was built for widgets."""
    is_source = folder.parts[0] == "js" and folder.parts[:3] != ("js", "widgets", "built")[: len(folder.parts)]
    return not (is_source or folder.name.startswith(".") or folder.name == "__pycache__")


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
