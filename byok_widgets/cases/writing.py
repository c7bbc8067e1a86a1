"""Saves a session as a case, in a file of cases that `flow.cases` reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byok_widgets.cases.of_session import of_session
from byok_widgets.cases.sources import MAX_BYTES
from byok_widgets.display.cards import Card
from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error, finite_json, read_file
from byok_widgets.files.locking import alone_with
from byok_widgets.files.saved_file import save_file
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.secrets import redact
from byok_widgets.session import Session

_NAME_CHARS = 60


@dataclass(frozen=True, repr=False)
class SavedCase(Card):
    """Where a case was saved.

    Attributes:
        path: The file.
        name: The name of the case.
        is_new: Whether it was written; an equal case may be there already.
    """

    path: Path
    name: str
    is_new: bool

    def __str__(self) -> str:
        said = "Saved as case" if self.is_new else "It was saved before: case"
        return f"{said} {self.name!r} in {self._from_here}. flow.test({self._from_here!r}) tests with it."

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield the case, its file, and what to do with it."""
        yield "case", redact(self.name, words=False)
        yield "file", self._from_here
        yield "state", "saved" if self.is_new else "there already"
        yield "test with", f"flow.test({self._from_here!r})"

    @property
    def _from_here(self) -> str:
        """The file as a notebook beside it names it, which holds on every machine; elsewhere its whole path."""
        here = Path.cwd()
        return str(self.path.relative_to(here) if self.path.is_relative_to(here) else self.path)


def save_case(
    session: Session, path: str | Path | None = None, *, turn: int | None = None, name: str = ""
) -> SavedCase:
    """Add a session to a file of cases: what the caller said, and the outcome.

    Args:
        session: The session.
        path: The file, `*.cases` or `*.jsonl`; by default one beside the notebook that is named like the flow.
        turn: Number of the turn with which the case ends; by default the last one.
        name: Name of the case; by default the beginning of what was said.

    Raises:
        ConfigError: Nothing was said, there is no such turn, or the file cannot be read or written.
        KeyFormatError: There is an API key in it.
    """
    file = Path(path) if path is not None else Path(own_name(session))
    if file.suffix.lower() not in (".cases", ".jsonl"):
        raise ConfigError(
            f"Cases are saved as JSON Lines, not in {file.name!r}.", kind="cases", fix='Write "dentist.cases".'
        )
    entry = entry_of(session if turn is None else session.fork(turn))
    reject_any_key([entry, name, str(file)])
    try:
        with alone_with(file):
            return _added(entry, name, file)
    except TimeoutError as error:
        problem = str(error)
    raise _unchangeable(file, problem)


def _added(entry: Mapping[str, Any], name: str, file: Path) -> SavedCase:
    """Add an entry to a file, unless it already has it."""
    text = _text_of(file)
    there = list(_entries(text))
    for other in there:
        its_name = str(other.get("name") or "")
        if {**other, "name": ""} == {**entry, "name": ""} and _is_named(its_name, name):
            return SavedCase(file.absolute(), its_name, is_new=False)
    named = {"name": _unique(name or _beginning(entry["caller"]), {str(other.get("name")) for other in there})}
    line = json.dumps(named | dict(entry), ensure_ascii=False)
    ended = text if not text or text.endswith("\n") else f"{text}\n"
    save_file(file, f"{ended}{line}\n".encode(), kind="cases", most_bytes=MAX_BYTES)
    return SavedCase(file.absolute(), named["name"], is_new=True)


def entry_of(session: Session) -> dict[str, Any]:
    """Return a session as an entry of a file of cases.

    Raises:
        ConfigError: Nothing was said in it.
    """
    case = of_session(session, "")
    found: dict[str, Any] = {"variables": dict(case.variables)} if case.variables else {}
    found |= {"caller": list(case.caller), "values": dict(case.values), "path": list(case.path)}
    found |= {"end_node": case.end_node} if case.end_node else {}
    found |= {"turns": {str(turn): {"node": expected.node} for turn, expected in case.turns.items()}}
    found |= {"stubs": {name: dict(stub) for name, stub in case.stubs.items()}} if case.stubs else {}
    plain: dict[str, Any] = _plain(found)
    return plain


def own_name(session: Session) -> str:
    """Return the name of the file of a flow's cases."""
    name = re.sub(r"[^\w.-]+", "-", session.flow_name).strip("-.")
    return f"{name or 'flow'}.cases"


def _plain(value: Any) -> Any:
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value, fallback=str)


def _text_of(file: Path) -> str:
    try:
        return read_file(file, most_bytes=MAX_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        problem = "it is not text"
    except OSError as error:
        problem = describe_os_error(error)
    raise _unchangeable(file, problem)


def _unchangeable(file: Path, problem: str) -> ConfigError:
    return ConfigError(f"{str(file)!r} cannot be added to: {problem}.", kind="cases", fix="Choose another file.")


def _entries(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield what the lines hold; an invalid line is reported when the file is read as cases."""
    for line in text.split("\n"):  # as it is read: other line breaks may stand in what was said
        try:
            found = finite_json(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, Mapping):
            yield found


def _beginning(caller: list[str]) -> str:
    said = " / ".join(" ".join(text.split()) for text in caller)
    return said if len(said) <= _NAME_CHARS else f"{said[: _NAME_CHARS - 1]}…"


def _is_named(its_name: str, name: str) -> bool:
    """Whether a name is the one that was asked for, or that one with a number; any is where none was asked for."""
    return not name or re.fullmatch(rf"{re.escape(name)}( \d+)?", its_name) is not None


def _unique(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} {number}"
    return found
