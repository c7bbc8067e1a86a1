"""The file of a session: JSON. Never a key."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.files import describe_os_error, finite_json, read_file, remove_dead_parts, where_to_look
from byok_widgets.files.saved_file import save_file
from byok_widgets.graph import FlowGraph
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.secrets import redact
from byok_widgets.secrets.json_redaction import redact_keys
from byok_widgets.session.session_data import SavedSession, data_of, session_of

VERSION = 1
MAX_BYTES = 20_000_000
"""Largest file that is read or written: reading one takes about 25 times its size in memory."""


def write(session: SavedSession, path: Path) -> None:
    """Save a session. Text in the dialogue that looks like a key is redacted.

    Raises:
        ConfigError: A value or the file cannot be written; an existing file is left unchanged.
    """
    from pydantic_core import to_jsonable_python

    try:
        plain = to_jsonable_python({"version": VERSION, **data_of(session)}, fallback=str, bytes_mode="base64")
        text = json.dumps(_finite_only(redact_keys(plain)), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    except (ValueError, TypeError, RecursionError) as error:
        problem = f"a value in it cannot be stored as JSON ({redact(str(error))})"
    else:
        content = text.encode("utf-8", "backslashreplace")  # an unpaired surrogate becomes its JSON escape
        save_file(path, content, kind="session_file", most_bytes=MAX_BYTES)
        return
    raise ConfigError(
        f"{str(path)!r} could not be written: {problem}.",
        kind="session_file",
        fix="Remove the value from the variables.",
    )


def read(path: Path, graph: FlowGraph, context: FlowContext) -> SavedSession:
    """Read a session, to continue it on a flow.

    Raises:
        ConfigError: It is missing, damaged, not a session, one of another flow with other nodes, or of a newer
            version. The file is left unchanged.
    """
    kind, fix, note = "session_file", "Use another copy of it.", " The file was left unchanged."
    remove_dead_parts(path.parent, path.stem)
    try:
        text = read_file(path, most_bytes=MAX_BYTES).decode("utf-8-sig")
        data = finite_json(text)
        if "nodes" in data and "turns" not in data:
            problem, fix = "it is a flow", "Open it with Flow.load(...)."
        elif data["version"] > VERSION:
            kind, problem = "newer_version", "it was saved by a newer byok-widgets"
            fix = "Update with: pip install -U byok-widgets."
        else:
            return session_of(data, graph, context)
    except FileNotFoundError as error:
        problem, fix, note = describe_os_error(error), where_to_look(path), ""
    except OSError as error:
        problem = describe_os_error(error)
    except ByokError as error:
        problem, fix = error.problem.rstrip("."), error.fix
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ArithmeticError):
        problem = "it is damaged, or not a session"
    raise ConfigError(f"{str(path)!r} cannot be opened as a session: {problem}.", kind=kind, fix=f"{fix}{note}")


def _finite_only(value: Any) -> Any:
    """Return JSON data with NaN and the infinities, which are not JSON, as text."""
    if isinstance(value, dict):
        return {name: _finite_only(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_finite_only(inner) for inner in value]
    return json.dumps(value) if isinstance(value, float) and not math.isfinite(value) else value
