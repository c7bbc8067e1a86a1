"""Looks up each part of an extraction in the dialogue: how well it is supported, and where it was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from byok_widgets.grounding.asked import Asked
from byok_widgets.grounding.dialogue import Dialogue, Kind, LookUp
from byok_widgets.grounding.evidence import Evidence, Mark
from byok_widgets.grounding.rules.taken_back import is_taken_back
from byok_widgets.messages import Message
from byok_widgets.nodes.extraction.status import Status
from byok_widgets.schema import ValidationResult
from byok_widgets.schema.parts import Part, walk

_ORDER: tuple[Mark, ...] = ("ungrounded", "not_literal", "unchecked", "said")
"""Marks, the worst first."""


@dataclass(frozen=True)
class LookupResult:
    """What the dialogue says about values.

    Attributes:
        grounding: How well it supports each value without parts, by path.
        evidence: Where it says each of those that it does say, by path.
        dialogue: The dialogue.
    """

    grounding: dict[str, Mark] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)
    dialogue: Dialogue = field(default_factory=lambda: Dialogue(()))

    def status_of(self, checked: ValidationResult) -> dict[str, Status]:
        """Return the status of each part by path; one with a part that was not said is `ungrounded`."""
        return {part.path: self._status(part) for part in walk(checked.parts)}

    def is_said_by_model(self, part: Part) -> bool:
        """Whether the place where a value was found is in a message of the model's."""
        evidence = self.evidence.get(part.path)
        return evidence is not None and not self.dialogue.is_by_person(evidence.message)

    def _status(self, part: Part) -> Status:
        if part.status not in ("found", "incomplete") or not part.has_value:
            return part.status
        taken = (each.path for each in part.taken)
        return "ungrounded" if any(self.grounding.get(path) == "ungrounded" for path in taken) else part.status


def look_up(checked: ValidationResult, transcript: Iterable[Message]) -> LookupResult:
    """Look up all that was found in a dialogue."""
    return look_up_parts(checked.parts, Dialogue(transcript))


def look_up_parts(parts: Iterable[Part], dialogue: Dialogue) -> LookupResult:
    """Look up parts, with all that they consist of, in a dialogue."""
    found = LookupResult(dialogue=dialogue)
    known: dict[str, LookUp] = {}
    for part in walk(parts):
        if not part.is_taken:
            continue
        results = [_once(known, dialogue, each) for each in _looked_up(part)]
        results = [_standing(dialogue, part, result) for result in results]
        if isinstance(part.value, bool) and isinstance(part.step, str):
            results += [LookUp("ungrounded")] if dialogue.says_opposite(part.step, value=part.value) else []
        if results:
            worst = min(results, key=lambda result: _ORDER.index(result.mark))
            found.grounding[part.path] = worst.mark
            places = [place for result in results if result.evidence for place in result.evidence.places]
            if places and worst.mark != "ungrounded":
                found.evidence[part.path] = replace(places[0], further=tuple(places[1:]))
    return found


def _standing(dialogue: Dialogue, part: Part, found: LookUp) -> LookUp:
    """Return what was found, or that nothing was where people plainly take back what they said."""
    if found.evidence is None or part.is_key:
        return found
    is_out = is_taken_back(dialogue, Asked(part.path, *lookup_of(part)), found.evidence)
    return LookUp("ungrounded") if is_out else found


def _once(known: dict[str, LookUp], dialogue: Dialogue, asked: tuple[Any, Kind, tuple[Any, ...]]) -> LookUp:
    """Look a value up, or take what was found for an equal one: a list may hold the same thousands of times."""
    name = repr(asked)  # True and 1 are equal, and so are 1.0 and 1; they are not written the same
    if name not in known:
        known[name] = dialogue.look_up(*asked)
    return known[name]


def _looked_up(part: Part) -> Iterator[tuple[Any, Kind, tuple[Any, ...]]]:
    """Yield what of a part is looked up: the value, and the key of a map under which it stands."""
    if part.is_key:
        yield part.step, "text", ()
    if not isinstance(part.value, (list, dict)):
        yield lookup_of(part)


def lookup_of(part: Part) -> tuple[Any, Kind, tuple[Any, ...]]:
    """Return how the value of a part without parts is looked up: the value, its kind, and the allowed values."""
    return part.value, _kind(part), tuple(part.branch.allowed or ()) if part.branch else ()


def _kind(part: Part) -> Kind:
    branch, value = part.branch, part.value
    if isinstance(value, bool):
        return "other"
    if branch is not None and branch.allowed is not None:
        return "choice" if len([each for each in branch.allowed if each is not None]) > 1 else "other"
    if not isinstance(value, str):
        return "number"
    if branch is not None and branch.is_time:
        return "moment"
    return "text"
