"""Explains a miss: which recorded request comes nearest to one that was not recorded, and which words differ."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from byok_widgets.errors import ReplayMissError
from byok_widgets.nodes.calls.lane import Lane
from byok_widgets.nodes.prompt_version import PROMPT_VERSION
from byok_widgets.recording.cassette import Cassette
from byok_widgets.recording.cassette_contents import Entry, entry_of
from byok_widgets.recording.changes import MODEL, SETTING, Change, case_changes, changes, similarity
from byok_widgets.recording.digest import WantedCall, Words
from byok_widgets.secrets.json_redaction import redact_keys

_COMPARED = 50
"""Entries that are compared word by word: those that have most of the request's texts."""
_LIMIT_S = 0.25
_SHOWN = 3
"""Changes in a message; the error has all."""
_CHANGE_CHARS = 60
"""Characters of each side of a change there."""
_BEGINNING = 40


class Nearest(NamedTuple):
    """The recorded call that comes nearest to one that was not recorded.

    Attributes:
        entry: The entry of the cassette.
        changes: The words of the request that differ.
    """

    entry: Entry
    changes: tuple[Change, ...]

    @property
    def lane(self) -> Lane:
        """The lane in which it was recorded."""
        return Lane(*self.entry["lane"])._replace(given=self.entry.get("given", {}))


def nearest(cassette: Cassette, wanted: WantedCall, *, of_case: bool = False) -> Nearest | None:
    """Return the nearest entry of the same node; `None` if nothing of that node was recorded.

    Args:
        cassette: Where it is looked for.
        wanted: The call that was not recorded.
        of_case: Take one of the same case where there is one, though those of others may be more similar.
    """
    plain, lane = redact_keys(wanted.words), wanted.lane
    ends_at = time.monotonic() + _LIMIT_S
    best, best_rank = None, (-1.0, False, False)
    lines = _of_node(cassette, wanted.call.node)
    if of_case and lane.case:
        lines = [line for line in lines if _sign_of(lane) in line] or lines
    for entry in filter(None, map(entry_of, _likely(lines, plain, lane))):
        found, same_case = tuple(entry["lane"]), entry["lane"][0] == lane.case
        rank = (similarity(entry["request"], plain), same_case, same_case and found[2] == lane.repeat)
        if rank > best_rank:
            best, best_rank = entry, rank
        if time.monotonic() > ends_at:
            break
    return Nearest(best, changes(best["request"], plain)) if best else None


def _of_node(cassette: Cassette, node: str) -> list[bytes]:
    """Return the lines of a node, the latest first, without parsing any."""
    start = b', "node": ' + _as_written(node) + b", "
    of_node = [line for line in cassette.lines() if line.startswith(start, 77)]  # behind the digest and its quote
    return of_node[::-1]


def _likely(lines: list[bytes], words: Words, lane: Lane) -> list[bytes]:
    """Return the lines that have most texts of a request, without parsing the others."""
    signs = [sign for sign in _signs(words, lane) if sign]
    return sorted(lines, key=lambda line: sum(sign in line for sign in signs), reverse=True)[:_COMPARED]


def _signs(words: Words, lane: Lane) -> Iterable[bytes]:
    texts = [words["system"], *(content for _, content in words["messages"])]
    yield from (_as_written(text) for text in texts)
    yield from (_as_written(text)[: _BEGINNING + 1] for text in texts)  # what was changed further on
    yield _as_written(words["model"])
    yield _sign_of(lane)
    yield _as_written(list(lane.identity))


def _sign_of(lane: Lane) -> bytes:
    """Return what every line of a case holds, and no other line."""
    return b'"lane": [' + _as_written(lane.case) + b", "


def _as_written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def miss(cassette: Cassette, wanted: WantedCall) -> ReplayMissError:
    """Return the error for a call that was not recorded."""
    found, name, lane = nearest(cassette, wanted, of_case=True), cassette.path.name, wanted.lane
    where = ", ".join(filter(None, [f"node {wanted.call.node!r}", str(lane)]))
    kind, reason, differing = _explained(found, lane)
    shown = f"{reason}: {_shown(differing)}." if differing else f"{reason}."
    shown += "".join(f" Note that {notice}." for notice in cassette.notices)
    back = "With the recorded words you get the recorded answer again. Otherwise: " if differing else ""
    return ReplayMissError(
        f"{name} has no recorded answer for this call of {where}, and nothing was sent. {shown}",
        kind=kind,
        fix=f'{back}flow.replay({name!r}, missing="record") asks the model and records what is missing; '
        'missing="nearest" takes the nearest answer; flow.live() ends the replay.',
        case=lane.case,
        repeat=lane.repeat,
        changes=differing,
    )


def _explained(found: Nearest | None, lane: Lane) -> tuple[str, str, tuple[Change, ...]]:
    """Return the kind of a miss, why it is one, and the words that have changed; a table shows them, too."""
    if found is None:
        return "replay_miss", "Nothing of this node was recorded", ()
    own = found.lane
    if not found.changes and own.identity[::2] != lane.identity[::2]:
        elsewhere = f"for {own}" if str(own) else "outside of cases and repeats"
        return "replay_miss", f"The same request was recorded {elsewhere}", ()
    is_told = own.given and not found.changes
    of_case = case_changes(own.given, redact_keys(dict(lane.given))) if is_told else ()
    if of_case or (not found.changes and not own.given):
        return "replay_miss", f"What case {own.case!r} is given has changed since it was recorded", of_case
    if found.entry.get("own_words") != PROMPT_VERSION and not _are_chosen(found.changes):
        version = _version(found.entry)
        reason = f"byok_widgets {version} recorded it, and worded its own requests otherwise"
        return "replay_words_changed", reason, found.changes
    if found.changes:
        return "replay_miss", "Since the nearest recorded call, these words have changed", found.changes
    return "replay_miss", "The same request was recorded for another variant of this case", ()


def _are_chosen(found: Sequence[Change]) -> bool:
    """Whether only what people choose has changed, of which no word is this package's."""
    return bool(found) and all(each.place == MODEL or each.place.startswith(SETTING) for each in found)


def _shown(differing: Sequence[Change]) -> str:
    shown = "; ".join(str(Change(place, *map(_shortened, texts))) for place, *texts in differing[:_SHOWN])
    return f"{shown}; and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else shown


def _shortened(text: str) -> str:
    line = text.replace("\n", "\\n")
    return line if len(line) <= _CHANGE_CHARS else f"{line[: _CHANGE_CHARS - 1]}…"


def _version(entry: Mapping[str, Any]) -> str:
    return str(entry.get("recorder", "")).removeprefix("byok-widgets ") or "of an earlier version"
