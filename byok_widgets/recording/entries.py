"""What a cassette holds of a call: the request in words, and the reply or the fault, with their times.

A fault is a step like an answer: a schema that was refused leads to the next way to ask.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from byok_widgets.errors import ProviderError
from byok_widgets.messages import answer_message
from byok_widgets.nodes.node_settings import LIMIT
from byok_widgets.nodes.prompt_version import PROMPT_VERSION
from byok_widgets.recording.cassette import RECORDER
from byok_widgets.recording.cassette_contents import Entry
from byok_widgets.recording.digest import WantedCall
from byok_widgets.reply import Reply
from byok_widgets.secrets.json_redaction import redact_keys
from byok_widgets.usage import NOT_CHARGED, Cost, Usage

_DIGITS = 6
"""Digits of seconds behind the point."""
_REPLY = ("text", "reasoning", "finish_reason", "reported_model", "request_id", "attempts")
_SECONDS = ("latency_s", "waited_s", "time_to_first_token_s")
_KEPT = (*_REPLY, *_SECONDS)
_FAULT = ("problem", "kind", "cause", "fix", "link", "retryable", "attempts", "request_id", "retry_after_s")


class Chunk(NamedTuple):
    """A piece of an answer.

    Attributes:
        at_s: When it arrived, in seconds from the call.
        chars: How many characters it brought.
    """

    at_s: float
    chars: int


def rounded(reply: Reply) -> Reply:
    """Return a reply with its seconds as a cassette holds them, so that recording and replay give the same."""
    seconds: dict[str, Any] = {name: _rounded(getattr(reply, name)) for name in _SECONDS}
    return replace(reply, **seconds)


def answer_entry(wanted: WantedCall, reply: Reply, chunks: Sequence[Chunk]) -> Entry:
    """Return the entry of a call that was answered; it works out the cost, which reads the price list."""
    asked = {*wanted.words["settings"], *([] if wanted.words["max_tokens"] is None else [LIMIT])}
    left_out = sorted(asked - set(reply.request.settings)) if reply.request else []
    answer = {
        **{name: getattr(reply, name) for name in _REPLY},
        "usage": {name: count for name, count in vars(reply.usage).items() if count is not None},
        "cost": cost_data(reply.cost),
        "notices": list(reply.notices),
        "left_out": left_out,
        **{name: getattr(reply, name) for name in _SECONDS},
        "chunks": [[_rounded(chunk.at_s), chunk.chars] for chunk in chunks],
    }
    return _entry(wanted, {"answer": {name: value for name, value in answer.items() if value}})


def fault_entry(wanted: WantedCall, fault: ProviderError, took_s: float) -> Entry:
    """Return the entry of a call that failed at the provider."""
    data = {name: getattr(fault, name) for name in (*_FAULT, "quote", "partial_text")}
    data |= {"cost": cost_data(fault.cost), "took_s": _rounded(took_s)}
    return _entry(wanted, {"fault": {name: value for name, value in data.items() if value}})


def _entry(wanted: WantedCall, outcome: Entry) -> Entry:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    about = {"own_words": PROMPT_VERSION, "recorder": RECORDER, "recorded_at": now}
    own = {"node": wanted.call.node, "lane": list(wanted.lane.identity), "request": wanted.words}
    given = {"given": dict(wanted.lane.given)} if wanted.lane.given else {}
    return {"digest": wanted.digest, **redact_keys({**own, **given, **outcome}), **about}


def reply_of(entry: Mapping[str, Any], wanted: WantedCall) -> Reply:
    """Return the reply that was recorded, as the reply to a call."""
    answer, call = entry["answer"], wanted.call
    sent = call.sent(wanted.request, answer.get("left_out", ()))
    cost = partial(_replayed, answer.get("cost"))
    return Reply(
        **{"text": "", **{name: answer[name] for name in _KEPT if name in answer}},
        node=call.node,
        usage=Usage(**answer.get("usage", {})),
        price=cost,
        model=str(call.resolved.ref),
        model_source=call.resolved.source,
        origin="replay",
        transcript=(*call.messages, answer_message(answer.get("text", ""), answer["finish_reason"])),
        notices=tuple(answer.get("notices", ())),
        request=sent,
        requests=(sent,),
    )


def pieces_of(entry: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    """Yield the pieces in which an answer came, each with its seconds; one alone where that is not known."""
    answer = entry["answer"]
    text, ends_s, at = answer.get("text", ""), answer.get("latency_s", 0.0), 0
    for at_s, chars in answer.get("chunks", ()):
        yield min(at_s, ends_s), text[at : at + chars]
        at += chars
    if at < len(text):
        yield ends_s, text[at:]


def took_s(entry: Mapping[str, Any]) -> float:
    """Return the seconds that a call took."""
    return float(entry["answer"].get("latency_s", 0.0) if "answer" in entry else entry["fault"].get("took_s", 0.0))


def fault_of(entry: Mapping[str, Any]) -> ProviderError:
    """Return the error that was recorded."""
    data = entry["fault"]
    known = {name: data[name] for name in (*_FAULT, "quote", "partial_text") if name in data}
    error = ProviderError(known.pop("problem", ""), **known)
    error.cost = _replayed(data.get("cost"))
    return error


def original_cost(entry: Mapping[str, Any]) -> Cost:
    """Return what a call cost when it was recorded."""
    return cost_of((entry.get("answer") or entry.get("fault") or {}).get("cost"))


def cost_data(cost: Cost) -> dict[str, Any]:
    """Return a cost in plain values."""
    usd = None if cost.usd is None else str(cost.usd)
    least = {"least_usd": str(cost.least_usd)} if cost.least_usd else {}
    return {"usd": usd, "source": cost.source, **least}


def cost_of(data: Mapping[str, Any] | None) -> Cost:
    """Return a cost from plain values."""
    if data is None:
        return NOT_CHARGED
    usd = data.get("usd")
    return Cost(None if usd is None else Decimal(usd), data["source"], Decimal(data.get("least_usd", 0)))


def _replayed(data: Mapping[str, Any] | None) -> Cost:
    return cost_of(data).replayed()


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, _DIGITS)
