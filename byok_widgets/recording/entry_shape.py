"""What an entry of a cassette may hold; somebody may have edited it, or made it up."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field, Strict, ValidationError

from byok_widgets.messages import FinishReason
from byok_widgets.usage import CostSource

_MOST = 10**12
_Text = Annotated[str, Strict()]
_Count = Annotated[int, Strict(), Field(ge=0, le=_MOST)]
_Attempts = Annotated[int, Strict(), Field(ge=0, le=10_000)]
_Seconds = Annotated[float, Strict(), Field(ge=0, le=10**6)]
_Money = Annotated[Decimal, Field(ge=0, le=_MOST)]


class _Usage(BaseModel, extra="forbid"):
    input_tokens: _Count = 0
    output_tokens: _Count = 0
    cached_input_tokens: _Count = 0
    cache_write_tokens: _Count = 0


class _Cost(BaseModel):
    usd: _Money | None = None
    source: CostSource
    least_usd: _Money = Decimal()


class _Answer(BaseModel):
    text: _Text = ""
    reasoning: _Text = ""
    finish_reason: FinishReason
    reported_model: _Text = ""
    request_id: _Text = ""
    attempts: _Attempts = 0
    usage: _Usage = Field(default_factory=_Usage)
    cost: _Cost = Field(default_factory=partial(_Cost, source="unknown"))
    notices: list[_Text] = Field(default_factory=list)
    left_out: list[_Text] = Field(default_factory=list)
    latency_s: _Seconds = 0.0
    waited_s: _Seconds = 0.0
    time_to_first_token_s: _Seconds = 0.0
    chunks: list[tuple[_Seconds, _Count]] = Field(default_factory=list)


class _Fault(BaseModel):
    problem: _Text = ""
    kind: _Text = ""
    cause: _Text = ""
    fix: _Text = ""
    link: _Text = ""
    quote: _Text = ""
    partial_text: _Text = ""
    request_id: _Text = ""
    retryable: Annotated[bool, Strict()] = False
    attempts: _Attempts = 0
    retry_after_s: _Seconds = 0.0
    took_s: _Seconds = 0.0
    cost: _Cost = Field(default_factory=partial(_Cost, source="unknown"))


class _Request(BaseModel):
    provider: _Text
    model: _Text
    system: _Text
    messages: list[tuple[_Text, _Text]]
    max_tokens: _Count | None = None
    output: dict[str, Any] | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class _Entry(BaseModel):
    node: _Text
    lane: tuple[_Text, _Text, _Count]
    given: dict[_Text, _Text] = Field(default_factory=dict)
    request: _Request
    recorder: _Text = ""
    recorded_at: _Text = ""


class _Answered(_Entry):
    answer: _Answer


class _Failed(_Entry):
    fault: _Fault


def is_entry(data: dict[str, Any]) -> bool:
    """Whether data can be the entry of a call: an answer or a fault, of which each part is what it should be."""
    return not misfit(data)


def misfit(data: dict[str, Any] | None) -> str:
    """Return in words why data is not the entry of a call; empty if it is one."""
    if data is None:
        return "it is not JSON in UTF-8"
    try:
        (_Failed if "fault" in data else _Answered).model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        return f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}"
    return ""
