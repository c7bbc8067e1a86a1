"""Reads the rows of a file, a table or a list, each with the place where it stands."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from byok_widgets.cases.callers.caller import Caller
from byok_widgets.cases.case import Case
from byok_widgets.cases.expectation import LIMITS
from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error, finite_json, read_file, where_to_look
from byok_widgets.secrets.quoting import as_given
from byok_widgets.session import Session

MAX_BYTES = 50_000_000
"""Largest file of cases."""


MAX_CASES = 100_000
"""Most cases in one file: each takes some 500 bytes of memory, however short it is."""


_VALUES = "values."


_NOT_TEXTS = ("weight", "path", "caller", "transcript", "turns", "status", "stubs", *LIMITS)
"""Columns of a table in which a cell may hold more than a text."""


def rows_of(source: Any) -> tuple[Iterator[tuple[str, Any]], str]:
    """Return what a source holds, each with its place in words, and the name of the source.

    Args:
        source: As for `read_cases`.

    Raises:
        ConfigError: It holds no cases, or cannot be read; a file is read while its rows are taken.
    """
    if isinstance(source, (str, Path)):
        return _of_file(Path(source)), str(source)
    if isinstance(source, (Session, Case, Caller, Mapping)):
        return iter([("the case", source)]), ""
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        return _of_frame(source), "a data frame"
    if isinstance(source, Iterable) and not isinstance(source, bytes):
        return ((f"case {number}", entry) for number, entry in enumerate(source, 1)), ""
    raise ConfigError(
        f"{as_given(source)} holds no cases.",
        kind="cases",
        fix='Give a list, a session, a data frame, or a path such as "dentist.cases".',
    )


def _of_file(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        content = read_file(path, most_bytes=MAX_BYTES)
    except OSError as error:
        problem = describe_os_error(error)
    else:
        text = _decoded(path.name, content)
        rows = _of_csv(path.name, text) if path.suffix.lower() == ".csv" else _of_lines(path.name, text)
        for number, (place, row) in enumerate(rows):
            if number == MAX_CASES:
                raise wrong_at(place, f"there are more than {MAX_CASES:,} cases")
            yield place, row
        return
    raise ConfigError(f"{str(path)!r} could not be read: {problem}.", kind="cases", fix=where_to_look(path))


def _decoded(name: str, content: bytes) -> str:
    """Return the text of a file; in another encoding, words would be others than those that somebody wrote."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
    raise wrong_at(f"{name}, line {line}", "it is not UTF-8; save the file as UTF-8 (CSV UTF-8 in a spreadsheet)")


def _of_lines(name: str, text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place, where = f"{name}, line {number}", ""
        try:
            entry = finite_json(line)
        except (ValueError, RecursionError) as error:
            entry = None
            where = f": {error.msg}, at character {error.colno}" if isinstance(error, JSONDecodeError) else ""
        if not isinstance(entry, dict):
            raise wrong_at(place, f"it is not a JSON object on one line{where}")
        yield place, entry


def _of_csv(name: str, text: str) -> Iterator[tuple[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            problem = str(error)
            raise wrong_at(f"{name}, line {reader.line_num}", problem) from None
        if row is None:
            return
        if found := _other_separator(reader.fieldnames or []):
            raise wrong_at(f"{name}, line 1", f"its columns are separated by {found}; save it with commas")
        place = f"{name}, line {reader.line_num}"
        if None in row:
            raise wrong_at(place, "it has more cells than there are columns")
        yield place, _of_columns({name: _cell(name, cell) for name, cell in row.items() if cell})


def _other_separator(columns: Sequence[Any]) -> str:
    """Return by what else than commas columns seem to be separated, as some spreadsheets do; empty if by none."""
    alone = str(columns[0]) if len(columns) == 1 else ""
    return next((words for mark, words in ((";", "semicolons"), ("\t", "tabs")) if mark in alone), "")


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
            return finite_json(cell)
        except (ValueError, RecursionError):
            return cell
    return cell


def wrong_at(place: str, problem: str) -> ConfigError:
    """Return the error for what is wrong at a place."""
    return ConfigError(f"{place}: {problem}.", kind="cases", fix="Correct it there.")
