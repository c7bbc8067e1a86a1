"""The file of a flow: JSON that follows the schema beside this module. Never a key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error, finite_json, read_file, remove_dead_parts, where_to_look
from byok_widgets.files.saved_file import save_file
from byok_widgets.flow.file.messages import in_words
from byok_widgets.secrets import redact
from byok_widgets.secrets.json_redaction import holds_key
from byok_widgets.secrets.quoting import as_given

VERSION = 1
MAX_BYTES = 20_000_000
"""Largest file that is read or written."""
MOST = {"nodes": 5_000, "edges": 20_000}
"""Most parts of a flow in a file: opening, checking and drawing it takes time that grows faster than they do."""

Data = dict[str, Any]

_UPDATE = "pip install -U byok-widgets"
_ANOTHER_COPY = "Use another copy of the file."
_UNCHANGED = "The file was left unchanged."


def write(data: Data, path: Path) -> None:
    """Save a flow.

    Args:
        data: The flow as the data of its file; see `flow_data`.
        path: The file.

    Raises:
        ConfigError: The flow contains something that a file cannot store, a text in it looks like an API key, the
            existing file was saved by a newer version, or the file cannot be written.
    """
    text = _text({"version": VERSION, **data})
    if path.exists() and _version(path) > VERSION:
        raise ConfigError(
            f"{str(path)!r} was saved by a newer byok-widgets and is read-only here.",
            kind="newer_version",
            fix=f"Save under another name, or update with: {_UPDATE}",
        )
    content = text.encode("utf-8", "backslashreplace")  # an unpaired surrogate becomes its JSON escape
    save_file(path, content, kind="flow_file", most_bytes=MAX_BYTES)


def read(path: Path) -> Data:
    """Read and check the file of a flow, without changing it.

    Raises:
        ConfigError: It is missing, damaged, or not a flow; the message says where.
    """
    return checked(parsed(path), path)


def parsed(path: Path) -> Any:
    """Read a file, without looking at what is in it.

    Raises:
        ConfigError: It is missing, or it is not JSON.
    """
    fix = f"{_ANOTHER_COPY} {_UNCHANGED}"
    remove_dead_parts(path.parent, path.stem)
    try:
        data: Any = finite_json(_content(path))
    except FileNotFoundError as error:
        problem, fix = describe_os_error(error), where_to_look(path)
    except OSError as error:
        problem = describe_os_error(error)
    except (ValueError, RecursionError):
        problem = "it is not JSON; it may be damaged"
    else:
        return data
    raise _not_opened(path, f"{problem}.", fix)


def checked(data: Any, path: Path) -> Data:
    """Return what was read from a file where it is a flow.

    Raises:
        ConfigError: It is not; the message says where.
    """
    problem = _fault(data)
    if not problem:
        return dict(data)
    if isinstance(data, dict) and "turns" in data and "nodes" not in data:
        problem = f"it is a session of flow {as_given(str(data.get('flow')), 300)}."
        raise unusable(path, problem, "Open it on that flow: flow.load_session(...).")
    fix = f"Correct it there, or use another copy of the file. {_UNCHANGED}"
    if isinstance(data, dict) and is_newer(data):
        problem = f"it was saved by a newer byok-widgets; update with: {_UPDATE} ({problem})"
        raise _not_opened(path, f"{problem}.", fix, kind="newer_version")
    raise _not_opened(path, f"{problem}.", fix)


def unusable(path: Path, problem: str, fix: str = _ANOTHER_COPY) -> ConfigError:
    """Return the error for a file that is not a flow, or contains something unusable."""
    return _not_opened(path, problem, f"{fix} {_UNCHANGED}")


def _not_opened(path: Path, problem: str, fix: str, *, kind: str = "flow_file") -> ConfigError:
    return ConfigError(f"{str(path)!r} cannot be opened as a flow: {problem}", kind=kind, fix=fix)


def is_newer(data: Data) -> bool:
    """Whether a newer version of the package saved this."""
    version = data.get("version")
    return isinstance(version, (int, float)) and version > VERSION


def _text(data: Data) -> str:
    """Return the contents of the file, after checking that they can be read back.

    Raises:
        ConfigError: The file could not be opened again, or it contains an API key.
    """
    try:
        text = json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        problem = _fault(json.loads(text))
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"it cannot be stored as JSON ({redact(str(error))})"
    if problem:
        raise ConfigError(
            f"Flow {data['name']!r} was not saved: {problem}.", kind="flow_file", fix="Correct this setting."
        )
    if holds_key(json.loads(text)):
        raise ConfigError(
            f"Flow {redact(data['name'])!r} was not saved: one of its texts looks like an API key.",
            kind="key_in_text",
            fix=f"Take the key out of {_place_of_key(data)}; keys are saved in Settings.",
        )
    return text


def _place_of_key(data: Data) -> str:
    nodes = [repr(node["name"]) for node in data["nodes"] if holds_key(node) and not holds_key(node["name"])]
    return f"node {nodes[0]}" if nodes else "the prompts, conditions and settings"


def _content(path: Path) -> str:
    return read_file(path, most_bytes=MAX_BYTES).decode("utf-8-sig")


def _fault(data: Any) -> str:
    from byok_widgets.schema.json_schemas.library import jsonschema

    for part, most in MOST.items() if isinstance(data, dict) else ():
        if isinstance(found := data.get(part), list) and len(found) > most:
            return f"it has {len(found):,} {part}; the limit is {most:,}"
    errors: Iterable[jsonschema.ValidationError] = jsonschema.Draft202012Validator(_schema()).iter_errors(data)
    error = next(iter(errors), None)
    return in_words(error, data) if error else ""


def _schema() -> Mapping[str, Any]:
    from byok_widgets.nodes.registry import NODE_KINDS

    text = resources.files("byok_widgets.flow.file").joinpath("flow.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    schema["$defs"]["node"]["properties"]["kind"]["enum"] = list(NODE_KINDS)
    return schema


def _version(path: Path) -> float:
    try:
        found = json.loads(_content(path))["version"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return 0  # not a flow: the user has chosen to write there
    return found if isinstance(found, (int, float)) else 0
