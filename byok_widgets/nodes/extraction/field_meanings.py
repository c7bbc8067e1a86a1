"""`FieldMeanings`: what the fields of a node ask for, as their names, descriptions, types and examples show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from byok_widgets.grounding.dialogue import PERSON
from byok_widgets.grounding.reading.talked_about import hints_of
from byok_widgets.grounding.rules.misplaced import asks_for_a_day, asks_for_a_moment
from byok_widgets.nodes.examples import Example
from byok_widgets.schema import FieldSpec

_FORMAT_OF_MOMENTS = re.compile(r'"format": "(?:date|time)')


@dataclass(frozen=True)
class FieldMeanings:
    """What fields ask for.

    Attributes:
        descriptions: The description of each field, by name.
        moments: The names of fields whose type is a date or a time.
        hints: By field, words by which the examples of a node speak about it, if it is a yes or no.
    """

    descriptions: Mapping[str, str] = field(default_factory=dict)
    moments: frozenset[str] = frozenset()
    hints: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Iterable[FieldSpec], examples: Iterable[Example]) -> Self:
        """Return what the fields of a node ask for."""
        specs = list(fields)
        return cls(
            descriptions={spec.name: spec.description for spec in specs},
            moments=frozenset(spec.name for spec in specs if _FORMAT_OF_MOMENTS.search(json.dumps(spec.schema))),
            hints=_hints(examples),
        )

    def description_of(self, path: str) -> str:
        """Return the description of a field; nothing for parts of one."""
        return self.descriptions.get(path, "")

    def asking_for(self, *, is_day: bool) -> list[str]:
        """Return the fields that may ask for a day, or for a time of day."""
        return [name for name in self.descriptions if self._may_ask_for(name, is_day=is_day)]

    def _may_ask_for(self, name: str, *, is_day: bool) -> bool:
        return asks_for_a_day(name) is is_day if asks_for_a_moment(name) else name in self.moments


def _hints(examples: Iterable[Example]) -> Mapping[str, frozenset[str]]:
    """Return the words by which examples may speak about a field: none of an example that states nothing of it."""
    shown = list(examples)
    fields = {name for example in shown for name, value in example.values.items() if isinstance(value, bool)}
    return {name: _stated(shown, name) - _unstated(shown, name) for name in fields}


def _stated(examples: Iterable[Example], name: str) -> frozenset[str]:
    return frozenset().union(*(_words(each, name) for each in examples if each.values.get(name) is not None))


def _unstated(examples: Iterable[Example], name: str) -> frozenset[str]:
    return frozenset().union(*(_words(each, name) for each in examples if each.values.get(name) is None))


def _words(example: Example, name: str) -> frozenset[str]:
    said = " ".join(message.content for message in example.dialogue if message.role == PERSON)
    return hints_of(said, [str(value) for other, value in example.values.items() if other != name])
