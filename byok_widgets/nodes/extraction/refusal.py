"""Which values of an extraction count as not stated, since the dialogue does not say them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from byok_widgets.grounding.asked import Asked
from byok_widgets.grounding.dialogue import PERSON, Dialogue
from byok_widgets.grounding.reading.moments import is_form_of_words, moment_of
from byok_widgets.grounding.reading.talked_about import hints_of, is_denied, is_talked_about
from byok_widgets.grounding.rules.corrections import is_taken_back
from byok_widgets.grounding.rules.counted import counts_something_else
from byok_widgets.grounding.rules.leaning import leaning
from byok_widgets.grounding.rules.misplaced import (
    asks_for_a_day,
    asks_for_a_moment,
    best_named,
    is_of_an_unspoken_return,
    is_of_another_kind,
    is_said_of_the_other_end,
    is_said_of_the_other_way,
)
from byok_widgets.grounding.rules.offers import only_suggests
from byok_widgets.grounding.rules.passed_over import is_passed_over
from byok_widgets.grounding.rules.recaps import is_left_out
from byok_widgets.grounding.rules.replaced import is_replaced
from byok_widgets.nodes.examples import Example
from byok_widgets.nodes.extraction.evidence_lookup import LookupResult, lookup_of
from byok_widgets.nodes.grounding_choice import Grounding
from byok_widgets.schema import FieldSpec
from byok_widgets.schema.parts import Part

Hints = Mapping[str, frozenset[str]]
"""By field, words by which the examples of a node speak about it."""


_FORMAT_OF_MOMENTS = re.compile(r'"format": "(?:date|time)')


@dataclass(frozen=True)
class Refusal:
    """How strictly values are taken.

    Attributes:
        is_literal: Whether choices, numbers, and a yes or no are refused too.
        is_by_default: Whether nobody asked for it, but the model is known to invent values. A list or an object is
            then taken, with marks, if any part of it was said; and in a dialogue that is not English, choices and
            a yes or no are, since schemas are mostly written in English.
        hints: Words that speak about a yes or no.
        descriptions: What fields are about, by name.
        moments: The names of fields whose type is a date or a time.
    """

    is_literal: bool
    is_by_default: bool = False
    hints: Hints = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    moments: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        grounding: Grounding,
        *,
        invents: bool,
        examples: Iterable[Example] = (),
        fields: Iterable[FieldSpec] = (),
    ) -> Refusal | None:
        """Return how strictly values are taken; `None` if all are.

        Args:
            grounding: The node's setting.
            invents: Whether the model is known to invent values.
            examples: The node's.
            fields: The node's.
        """
        is_by_default = grounding == "auto"
        if grounding in ("flag", "off") or (is_by_default and not invents):
            return None
        if grounding == "require":
            return cls(is_literal=False)
        specs = list(fields)
        return cls(
            is_literal=True,
            is_by_default=is_by_default,
            hints=_hints(examples),
            descriptions={spec.name: spec.description for spec in specs},
            moments=frozenset(spec.name for spec in specs if _FORMAT_OF_MOMENTS.search(json.dumps(spec.schema))),
        )

    def refused(self, parts: Iterable[Part], looked_up: LookupResult, locale: str | None = None) -> Iterator[str]:
        """Yield the names of the fields whose values are not taken.

        Args:
            parts: The values.
            looked_up: What the dialogue says about them.
            locale: The declared locale of the dialogue.
        """
        is_foreign = self.is_by_default and looked_up.dialogue.is_foreign(locale)
        every = list(parts)
        stated = [part for part in every if part.has_value and part.value is not None]
        refused = [part for part in stated if self._is_refused(part, looked_up, is_foreign=is_foreign)]
        yield from (part.path for part in refused)
        if self.is_literal:
            taken = [part for part in stated if part not in refused]
            left_out = [part for part in taken if self._is_left_out(part, every, looked_up.dialogue)]
            yield from (part.path for part in left_out)
            yield from _repeated([part for part in taken if part not in left_out], looked_up.dialogue)

    def _is_refused(self, part: Part, looked_up: LookupResult, *, is_foreign: bool) -> bool:
        unsaid = [
            self._is_unsaid(each, name, looked_up, is_foreign=is_foreign) for each, name in _said_alone(part, "")
        ]
        return bool(unsaid) and (all(unsaid) if self.is_by_default else any(unsaid))

    def _is_unsaid(self, part: Part, name: str, looked_up: LookupResult, *, is_foreign: bool) -> bool:
        """Whether the dialogue has nothing for a value without parts, or nothing literal."""
        mark = looked_up.grounding.get(part.path)
        if mark == "ungrounded" or not self.is_literal:
            return mark == "ungrounded"
        if isinstance(part.value, bool):
            return not is_foreign and not self._is_supported(part, name, looked_up.dialogue)
        if mark == "said" and self._is_of_something_else(part, name, looked_up):
            return True
        if mark != "not_literal":
            return False
        if part.branch is not None and part.branch.allowed is not None:
            return not is_foreign
        if part.branch is not None and part.branch.is_time and part.path in looked_up.evidence:
            place = looked_up.evidence[part.path]  # in another language, the names of its months need not be known
            return not is_foreign and not looked_up.dialogue.is_hour_said_in_reply(part.value, place)
        return not isinstance(part.value, str) or not is_form_of_words(part.value)

    def _is_of_something_else(self, part: Part, name: str, looked_up: LookupResult) -> bool:
        """Whether a value was said, but is not what its field asks for, or nothing that people agreed to."""
        value, kind, allowed = lookup_of(part)
        # who wants another restaurant does not decline its price range, although the description names both
        about = name if kind == "choice" else f"{name} {self.descriptions.get(part.path, '')}"
        asked = Asked(part.path, value, kind, allowed)
        dialogue = looked_up.dialogue
        if is_replaced(dialogue, asked) or is_passed_over(dialogue, asked):
            return True
        if not isinstance(part.value, str):
            return counts_something_else(dialogue, name, part.value, self.descriptions.get(part.path, ""))
        if is_of_another_kind(name, part.value):
            return True
        passages = dialogue.passages
        if is_said_of_the_other_end(name, part.value, passages):
            return True
        if is_said_of_the_other_way(name, part.value, passages):
            return True
        if is_of_an_unspoken_return(name, passages) and not dialogue.is_foreign():
            return True
        if kind == "choice" and is_taken_back(dialogue, value, allowed):
            return True
        return looked_up.is_said_by_model(part) and only_suggests(dialogue, about, value, kind, allowed)

    def _is_left_out(self, part: Part, parts: Sequence[Part], dialogue: Dialogue) -> bool:
        """Whether a summary has another day or time than the only field that asks for one."""
        value, kind, allowed = lookup_of(part)
        asked = Asked(part.path, value, kind, allowed)
        if part.inner or asked.moment is None:
            return False
        is_day = bool(asked.moment.dates)
        asking = [name for name in self.descriptions if self._may_ask_for(name, is_day=is_day)]
        is_held = any(other is not part and _holds_a_moment(other, is_day=is_day) for other in parts)
        return asking == [part.path] and not is_held and is_left_out(dialogue, asked)

    def _may_ask_for(self, name: str, *, is_day: bool) -> bool:
        """Whether a field may ask for a day, or for a time of day, as its name or its type shows."""
        return asks_for_a_day(name) is is_day if asks_for_a_moment(name) else name in self.moments

    def _is_supported(self, part: Part, name: str, dialogue: Dialogue) -> bool:
        """Whether somebody speaks about a yes or no, and not only to deny the yes."""
        passages = dialogue.passages
        if not is_talked_about(name, passages, self.hints.get(part.path, ())):
            return False
        leans = leaning(name, passages, [dialogue.is_by_person(at) for at in range(len(passages))])
        return leans in (None, part.value) and not (part.value and is_denied(name, passages))


def _repeated(parts: Iterable[Part], dialogue: Dialogue) -> Iterator[str]:
    """Yield the fields with a date or a time that people say once, and that another field has already."""
    same: dict[str, list[Part]] = {}
    for part in parts:
        if isinstance(part.value, str) and asks_for_a_moment(part.path):
            same.setdefault(" ".join(part.value.casefold().split()), []).append(part)
    for text, having in same.items():
        if len(having) > 1 and dialogue.times_said(text) < 2:
            kept = best_named([part.path for part in having], text, dialogue.passages)
            yield from (part.path for part in having if part.path != kept)


def _holds_a_moment(part: Part, *, is_day: bool) -> bool:
    """Whether a field without a telling name may hold a day, or a time of day."""
    moment = moment_of(part.value) if part.has_value and not asks_for_a_moment(part.path) else None
    return bool(part.inner) or (moment is not None and bool(moment.dates if is_day else moment.time))


def _said_alone(part: Part, name: str) -> Iterator[tuple[Part, str]]:
    """Yield the parts without parts of their own, and keys of maps, each with the name under which it stands."""
    own = part.step if isinstance(part.step, str) else name
    if part.is_key or not part.inner:
        yield part, own
    for inner in part.inner:
        if inner.is_taken and not inner.is_extra:
            yield from _said_alone(inner, own)


def _hints(examples: Iterable[Example]) -> Hints:
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
