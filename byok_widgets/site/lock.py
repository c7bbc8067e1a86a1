"""`pyodide-lock.json`: by it the kernel in the browser finds the wheel of what a cell imports."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from byok_widgets.site.wheels import Wheel

NAME = "pyodide-lock.json"


def write_lock(folder: Path, wheels: Sequence[Wheel]) -> None:
    """Write the lock of wheels that are in a folder, in place of Pyodide's own, which names those of a CDN."""
    place = folder / NAME
    before = json.loads(place.read_text(encoding="utf-8"))
    there = {wheel.name for wheel in wheels}
    packages = {wheel.name: _entry(wheel, there) for wheel in wheels}
    lock: Mapping[str, Any] = {"info": before["info"], "packages": packages}
    place.write_text(json.dumps(lock, indent=1) + "\n", encoding="utf-8")


def _entry(wheel: Wheel, there: set[str]) -> Mapping[str, Any]:
    return {
        "name": wheel.name,
        "version": wheel.version,
        "file_name": wheel.path.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.path.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": wheel.imports,
        "depends": sorted({name for name, _ in wheel.needs if name in there}),
        "unvendored_tests": False,
    }
