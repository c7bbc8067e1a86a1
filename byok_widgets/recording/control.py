"""Begins and ends recordings and replays of a flow."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.nodes.calls.structured_output import forget_modes
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.recording import whole_notebook
from byok_widgets.recording.cassette import SUFFIX, Cassette
from byok_widgets.recording.handles import Recording, Replay, path_of
from byok_widgets.recording.tapes import Missing, Player, Recorder
from byok_widgets.secrets.quoting import as_given


def record(context: FlowContext, path: str | Path) -> Recording:
    """Record the calls of a flow.

    Raises:
        ConfigError: The file cannot be used.
        KeyFormatError: There is an API key in its name.
    """
    recorder = Recorder(Cassette.to_write(whole_notebook.place_of(_checked(path))))
    whole_notebook.watch(recorder)
    forget_modes()
    return Recording(context, recorder)


def replay(context: FlowContext, path: str | Path, missing: Missing) -> Recording | Replay:
    """Answer the calls of a flow from a cassette; while its notebook is recorded as a whole, record them.

    Raises:
        ConfigError: The file cannot be used, or there is no such way to go on.
        KeyFormatError: There is an API key in its name.
    """
    if missing not in get_args(Missing):
        raise ConfigError(
            f"{as_given(missing)} is not a way to handle a miss.",
            kind="cassette",
            fix=f"Choose one of {', '.join(map(repr, get_args(Missing)))}.",
        )
    if whole_notebook.is_recorded():
        return record(context, path)
    place = _checked(path)
    cassette = Cassette.to_write(place) if missing == "record" else Cassette(place, must_exist=True)
    player = Player(cassette, missing)
    forget_modes()
    return Replay(context, player)


def live(context: FlowContext) -> None:
    """End recordings and replays of a flow."""
    context.use_tape(None)
    forget_modes()


def _checked(path: str | Path) -> Path:
    reject_any_key(str(path))
    found = path_of(path)
    if found.suffix == SUFFIX:
        return found
    raise ConfigError(
        f"The name of a cassette ends with {SUFFIX}, unlike {as_given(str(path))}.",
        kind="cassette",
        fix=f"Write {found.stem + SUFFIX!r}.",
    )
