"""Records a whole notebook again, whatever cassettes its cells replay: run by `byok-widgets record` in a kernel.

The new cassettes take the place of the old ones only when the notebook has run to its end.
"""

from __future__ import annotations

import json
from pathlib import Path

from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.recording.cassette import Cassette
from byok_widgets.recording.tapes import Recorder

PART = ".part"
"""What the name of a cassette that is not finished ends with."""

_places: dict[Path, Path] = {}
_recorders: list[Recorder] = []


def record_all(path: str) -> None:
    """Record the calls of all flows of this kernel; those of a flow that replays a cassette go into a new one.

    Raises:
        ConfigError: Nothing can be recorded there.
    """
    FlowContext.shared_tape = Recorder(Cassette.to_write(place_of(Path(path), begins=True)))
    watch(FlowContext.shared_tape)


def watch(recorder: Recorder) -> None:
    """Take note of what records a part of the notebook, if it is recorded as a whole."""
    if is_recorded():
        _recorders.append(recorder)


def print_places() -> None:
    """Print, as JSON, the cassettes that have been written, and what there is to say of each.

    Those into which nothing was recorded are not there.

    Raises:
        OSError: A call could not be written.
    """
    if problem := next((tape.problem for tape in _recorders if tape.problem), ""):
        raise OSError(f"Calls could not be recorded: {problem}.")
    said = {tape.cassette.path: tape.notice for tape in _recorders if tape.notice}
    print(json.dumps({str(place): said.get(part, "") for place, part in _places.items() if part.exists()}))


def is_recorded() -> bool:
    """Whether the notebook of this kernel is recorded as a whole."""
    return FlowContext.shared_tape is not None


def place_of(path: Path, *, begins: bool = False) -> Path:
    """Return where a cassette is written: while the notebook is recorded as a whole, beside its place."""
    if not begins and not is_recorded():
        return path
    if path not in _places:
        _places[path] = path.with_name(path.name + PART)
        _places[path].unlink(missing_ok=True)
    return _places[path]
