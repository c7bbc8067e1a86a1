"""Names of fields as models write them: in capitals, in camel case, with spaces or hyphens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from byok_widgets.schema.reading.json_reading import Unreadable
from byok_widgets.secrets.quoting import as_given
from byok_widgets.text_forms import same_form

_SHOWN_CHARS = 40


class KnownNames:
    """The names that fields have, in any spelling that tells them apart.

    Args:
        fields: The names of each field, its own first.
    """

    def __init__(self, fields: Iterable[Sequence[str]]) -> None:
        self._own = {name: names[0] for names in fields for name in names}
        self._plain: dict[str, str | None] = {}
        for name, own in self._own.items():
            known = self._plain.setdefault(_plain(name), own)
            self._plain[_plain(name)] = own if known == own else None  # nobody can tell which of two is meant

    def __contains__(self, name: object) -> bool:
        return name in self._own or (isinstance(name, str) and self._meant(name) is not None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    @property
    def are_several(self) -> bool:
        """Whether there is more than one field."""
        return len({*self._own.values()}) > 1

    def are_all_in(self, written: Iterable[str]) -> bool:
        """Whether each field is among names, in any spelling."""
        return {*self._own.values()} <= {self._own.get(name) or self._meant(name) for name in written}

    def applied_to(self, written: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an object with the names of the fields that it has in another spelling."""
        if written.keys() <= self._own.keys():
            return written
        named = {name: value for name, value in written.items() if name in self._own}
        for name, value in written.items():
            if name in self._own:
                continue
            own = self._meant(name) or name
            known = named.get(own)
            if known is None or value is None or known == value:
                named[own] = value if known is None else known
            else:
                shown = f"{as_given(known, _SHOWN_CHARS)} and {as_given(value, _SHOWN_CHARS)}"
                named[own] = Unreadable("it is written under more than one name, with different values", shown)
        return named

    def _meant(self, name: str) -> str | None:
        return self._plain.get(_plain(name))


def _plain(name: str) -> str:
    return "".join(char for char in same_form(name).casefold() if char.isalnum()) or name
