"""Reads cases from a list, JSON Lines, CSV, a data frame or a session. What is wrong is named with its place."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from byok_widgets.cases.assertions import Assertion, Function, read_assertion
from byok_widgets.cases.callers.caller import Caller
from byok_widgets.cases.case import NOTHING, Case, Cases
from byok_widgets.cases.expectation import LIMITS, Expectation
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.files import describe_os_error, read_file, where_to_look
from byok_widgets.messages import Message, transcript_of
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.secrets.quoting import as_given
from byok_widgets.session import Session, Visit
from byok_widgets.strict_attributes import nearest

MAX_DEPTH = 50
"""How deep what a case holds may be nested."""
MAX_BYTES = 50_000_000
"""Largest file of cases."""
MAX_CASES = 100_000
"""Most cases in one file: each takes some 500 bytes of memory, however short it is."""

_ASSERTED = ("contains", "excludes", "judge")
_EXPECTED = ("values", "status", "path", *_ASSERTED, "assertions", *LIMITS)
_OF_A_TURN = ("node", *_EXPECTED)
_NAMES = (
    *("name", "text", "transcript", "caller", "variables", "stubs"),
    *("end_node", *_EXPECTED, "turns"),
    *("tags", "weight", "group"),
)
_VALUES = "values."
_NOT_TEXTS = ("weight", "path", "caller", "transcript", "turns", "status", "stubs", *LIMITS)
"""Columns of a table in which a cell may hold more than a text."""


def read_cases(source: Any, *, functions: Mapping[str, Function] = NOTHING) -> Cases:
    """Return the cases of a source.

    Args:
        source: A path to `*.cases`, `*.jsonl` or `*.csv`, a data frame, a session, or a list of texts,
            transcripts, mappings, sessions and cases.
        functions: Functions that assertions name.

    Raises:
        ConfigError: Something is wrong with a case; the message names its place.
        KeyFormatError: There is an API key in it.
    """
    if isinstance(source, Cases):
        for case in source:
            reject_any_key(case.texts)
        return source
    if isinstance(source, (str, Path)):
        rows, name = _of_file(Path(source)), str(source)
    elif isinstance(source, (Session, Case, Caller, Mapping)):
        rows, name = iter([("the case", source)]), ""
    elif hasattr(source, "to_dict") and hasattr(source, "columns"):
        rows, name = _of_frame(source), "a data frame"
    elif isinstance(source, Iterable) and not isinstance(source, bytes):
        rows, name = ((f"case {number}", entry) for number, entry in enumerate(source, 1)), ""
    else:
        raise ConfigError(
            f"{as_given(source)} holds no cases.",
            kind="cases",
            fix='Give a list, a session, a data frame, or a path such as "dentist.cases".',
        )
    cases = [_case(place, entry, number, functions) for number, (place, entry) in enumerate(rows, 1)]
    if not cases:
        raise ConfigError("There are no cases.", kind="cases", fix="Give at least one.")
    return Cases(cases, name)


def _of_file(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        content = read_file(path, most_bytes=MAX_BYTES)
    except OSError as error:
        problem = describe_os_error(error)
    else:
        text = content.decode("utf-8-sig", "replace")
        rows = _of_csv(path.name, text) if path.suffix.lower() == ".csv" else _of_lines(path.name, text)
        for number, (place, row) in enumerate(rows):
            if number == MAX_CASES:
                raise _wrong(place, f"there are more than {MAX_CASES:,} cases")
            yield place, row
        return
    raise ConfigError(f"{str(path)!r} could not be read: {problem}.", kind="cases", fix=where_to_look(path))


def _of_lines(name: str, text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{name}, line {number}"
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict):
            raise _wrong(place, "it is not a JSON object on one line")
        yield place, entry


def _of_csv(name: str, text: str) -> Iterator[tuple[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            problem = str(error)
            raise _wrong(f"{name}, line {reader.line_num}", problem) from None
        if row is None:
            return
        place = f"{name}, line {reader.line_num}"
        if None in row:
            raise _wrong(place, "it has more cells than there are columns")
        yield place, _of_columns({name: _cell(name, cell) for name, cell in row.items() if cell})


def _of_frame(frame: Any) -> Iterator[tuple[str, Any]]:
    for number, row in enumerate(frame.to_dict("records"), 1):
        known = {str(name): value for name, value in row.items() if not _is_missing(value)}
        yield f"row {number}", _of_columns(known)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in ("NaT", "<NA>")


def _of_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a flat row as a case: a column `values.weekday` holds what is expected of the field `weekday`."""
    values = {name.removeprefix(_VALUES): value for name, value in row.items() if name.startswith(_VALUES)}
    plain = {name: value for name, value in row.items() if not name.startswith(_VALUES)}
    if isinstance(plain.get("tags"), str):
        plain["tags"] = plain["tags"].replace(",", " ").split()
    return {**plain, **({"values": values} if values else {})}


def _cell(name: str, cell: str) -> Any:
    """Return a number, a truth value or a list of a cell as such; only where a value may be one."""
    if name.startswith(_VALUES) or name in _NOT_TEXTS:
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell


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
        raise _wrong(place, problem)
    reject_any_key(entry)
    try:
        return _of_mapping(entry, number, functions)
    except ValueError as error:
        problem = str(error)
    except ByokError as error:
        problem = error.problem.rstrip(".")
    raise _wrong(place, problem)


def _hostile(entry: Any) -> str:
    """Say what is in a case that nothing here can work with: deep nesting, or a number without end."""
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


def _of_mapping(entry: Mapping[str, Any], number: int, functions: Mapping[str, Function]) -> Case:
    _require_known(entry, _NAMES)
    said = [name for name in ("text", "transcript", "caller") if entry.get(name)]
    if len(said) != 1:
        raise ValueError(f"it needs one of text, transcript and caller, and has {' and '.join(said) or 'none'}")
    is_simulated = isinstance(entry.get("caller"), Mapping)
    return Case(
        name=str(entry.get("name") or f"case {number}"),
        text=_text(entry, "text"),
        transcript=_transcript(entry.get("transcript")),
        caller=() if is_simulated else _texts(entry, "caller"),
        simulated=Caller.of(entry["caller"]) if is_simulated else None,
        variables=_mapping(entry, "variables"),
        stubs=_stubs(entry),
        end_node=_text(entry, "end_node"),
        turns=_turns(entry.get("turns"), functions),
        **_expected(entry, functions),
        tags=_texts(entry, "tags"),
        weight=_weight(entry.get("weight", 1)),
        group=str(entry.get("group") or ""),
    )


def _require_known(entry: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in entry:
        if name not in names:
            meant = "values" if name in ("expected", "gold") else nearest(str(name), names)
            hint = f"did you mean {meant!r}?" if meant else f"there are: {', '.join(names)}"
            raise ValueError(f"there is no field {as_given(name)}; {hint}")


def _expected(entry: Mapping[str, Any], functions: Mapping[str, Function]) -> dict[str, Any]:
    """Return what is expected of a case or of a turn, which both say in the same words."""
    return {
        "values": _mapping(entry, "values"),
        "status": _statuses(entry),
        "path": _texts(entry, "path"),
        "assertions": tuple(_assertions(entry, functions)),
        **{name: _limit(entry, name) for name in LIMITS},
    }


def _turns(given: Any, functions: Mapping[str, Function]) -> dict[int, Expectation]:
    """Return what is expected of single turns, by their number; in JSON a number is a text there."""
    if not isinstance(given or {}, Mapping):
        shape = 'a mapping from the number of a turn to what is expected of it, such as {"1": {"node": "ask"}}'
        raise ValueError(f"turns is {shape}, not {as_given(given)}")  # noqa: TRY004 - the place is added
    return {_number(turn): _turn(turn, expected, functions) for turn, expected in (given or {}).items()}


def _number(turn: Any) -> int:
    text = str(turn)
    if isinstance(turn, bool) or not (text.isascii() and text.isdigit() and len(text) < 5):
        raise ValueError(f"turns: {as_given(turn)} is no number of a turn; the caller's first is 1")
    return int(text)


def _turn(turn: Any, expected: Any, functions: Mapping[str, Function]) -> Expectation:
    if not isinstance(expected, Mapping):
        raise ValueError(f"turn {turn}: it is a mapping, not {as_given(expected)}")  # noqa: TRY004 - as above
    try:
        _require_known(expected, _OF_A_TURN)
        return Expectation(node=_text(expected, "node"), **_expected(expected, functions))
    except ValueError as error:
        problem = str(error)
    raise ValueError(f"turn {turn}: {problem}")


def _stubs(entry: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    found = _mapping(entry, "stubs")
    return {name: _mapping(found, name) for name in found}


def _statuses(entry: Mapping[str, Any]) -> Mapping[str, str]:
    found = _mapping(entry, "status")
    if not all(isinstance(status, str) for status in found.values()):
        raise ValueError(f"status is a mapping from names to texts, not {as_given(found)}")
    return found


def _limit(entry: Mapping[str, Any], name: str) -> Any:
    given, kinds = entry.get(name), (int,) if name == "max_calls" else (int, float)
    if given is None or (type(given) in kinds and 0 <= given < math.inf):
        return given
    whole = "" if float in kinds else "whole "
    raise ValueError(f"{name} is a {whole}number of at least 0, not {as_given(given)}")


def of_session(session: Session, name: str) -> Case:
    """Return a session as a case: what the caller said, and the values and the way that came of it."""
    said = tuple(turn.text for turn in session.turns if turn.text is not None)
    if not said:
        raise ConfigError("Nothing was said in the session.", kind="cases", fix="Talk to it first, with say(...).")
    return Case(
        name=name,
        caller=said,
        values={name: value for name, value in session.variables.items() if value is not None},
        path=tuple(node for turn in session.turns for node in turn.path),
        end_node=session.node if session.closed else "",
        turns={turn.number: Expectation(node=turn.node) for turn in session.turns},
        stubs=_effects(session),
    )


def _effects(session: Session) -> dict[str, dict[str, Any]]:
    """Return what actions with effects gave, by the node's name: a case that is played calls none of them."""
    nodes = session.graph.nodes
    visits = [step for turn in session.turns for step in turn.steps if isinstance(step, Visit)]
    acted = [visit for visit in visits if visit.node in nodes and nodes[visit.node].has_effects]
    return {visit.node: {found.name: found.value for found in visit.result.learned} for visit in acted}


def _assertions(entry: Mapping[str, Any], functions: Mapping[str, Function]) -> Iterator[Assertion]:
    for kind in _ASSERTED:
        for what in _texts(entry, kind):
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


def _text(entry: Mapping[str, Any], name: str) -> str:
    given = entry.get(name) or ""
    if not isinstance(given, str):
        several = "; what is said turn by turn is caller=[...]" if name == "text" and _is_list(given) else ""
        raise ValueError(f"{name} is one text, not {as_given(given)}{several}")  # noqa: TRY004 - the place is added
    return given


def _texts(entry: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = entry.get(name) or ()
    listed = (given,) if isinstance(given, str) else given
    if not _is_list(listed) or not all(isinstance(text, str) and text for text in listed):
        raise ValueError(f"{name} is a text or a list of texts, not {as_given(given)}")
    return tuple(listed)


def _is_list(given: Any) -> bool:
    return isinstance(given, (list, tuple))


def _mapping(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = entry.get(name) or {}
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise ValueError(f"{name} is a mapping from names to values, not {as_given(given)}")
    return dict(given)


def _weight(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < math.inf:
        raise ValueError(f"weight is a number above 0, not {as_given(given)}")
    return float(given)


def _wrong(place: str, problem: str) -> ConfigError:
    return ConfigError(f"{place}: {problem}.", kind="cases", fix="Correct it there.")
