"""The flows whose settings are saved on this machine, and where their keys are stored. Never a key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from byok_widgets.config.settings_file import MAX_BYTES, SettingsFile, flows_folder
from byok_widgets.files import PrivateFolder, finite_json

_FILE = re.compile(r"[0-9a-f]{32}\.json")


def key_references() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the name of each flow that this user has saved, and where its keys can be found again.

    What cannot be read is left out, and nothing is changed.
    """
    folder = flows_folder()
    for path in sorted(folder.path.iterdir()) if folder.path.is_dir() else ():
        data = _read(folder, path.name) if _FILE.fullmatch(path.name) else {}
        name, references = data.get("flow"), data.get("key_references")
        # A file that was copied to another name belongs to no flow.
        if isinstance(name, str) and SettingsFile(name, folder.path).path == path:
            found = references if isinstance(references, dict) else {}
            yield name, {scope: held for scope, held in found.items() if isinstance(held, str)}


def _read(folder: PrivateFolder, name: str) -> dict[str, Any]:
    try:
        data = finite_json(folder.read(name, most_bytes=MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
