"""Reads cases from any source. An error names the place of what is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from byok_widgets.cases import fields
from byok_widgets.cases.assertions import Assertion, Function, read_assertion
from byok_widgets.cases.callers.caller import Caller
from byok_widgets.cases.case import NOTHING, Case, Cases
from byok_widgets.cases.expectation import LIMITS, Expectation
from byok_widgets.cases.of_session import of_session
from byok_widgets.cases.sources import rows_of, wrong_at
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.messages import Message, transcript_of
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.secrets.quoting import as_given
from byok_widgets.session import Session

MAX_DEPTH = 50
"""How deep what a case holds may be nested."""

_ASSERTED = ("contains", "excludes", "judge")
_EXPECTED = ("values", "status", "path", *_ASSERTED, "assertions", *LIMITS)
_OF_A_TURN = ("node", *_EXPECTED)
_NAMES = (
    *("name", "text", "transcript", "caller", "variables", "stubs"),
    *("end_node", *_EXPECTED, "turns"),
    *("tags", "weight", "group"),
)


def read_cases(source: Any, *, functions: Mapping[str, Function] = NOTHING, trust: bool = False) -> Cases:
    """Return the cases of a source.

    Args:
        source: A path to `*.cases`, `*.jsonl` or `*.csv`, a data frame, a session, or a list of texts,
            transcripts, mappings, sessions and cases.
        functions: Functions that assertions name.
        trust: Whether simulated callers in a file may do what those in code may.

    Raises:
        ConfigError: Something is wrong with a case; the message names its place.
        KeyFormatError: There is an API key in it.
    """
    if isinstance(source, Cases):
        for case in source:
            reject_any_key(case.texts)
        return source
    rows, name = rows_of(source)
    cases = [_case(place, entry, number, functions) for number, (place, entry) in enumerate(rows, 1)]
    if not cases:
        raise ConfigError("There are no cases.", kind="cases", fix="Give at least one.")
    if isinstance(source, (str, Path)) and not trust:
        cases = [replace(case, is_foreign=True) for case in cases]
    return Cases(cases, name)


def _case(place: str, entry: Any, number: int, functions: Mapping[str, Function]) -> Case:
    if isinstance(entry, Case):
        reject_any_key(entry.texts)
        return entry
    if isinstance(entry, Caller):
        entry = {"caller": entry}
    if isinstance(entry, Session):
        return of_session(entry, f"session {number}")
    if isinstance(entry, Mapping) and isinstance(entry.get("caller"), Caller):
        entry = {**entry, "caller": entry["caller"].data}
    if not isinstance(entry, Mapping):
        entry = {"text": entry} if isinstance(entry, str) else {"transcript": entry}
    problem = _hostile(entry)
    if problem:
        raise wrong_at(place, problem)
    reject_any_key(entry)
    try:
        return _of_mapping(place, entry, number, functions)
    except ValueError as error:
        problem = str(error)
    except ByokError as error:
        problem = error.problem.rstrip(".")
    raise wrong_at(place, problem)


def _hostile(entry: Any) -> str:
    """Say what a case contains that cannot be processed: deep nesting, or a number that is not finite."""
    level = [entry]
    for _ in range(MAX_DEPTH):
        if any(isinstance(value, float) and not math.isfinite(value) for value in level):
            return "it holds a number that is not finite"
        level = [inside for value in level for inside in _inside(value)]
        if not level:
            return ""
    return "it is nested too deeply"


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def _of_mapping(place: str, entry: Mapping[str, Any], number: int, functions: Mapping[str, Function]) -> Case:
    fields.require_known(entry, _NAMES)
    said = [name for name in ("text", "transcript", "caller") if entry.get(name)]
    if len(said) != 1:
        raise ValueError(f"it needs one of text, transcript and caller, and has {' and '.join(said) or 'none'}")
    is_simulated = isinstance(entry.get("caller"), Mapping)
    return Case(
        name=str(entry.get("name") or f"case {number}"),
        text=fields.text(entry, "text"),
        transcript=_transcript(entry.get("transcript")),
        caller=() if is_simulated else fields.texts(entry, "caller"),
        simulated=Caller.of(entry["caller"]) if is_simulated else None,
        variables=fields.mapping(entry, "variables"),
        stubs=fields.stubs(entry),
        end_node=fields.text(entry, "end_node"),
        turns=_turns(entry.get("turns"), functions),
        **_expected(entry, functions),
        tags=fields.texts(entry, "tags"),
        weight=fields.weight(entry.get("weight", 1)),
        group=str(entry.get("group") or ""),
        place=place,
    )


def _expected(entry: Mapping[str, Any], functions: Mapping[str, Function]) -> dict[str, Any]:
    """Return what is expected of a case or of a turn, which both say in the same words."""
    return {
        "values": fields.mapping(entry, "values"),
        "status": fields.statuses(entry),
        "path": fields.texts(entry, "path"),
        "assertions": tuple(_assertions(entry, functions)),
        **{name: fields.limit(entry, name) for name in LIMITS},
    }


def _turns(given: Any, functions: Mapping[str, Function]) -> dict[int, Expectation]:
    """Return what is expected of single turns, by their number; in JSON a number is a text there."""
    if not isinstance(given or {}, Mapping):
        shape = 'a mapping from the number of a turn to what is expected of it, such as {"1": {"node": "ask"}}'
        raise ValueError(f"turns is {shape}, not {as_given(given)}")  # noqa: TRY004 - the place is added
    return {fields.turn_number(turn): _turn(turn, expected, functions) for turn, expected in (given or {}).items()}


def _turn(turn: Any, expected: Any, functions: Mapping[str, Function]) -> Expectation:
    if not isinstance(expected, Mapping):
        raise ValueError(f"turn {turn}: it is a mapping, not {as_given(expected)}")  # noqa: TRY004 - as above
    try:
        fields.require_known(expected, _OF_A_TURN)
        return Expectation(node=fields.text(expected, "node"), **_expected(expected, functions))
    except ValueError as error:
        problem = str(error)
    raise ValueError(f"turn {turn}: {problem}")


def _assertions(entry: Mapping[str, Any], functions: Mapping[str, Function]) -> Iterator[Assertion]:
    for kind in _ASSERTED:
        for what in fields.texts(entry, kind):
            yield Assertion(kind, what)
    given = entry.get("assertions") or ()
    if not isinstance(given, (Mapping, list, tuple)):
        raise ValueError(f"assertions is a list, not {as_given(given)}")  # noqa: TRY004 - the place is added
    for one in [given] if isinstance(given, Mapping) else given:
        yield read_assertion(one, functions)


def _transcript(given: Any) -> tuple[Message, ...]:
    if not given:
        return ()
    if isinstance(given, str):
        raise ValueError("a transcript is a list of messages; write one text as text")  # noqa: TRY004
    return transcript_of(given)
