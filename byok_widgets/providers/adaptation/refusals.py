"""Which change answers a refusal: decided by the parameter that the error names, then by its prose.

An error names a parameter as `param`, as the place of a rejected field, or in its text; it counts only if the
parameter was really sent. Errors about something else, such as the key, a quota or a text that is too long, are
never answered with a change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from byok_widgets.providers import error_mapping
from byok_widgets.providers.adaptation.changes import (
    Change,
    LeaveOut,
    MergeSystem,
    OrderMessages,
    Payload,
    Rename,
    as_json,
    value_at,
)
from byok_widgets.providers.adaptation.dialogue import has_system_text
from byok_widgets.providers.error_mapping.call_context import CallContext

if TYPE_CHECKING:
    from byok_widgets.providers.error_mapping import ErrorDetails

_KINDS = frozenset({"bad_request", "setting"})
_STRUCTURE = frozenset({"model", "messages", "system", "response_format", "tools", "tool_choice", "output_config"})
"""What a request consists of. The shape of an answer is asked for in weaker ways by whoever asks for it."""
_STREAMING = re.compile(r"\bstreaming\b|\bstream (?:is|mode|parameter)\b", re.IGNORECASE)
_TUNED = ("output_config", "effort")
_EXTRA_FIELD = ("extra", "unexpected", "unknown", "unrecogni", "not permitted", "not allowed", "unsupported")
_VALUE_LABELS = ("invalid_value", "invalid_type", "_max_value", "_min_value", "out_of_range")


class Sent(NamedTuple):
    """A payload that was refused.

    Attributes:
        payload: What was sent.
        personal: Names of the parameters that a person set.
        limit_names: The names that the maximum number of tokens may have; empty if it is always required.
        renamed: The names that were given up for another one.
    """

    payload: Payload
    personal: frozenset[str] = frozenset()
    limit_names: tuple[str, ...] = ()
    renamed: frozenset[str] = frozenset()

    @property
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """Where each parameter that can be left out stands, by the names that an error may use for it."""
        fixed = _STRUCTURE if self.limit_names else _STRUCTURE | {"max_tokens"}
        found: dict[str, tuple[str, ...]] = {}
        for name, value in self.payload.items():
            if name not in fixed:
                found |= dict.fromkeys((name, *(value if isinstance(value, Mapping) else ())), (name,))
        return found | ({_TUNED[-1]: _TUNED} if value_at(self.payload, _TUNED) is not None else {})


def is_refusal(details: ErrorDetails, context: CallContext) -> bool:
    """Whether an endpoint refused what a request contains: not its key, its length or its time."""
    return error_mapping.kind_of(details, context) in _KINDS


def _failed_over_a_parameter(details: ErrorDetails, context: CallContext) -> bool:
    """Whether a server reports a parameter that its code does not know as a fault of its own."""
    return (
        details.status == 500
        and details.says("unsupported")
        and error_mapping.kind_of(details, context) == "overloaded"
    )


def change_after(details: ErrorDetails, sent: Sent, context: CallContext) -> Change | None:
    """Return the change that answers a refusal; `None` if the error is about something that cannot be changed."""
    if not (is_refusal(details, context) or _failed_over_a_parameter(details, context)):
        return None
    return (
        _either_of_two(details, sent)
        or _named_by_field(details, sent)
        or _of_messages(details, sent)
        or _named_in_prose(details, sent, context.provider.settings)
    )


def vague_limit(details: ErrorDetails, sent: Sent) -> Change | None:
    """Return the other name of the token limit, for a gateway that only says that the body is invalid."""
    if not details.has_label("invalid_request_body"):
        return None
    name = next((name for name in sent.limit_names if name in sent.payload), "")
    change = _without(name, sent, details) if name else None
    return change if isinstance(change, Rename) else None


def is_plain_fault(details: ErrorDetails) -> bool:
    """Whether a server failed without a reason, as many do over a request that their code did not expect."""
    said = details.text.strip().strip(".!").lower()
    return details.status == 500 and not details.is_page and said in ("", "internal server error")


def _either_of_two(details: ErrorDetails, sent: Sent) -> Change | None:
    """Two ways of sampling that cannot be combined: the one goes that nobody set, else `top_p`."""
    two = ("top_p", "temperature")
    if not details.says("not_both") or not all(name in details.text and name in sent.payload for name in two):
        return None
    return LeaveOut((next((name for name in two if name not in sent.personal), "top_p"),))


def _named_by_field(details: ErrorDetails, sent: Sent) -> Change | None:
    for given, code in _fields(details):
        name = next((part for part in re.findall(r"\w+", given) if part in sent.paths), "")
        if name and not _is_about_the_value(name, code, details, sent):
            return _without(name, sent, details)
    return None


def _fields(details: ErrorDetails) -> Iterator[tuple[str, str]]:
    """Yield the fields that an error names, and what is wrong with each."""
    if details.parameter and details.parameter not in {field.name for field in details.fields}:
        yield details.parameter, ""
    for field in details.fields:
        yield ".".join(field.path), field.code


def _is_about_the_value(name: str, code: str, details: ErrorDetails, sent: Sent) -> bool:
    """Whether a parameter that a person set is taken, but not with this value, which is theirs to correct."""
    if _can_go(name, sent):
        return False
    if code:
        return not any(sign in code for sign in _EXTRA_FIELD)
    if any(label.endswith(_VALUE_LABELS) for label in details.labels):
        return True
    if name in sent.limit_names and any(other in details.text for other in sent.limit_names if other != name):
        return details.says("out_of_range") and not details.says("unsupported")
    return details.says("out_of_range") and not _is_refused(details)


def _is_refused(details: ErrorDetails) -> bool:
    labelled = details.has_label(
        "unsupported_parameter", "unsupported_value", "unknown_parameter", "extra_forbidden"
    )
    return labelled or details.says("unsupported")


def _named_in_prose(details: ErrorDetails, sent: Sent, settings: frozenset[str]) -> Change | None:
    name = _quoted(details.text, sent.paths) or _mentioned(details.text, sent.paths, settings)
    if not name and "stream" in sent.paths and _STREAMING.search(details.text):
        name = "stream"  # an answer in one piece is read just as well
    if not name or not (_is_refused(details) or _can_go(name, sent)):
        return None
    if _is_about_the_value(name, "", details, sent):
        return None
    return _without(name, sent, details)


def _can_go(name: str, sent: Sent) -> bool:
    """Whether nobody asked for a parameter, so that being named by a refusal is enough for it to be left out."""
    return not {name, sent.paths[name][-1]} & {*sent.personal, *sent.limit_names}


def _quoted(text: str, names: Mapping[str, Any]) -> str:
    """Return the first of the names that a text quotes, or gives after a colon."""
    either = "|".join(map(re.escape, names))
    found = re.search(rf"[`'\"\[](?:\w+\.)?({either})[`'\"\]]|:\s*({either})\b(?!:)", text) if names else None
    return (found[1] or found[2]) if found else ""


def _mentioned(text: str, names: Mapping[str, Any], settings: frozenset[str]) -> str:
    """Return the first of the names in a text that are no ordinary words, or are settings."""
    distinct = [name for name in names if "_" in name or name in settings]
    found = re.search(rf"\b({'|'.join(map(re.escape, distinct))})\b", text) if distinct else None
    return found[1] if found else ""


def _without(name: str, sent: Sent, details: ErrorDetails) -> Change:
    """Leave a parameter out; the token limit is first sent under its other name."""
    path = sent.paths[name]
    if name in sent.limit_names:
        others = [other for other in sent.limit_names if other != name and other not in sent.renamed]
        return Rename(name, others[0]) if others else LeaveOut(path)
    only_this = details.has_label("unsupported_value") or details.says("only_some_values")
    return LeaveOut(path, as_json(value_at(sent.payload, path)) if only_this else None)


def _of_messages(details: ErrorDetails, sent: Sent) -> Change | None:
    """The roles of the dialogue, or their order, in which old templates count the system message, too."""
    refuses_system = details.refuses_system
    if details.says("message_order"):
        ordered = OrderMessages()
        if ordered.apply(sent.payload) is not None:
            return ordered
        refuses_system = True
    return MergeSystem() if refuses_system and has_system_text(sent.payload) else None
