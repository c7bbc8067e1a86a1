"""Records a whole notebook anew, whatever cassettes its cells replay: what `byok-widgets record` runs in a kernel.

The new cassettes take the place of the old ones only when the notebook has run to its end.
"""

from __future__ import annotations

from pathlib import Path

from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.recording.cassette import Cassette
from byok_widgets.recording.tapes import Recorder

PART = ".part"
"""What the name of a cassette that is not finished ends with."""

_places: dict[Path, Path] = {}


def record_all(path: str) -> None:
    """Record the calls of all flows of this kernel; those of a flow that replays a cassette go into a new one."""
    FlowContext.shared_tape = Recorder(Cassette(place_of(Path(path), begins=True), must_exist=False))


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
