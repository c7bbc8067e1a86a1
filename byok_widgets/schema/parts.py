"""`Part`: a value with its parts, and what is known of each: stated, not stated, invalid, or stated in part.

A part that is not stated states nothing, at any depth: null, "", an empty list, words such as "unknown", and an
object or a list of nothing else. A bad item costs that item, and not the list; a bad part that an object may lack
costs that part, and not the object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from byok_widgets.schema.paths import Step, joined
from byok_widgets.schema.shape import Branch, Shape
from byok_widgets.schema.values.parsing import MAX_LEVELS, coerce, decoded, is_stated, unpaired

CheckedStatus = Literal["found", "not_stated", "incomplete", "invalid"]
"""`incomplete`: some of it was stated, and a required part of it was not, or is invalid."""

Problems = Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """A value, or a part of one.

    Attributes:
        path: The path to it.
        step: Its name or index in what it is a part of.
        status: What is known of it.
        value: The JSON value that is taken; `None` if nothing is.
        given: What the model wrote, coerced.
        problem: What was expected, for an invalid part.
        branch: What its schema says about it.
        inner: Its parts.
        has_value: Whether it can be a part of a value: it fits, or is an empty list or
            a null that its schema allows.
        is_key: Whether it is the entry of a map, whose name was read too.
        is_extra: Whether its schema does not know its name.
    """

    path: str
    step: Step
    status: CheckedStatus
    value: Any = None
    given: Any = None
    problem: str = ""
    branch: Branch | None = None
    inner: tuple[Part, ...] = ()
    has_value: bool = False
    is_key: bool = False
    is_extra: bool = False

    def walk(self) -> Iterator[Part]:
        """Yield it and all of its parts, each before its own parts."""
        yield self
        for part in self.inner:
            yield from part.walk()

    @property
    def is_taken(self) -> bool:
        """Whether it was stated and its value is taken."""
        return self.has_value and self.status != "not_stated"

    @property
    def taken(self) -> Iterator[Part]:
        """Itself and what its value consists of, without items that were left out."""
        yield self
        for part in self.inner:
            if part.is_taken and not part.is_extra:
                yield from part.taken

    @property
    def stated(self) -> Any:
        """All that was stated and fits, also of an object that lacks a part; `None` for nothing."""
        if not self.inner:
            return self.value
        kept = [(part.step, part.stated) for part in self.inner if part.has_value or part.stated is not None]
        if not kept:
            return None
        return dict(kept) if isinstance(self.given, dict) else [value for _, value in kept]

    def at(self, location: Iterable[Step]) -> str:
        """Return the path to a place in the value that is taken."""
        here = self
        for step in location:
            inner = [part for part in here.inner if part.has_value]
            if isinstance(here.value, dict):
                inner = [part for part in inner if part.step == step]
            elif isinstance(step, int):
                inner = inner[step : step + 1]
            if not inner:
                break
            here = inner[0]
        return here.path


def walk(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield parts and all that they consist of, without those that their schema does not know."""
    for part in parts:
        if not part.is_extra:
            yield part
            yield from walk(part.inner)


@dataclass(frozen=True)
class Reader:
    """Reads a JSON value with its parts.

    Attributes:
        rejected: For each path that was found not to fit, what was expected.
        coerce: Coerces a value without parts to its shape, or raises `ValueError`.
        is_stated: Whether a value without parts was stated.
    """

    rejected: Problems = field(default_factory=dict)
    coerce: Callable[[Any, Shape], Any] = coerce
    is_stated: Callable[[Any, Shape], bool] = is_stated

    def read(self, given: Any, shape: Shape, name: str) -> Part:
        """Return the value of a field with all of its parts."""
        return self._read(given, shape, name, name, MAX_LEVELS)

    def _read(self, given: Any, shape: Shape, path: str, step: Step, levels: int) -> Part:
        if levels < 0:
            raise ValueError(f"nested more than {MAX_LEVELS} levels deep")
        try:
            value = decoded(given, shape)
            value = value if isinstance(value, (list, dict)) else self.coerce(value, shape)
            value = unpaired(value, shape) if isinstance(value, list) else value
        except ValueError as error:
            return Part(path, step, "invalid", given=given, problem=str(error))
        branch = shape.chosen(value)
        part = Part(path, step, "not_stated", given=value, branch=branch)
        if isinstance(value, list):
            part = self._list(part, value, branch, levels)
        elif isinstance(value, dict):
            named = branch.names.applied_to(value) if branch.names else value
            part = self._object(part, named, branch, levels)
        elif self.is_stated(value, shape):
            part = replace(part, status="found", value=value, has_value=True)
        elif shape.takes_null:
            part = replace(part, has_value=True)
        if path in self.rejected and part.status != "not_stated":
            return _refused(part, self.rejected[path])
        return part

    def _list(self, part: Part, value: list[Any], branch: Branch, levels: int) -> Part:
        inner: list[Part] = []
        for at, entry in enumerate(value):
            item = self._read(entry, branch.item(at), joined(part.path, len(inner)), len(inner), levels - 1)
            is_value = item.has_value and item.value != {}  # an empty object is a shell, and no record of the list
            if item.status == "not_stated" and not is_value and at >= branch.places:
                continue
            if branch.is_closed and at >= branch.places:
                item = _refused(item, f"expected at most {branch.places} items")
            inner.append(item)
        if not _is_anything_stated(inner):
            return replace(part, value=[] if not value else None, has_value=not value)
        if branch.places:
            return _positional(part, inner, branch)
        return _collection(part, inner, [item.value for item in inner if item.has_value])

    def _object(self, part: Part, value: Mapping[str, Any], branch: Branch, levels: int) -> Part:
        inner = [
            replace(
                self._read(value.get(name), branch.entry(name), joined(part.path, name), name, levels - 1),
                is_key=branch.is_map and name not in branch.properties,
                is_extra=not branch.knows(name),
            )
            for name in (*value, *(name for name in branch.properties if name not in value))
        ]
        told = [each for each in inner if not branch.is_tag(str(each.step))] or inner
        # Where nothing is said but what the schema does not know, nothing is said of the value.
        if not (_is_anything_stated(told) and _is_anything_stated(each for each in inner if not each.is_extra)):
            is_empty = not value and not branch.required
            return replace(part, value={} if is_empty else None, has_value=is_empty, inner=tuple(inner))
        needed = frozenset(value) if branch.is_map else branch.required
        kept = {
            str(each.step): each.value
            for each in inner
            if each.has_value and (each.value is not None or each.step in needed)
        }
        if branch.is_map:
            return _collection(part, inner, kept)
        lost = [str(each.step) for each in inner if _is_bad(each) and not each.has_value]
        kept |= {name: None for name in lost if name in needed and branch.entry(name).takes_null}
        lacks = not branch.required <= kept.keys() or not all(map(branch.can_lack, lost))
        return _record(part, inner, kept, lacks=lacks or not any(each.is_taken for each in told))


def _refused(part: Part, problem: str) -> Part:
    return replace(part, status="invalid", problem=problem, value=None, has_value=False)


def _is_bad(part: Part) -> bool:
    return part.status in ("invalid", "incomplete")


def _is_anything_stated(parts: Iterable[Part]) -> bool:
    return any(part.status != "not_stated" for part in parts)


def _collection(part: Part, inner: list[Part], kept: Any) -> Part:
    """Return a list or a map, which loses its bad entries and keeps the others."""
    bad = list(filter(_is_bad, inner))
    status: CheckedStatus = "incomplete" if bad else "found"
    if not any(each.has_value and each.status != "not_stated" for each in inner):
        status = "invalid" if any(each.status == "invalid" for each in bad) else "incomplete"
        return replace(part, status=status, inner=tuple(inner))
    return replace(part, status=status, value=kept, inner=tuple(inner), has_value=True)


def _positional(part: Part, inner: list[Part], branch: Branch) -> Part:
    """Return a list that needs the items with a meaning of their own, and loses bad ones among the others."""
    own, others = inner[: branch.places], inner[branch.places :]
    kept = [item.value for item in own if item.has_value]
    lacks = len(kept) < len(own) or len(own) < min(branch.fewest, branch.places)
    record = _record(part, own, kept, lacks=lacks)
    if not record.has_value:
        return replace(record, inner=tuple(inner))
    has_bad_others = any(map(_is_bad, others)) and record.status == "found"
    status: CheckedStatus = "incomplete" if has_bad_others else record.status
    value = [*kept, *(item.value for item in others if item.has_value)]
    return replace(record, status=status, value=value, inner=tuple(inner))


def _record(part: Part, inner: list[Part], kept: Any, *, lacks: bool) -> Part:
    """Return an object, or the items of a list that have a meaning of their own, as far as it lacks nothing."""
    status: CheckedStatus = "incomplete" if lacks or any(map(_is_bad, inner)) else "found"
    if lacks and any(each.status == "invalid" for each in inner):
        status = "invalid"
    return replace(part, status=status, value=None if lacks else kept, inner=tuple(inner), has_value=not lacks)
