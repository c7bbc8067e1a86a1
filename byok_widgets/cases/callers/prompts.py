"""What the models behind a simulated caller are told. It is pinned: a change makes other callers, other cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from byok_widgets.hashing import hashed
from byok_widgets.schema import Field

CALLER = """\
You play a person who talks to a service, as on the telephone. You are only this person: never the service, and
never an assistant.

Who you are: {persona}
{temper}What you want: {goal}
What you know:
{facts}

Rules:
- Say one thing at a time, in one or two short sentences, as people speak.
- Answer what you are asked. Do not say the same thing again and again.
- State about yourself only what stands above. What is not there you do not know, and say so.
- Do not end the conversation before you have what you want. Once you have it, say so and set "ended" to true."""
REFEREE = """\
You check one side of a conversation that was played: the caller's. The service is not judged. You are told what
the caller wants and knows. Say whether the caller has got what it wants in the end, whether it was always the
caller and never the service or an assistant, and what it states about itself that is not among what it knows and
that the service has not said first. Leave that empty if there is nothing."""
HELD_BACK = " (say this only when you are asked about it)"
TEMPER = "How you are: {temper}\n"
NO_FACTS = "- nothing in particular"
PLAYED = "The caller is: {persona}\nIt wants: {goal}\nIt knows:\n{facts}\n\n{said}"
"""What the referee is shown."""
EXCHANGE = "caller: {said}\nservice: {reply}"
BEGIN = "(The conversation begins. Say your first sentence.)"
SILENCE = "(The service says nothing.)"
WARMTH = 0.7
"""Temperature of what a caller says: at 0 it would say the same in each repeat."""

LINE = {
    "say": Field(str, "what you say now"),
    "ended": Field(bool, "whether the conversation is over for you, since you have what you want"),
}
"""What it answers with."""
FOUND = {
    "goal_reached": Field(bool, "whether the caller has got what it wants"),
    "in_role": Field(bool, "whether it was always the caller"),
    "invented": Field(str, "what it states about itself and cannot know; empty if nothing", required=False),
}
"""What the referee answers with."""


def _words_of(fields: Mapping[str, Field]) -> list[list[Any]]:
    return [[name, field.type.__name__, field.description, field.required] for name, field in fields.items()]


_WORDS = [CALLER, HELD_BACK, TEMPER, NO_FACTS, REFEREE, PLAYED, EXCHANGE, BEGIN, SILENCE, WARMTH]
VERSION = hashed([*_WORDS, _words_of(LINE), _words_of(FOUND)])[:12]
"""What identifies all of these."""
