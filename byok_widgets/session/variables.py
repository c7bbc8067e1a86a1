"""`Variables`: the values that a session knows, how reliable they are, and where they came from."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from byok_widgets.attributes.strict import nearest
from byok_widgets.display import markup
from byok_widgets.display.cards import ByName, Card, Cards
from byok_widgets.display.value_words import labelled
from byok_widgets.errors import ConfigError
from byok_widgets.frontend import warn
from byok_widgets.nodes.extraction.status import NOT_SUPPORTED, not_supported
from byok_widgets.nodes.value_display import shown_value
from byok_widgets.reply import NodeResult
from byok_widgets.secrets import redact_quotes
from byok_widgets.session.variable_names import FixedNames, KnownNames

VariableStatus = Literal["found", "ungrounded", "set", "not_stated"]
"""`found` and `ungrounded`: as an extraction node read it. `set`: by code. `not_stated`: the value is `None`."""

CODE = "code"

STATUS_WORDS: Mapping[VariableStatus, str] = {
    "found": "found",
    "ungrounded": "not supported by the dialogue: check it",
    "set": "set by hand or in code",
    "not_stated": "not stated",
}


@dataclass(frozen=True, repr=False)
class VariableEntry(Card):
    """One value that a variable was given.

    Attributes:
        name: The variable.
        value: The value; `None` when code removed the value.
        status: How reliable it is.
        source: Name of the extraction node that read it, or `"code"`.
        turn: Number of the turn in which, or after which, it got it.
        rejected: What was read and did not become the value, since it does not occur in the dialogue
            (`grounding="require"`); `None` for all other entries. The value before it stays.
    """

    name: str
    value: Any
    status: VariableStatus
    source: str
    turn: int
    rejected: Any = None

    @property
    def counts(self) -> bool:
        """Whether it changes the variable, which what was not taken does not."""
        return self.rejected is None

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield the variable, its value, how reliable it is, and where it came from."""
        taken = self.rejected is None
        yield "variable", self.name
        yield "value", shown_value(self.value) if taken else ""
        yield "status", STATUS_WORDS[self.status] if taken else not_supported(self.rejected)
        yield "set by", self.source
        yield "turn", str(self.turn)


class History(Cards[VariableEntry]):
    """The values of a variable, the oldest first."""

    __slots__ = ()
    nothing = "It has had no value."


class Entries(Cards[VariableEntry]):
    """Values of several variables."""

    __slots__ = ()
    nothing = "No variable has had a value."


class VariableStatuses(ByName[VariableStatus]):
    """How reliable variables are, by name; people read it in words."""

    __slots__ = ()
    nothing = "No variables yet."

    def _columns(self) -> Sequence[str]:
        return ("variable", "status")

    def _rows(self) -> Iterable[Sequence[str]]:
        return [(name, STATUS_WORDS[status]) for name, status in self.items()]


class Variables(MutableMapping[str, Any]):
    """The variables of one session by name. One that is not stated is `None`.

    A value that is stated later replaces an earlier one; `history` keeps both. Code sets a variable by assignment;
    the value is not copied, so assign a new list rather than change one in place. Code may set any name; an
    unknown one that is very similar to a known one gives a warning.

    Args:
        names: The names that the flow knows; those that its nodes write are present even without a value.
        entries: What is known, oldest first.
        turn: Number of the last turn.
    """

    def __init__(
        self,
        names: KnownNames,
        entries: Iterable[VariableEntry] = (),
        turn: int = 0,
    ) -> None:
        self._names = names
        self._entries = list(entries)
        self._latest = _latest(self._entries)
        self._turn = turn

    @property
    def entries(self) -> Entries:
        """Every value that any variable was given, oldest first."""
        return Entries(self._entries)

    @property
    def current(self) -> Entries:
        """The entry that counts for each variable that has one."""
        return Entries(self._latest.values())

    @property
    def now(self) -> dict[str, Any]:
        """The value of each; to look them up one by one would go through all nodes for each name."""
        return {**dict.fromkeys(self._names.declared()), **{name: at.value for name, at in self._latest.items()}}

    @property
    def status(self) -> VariableStatuses:
        """How reliable each of them is."""
        latest = self._latest
        return VariableStatuses((name, latest[name].status if name in latest else "not_stated") for name in self)

    def about(self, name: str) -> str:
        """Return how reliable a variable is, in words."""
        refused = self._refused(name)
        if refused is not None:
            return f"{STATUS_WORDS['not_stated']}: {not_supported(refused)}"
        return STATUS_WORDS[self.status[name]]

    def history(self, name: str) -> History:
        """Return the values that a variable was given, oldest first."""
        return History(entry for entry in self._entries if entry.name == name)

    def learn(self, entries: Iterable[VariableEntry], turn: int) -> None:
        """Add what a turn has found; what code sets from now on counts towards that turn."""
        for entry in entries:
            self._add(entry)
        self._turn = turn

    def until(self, turn: int) -> list[VariableEntry]:
        """Return what was known after a turn, including what code set then."""
        return [entry for entry in self._entries if entry.turn <= turn]

    def go_back(self, turn: int) -> None:
        """Drop what came after a turn."""
        self._entries = self.until(turn)
        self._latest = _latest(self._entries)
        self._turn = turn

    def __getitem__(self, name: str) -> Any:
        entry = self._latest.get(name)
        if entry is None and name not in self._names.declared():
            raise KeyError(redact_quotes(str(name)))
        return None if entry is None else entry.value

    def __setitem__(self, name: str, value: Any) -> None:
        if not isinstance(name, str) or not (name.isidentifier() or name in self):
            raise ConfigError(
                f"{name!r} cannot be the name of a variable.",
                kind="variable",
                fix="Use letters, digits and _, and start with a letter.",
            )
        if name not in self:
            self._doubt(name)
        status: VariableStatus = "not_stated" if value is None else "set"
        self._add(VariableEntry(name, value, status, CODE, self._turn))

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(redact_quotes(str(name)))
        self[name] = None

    def clear(self) -> None:
        """Remove all values; the names stay."""
        for name, value in self.items():
            if value is not None:
                self[name] = None

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._names.declared(), *self._latest]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it be copied and pickled: the copy knows the names that the flow knows now, and is of no session."""
        names = FixedNames(tuple(self._names.declared()), tuple(self._names.read()))
        return (Variables, (names, list(self._entries), self._turn))

    def __repr__(self) -> str:
        shown = ", ".join(f"{labelled(name, self[name])}{self._mark(name)}" for name in self)
        return f"Variables({shown})"

    def _repr_html_(self) -> str:
        rows = [(name, shown_value(self[name]), self.about(name)) for name in self]
        columns = ("variable", "value", "status")
        return markup.table(rows, caption="Variables", columns=columns) if rows else "No variables yet."

    def _refused(self, name: str) -> Any:
        """Return what was read of a variable without a value and not taken; `None` for all others."""
        return self._latest[name].rejected if name in self._latest else None

    def _mark(self, name: str) -> str:
        refused = self._refused(name)
        if refused is not None:
            return f" ({not_supported(refused)})"
        return f" ({NOT_SUPPORTED})" if self.status[name] == "ungrounded" else ""

    def _doubt(self, name: str) -> None:
        """Warn about a new name that is very similar to a known one: it may be intended, so it is no error."""
        known = {*self._names.declared(), *self._names.read()}
        meant = "" if name in known else nearest(name, sorted(known))
        if meant:
            warn(
                f"No field, prompt or condition of the flow names the variable {name!r}. Did you mean {meant!r}?",
                level=_level_outside_package(),
            )

    def _add(self, entry: VariableEntry) -> None:
        self._entries.append(entry)
        self._latest = _latest([entry], self._latest)


def _latest(
    entries: Iterable[VariableEntry], before: Mapping[str, VariableEntry] | None = None
) -> dict[str, VariableEntry]:
    """Return the entry that counts for each variable; one that was not taken does where there is no value."""
    latest = dict(before or {})
    for entry in entries:
        if entry.counts or entry.name not in latest or latest[entry.name].value is None:
            latest[entry.name] = entry
    return latest


def _level_outside_package() -> int:
    """Return the stack level of the nearest code that is not part of this package."""
    level, frame = 0, inspect.currentframe()
    while frame and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    return level


_PACKAGE = ("byok_widgets.", "collections.abc", "_collections_abc")


def entries_of(result: NodeResult, turn: int) -> list[VariableEntry]:
    """Return the entries for the values that a node found; what it did not find leaves no trace."""
    return [
        VariableEntry(found.name, found.value, found.status, result.node, turn, found.rejected)
        for found in result.learned
    ]
