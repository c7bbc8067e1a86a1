"""Explains a miss: which recorded request comes nearest to one that was not recorded, and which words differ."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from byok_widgets.errors import ReplayMissError
from byok_widgets.nodes.lane import Lane
from byok_widgets.nodes.prompt_version import PROMPT_VERSION
from byok_widgets.recording.cassette import Cassette, Entry, entry_of
from byok_widgets.recording.changes import Change, changes, similarity
from byok_widgets.recording.digest import WantedCall, Words
from byok_widgets.secrets.json_redaction import redact_keys

_COMPARED = 50
"""Entries that are compared word by word: those that have most of the request's texts."""
_LIMIT_S = 0.25
_SHOWN = 3
"""Changes in a message; the error has all."""
_CHANGE_CHARS = 100
_BEGINNING = 40


class Nearest(NamedTuple):
    """The recorded call that comes nearest to one that was not recorded.

    Attributes:
        entry: The entry of the cassette.
        changes: The words that differ.
    """

    entry: Entry
    changes: tuple[Change, ...]


def nearest(cassette: Cassette, wanted: WantedCall) -> Nearest | None:
    """Return the nearest entry of the same node; `None` if nothing of that node was recorded."""
    plain, lane = redact_keys(wanted.words), wanted.lane
    ends_at = time.monotonic() + _LIMIT_S
    best, best_rank = None, (-1.0, False)
    for entry in filter(None, map(entry_of, _likely(cassette, wanted.call.node, plain, lane))):
        rank = (similarity(entry["request"], plain), list(entry["lane"]) == list(lane))
        if rank > best_rank:
            best, best_rank = entry, rank
        if time.monotonic() > ends_at:
            break
    return Nearest(best, changes(best["request"], plain)) if best else None


def _likely(cassette: Cassette, node: str, words: Words, lane: Lane) -> list[bytes]:
    """Return the lines of a node that have most texts of a request, without parsing the others."""
    start = b', "node": ' + _as_written(node) + b", "
    signs = [sign for sign in _signs(words, lane) if sign]
    of_node = [line for line in cassette.lines() if line.startswith(start, 77)]  # behind the digest and its quote
    of_node.reverse()  # of equals, the latest
    return sorted(of_node, key=lambda line: sum(sign in line for sign in signs), reverse=True)[:_COMPARED]


def _signs(words: Words, lane: Lane) -> Iterable[bytes]:
    texts = [words["system"], *(content for _, content in words["messages"])]
    yield from (_as_written(text) for text in texts)
    yield from (_as_written(text)[: _BEGINNING + 1] for text in texts)  # what was changed further on
    yield _as_written(words["model"])
    yield _as_written(list(lane))


def _as_written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def miss(cassette: Cassette, wanted: WantedCall) -> ReplayMissError:
    """Return the error for a call that was not recorded."""
    found, name, lane = nearest(cassette, wanted), cassette.path.name, wanted.lane
    where = f"node {wanted.call.node!r}" + (f", case {lane.case!r}" if lane.case else "")
    where += f", repeat {lane.repeat}" if lane.repeat else ""
    kind, reason = _reason(found, lane)
    return ReplayMissError(
        f"{name} has no recorded answer for this call of {where}. {reason}",
        kind=kind,
        fix=f'flow.replay("{name}", missing="record") asks the model and records what is missing; '
        'missing="nearest" takes the nearest answer; flow.live() ends the replay.',
        case=lane.case,
        repeat=lane.repeat,
        changes=found.changes if found else (),
    )


def _reason(found: Nearest | None, lane: Lane) -> tuple[str, str]:
    """Return the kind of a miss, and why it is one: shown in a table of cases, too."""
    if found is None:
        return "replay_miss", "Nothing of this node was recorded."
    if found.entry.get("own_words") != PROMPT_VERSION:
        version = _version(found.entry)
        return (
            "replay_words_changed",
            f"byok_widgets {version} recorded it, and worded its own requests otherwise.",
        )
    if not found.changes:
        own = Lane(*found.entry["lane"])
        if own.case and (own.case, own.repeat) == (lane.case, lane.repeat):
            return "replay_miss", f"What case {own.case!r} is given has changed since it was recorded."
        return "replay_miss", f"The same request was recorded for {f'case {own}' if str(own) else 'no case'}."
    shown = "; ".join(_shortened(str(change)) for change in found.changes[:_SHOWN])
    more = f"; and {len(found.changes) - _SHOWN} more" if len(found.changes) > _SHOWN else ""
    return "replay_miss", f"Since the nearest recorded call, these words have changed: {shown}{more}."


def _shortened(change: str) -> str:
    return change if len(change) <= _CHANGE_CHARS else f"{change[: _CHANGE_CHARS - 1]}…"


def _version(entry: Mapping[str, Any]) -> str:
    return str(entry.get("recorder", "")).removeprefix("byok-widgets ") or "of an earlier version"
