"""Flows from a seed: nodes of all kinds, edges of all kinds, and what those who talk to them do."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

import pytest

from byok_widgets import Field, Flow
from byok_widgets.session import Session, Turn
from byok_widgets.session.steps import Judgement
from tests.export.functions import look_up
from tests.scripted_server import Say, ScriptedServer

WORDS = ("Rome", "Oslo", "Lima", "Bonn", 'a "quoted" word', "it's", "two\nlines", "ü ✓", "back\\slash", "{curly}")
SENTENCES = ("the caller agrees", "the caller says goodbye", "the caller's patience ends", 'they say "no"')
TENS = [pytest.param(start, marks=[pytest.mark.slow] if start else []) for start in range(0, 100, 10)]
"""A hundred seeds, ten by ten; the first ten are looked at each time."""
CHOICES = ["Mon", "Tue", "Wed"]


def made_flow(seed: int, *, exact: bool = False) -> Flow:
    """Return a flow.

    Args:
        seed: What it is made from.
        exact: Whether it has only what Retell says exactly: no actions, no whole numbers, no filters.
    """
    rng = random.Random(seed)
    flow = Flow(f"made {seed}", fresh=True)
    flow.provider, flow.model = "openai", "gpt-6-luna"
    speaking = [f"say {n}" for n in range(rng.randint(2, 4))]
    silent = [f"do {n}" for n in range(rng.randint(1, 3))]
    for at, name in enumerate(speaking):
        filtered = "" if exact or rng.random() < 0.7 else " {{ people | default(1) }}"
        prompt = f"{rng.choice(WORDS)}: ask on.{filtered}"
        flow.conversation(name, prompt, static=not exact and at > 0 and rng.random() < 0.4)
    for name in silent:
        if not exact and rng.random() < 0.3:
            flow.action(name, look_up, writes=["room"])
        else:
            _extraction(flow, name, rng, exact=exact)
    flow.extraction("basics", city=str, weekday=CHOICES, urgent=bool, people=float if exact else int)
    flow.conversation("bye", "Goodbye.", static=rng.random() < 0.5, end=True)
    if rng.random() < 0.5:
        flow.conversation("human", "A person calls back.", enter="the caller wants a human")
    for name in speaking:
        flow.connect(name, "basics" if name == speaking[0] else rng.choice([*silent, "basics"]))
        for target in rng.sample([*speaking, *silent, "bye"], k=rng.randint(0, 2)):
            if target != name and not _connected(flow, name, target):
                flow.connect(name, target, when=rng.choice(SENTENCES))
    order = ["basics", *silent]
    for at, name in enumerate(order):
        further = [*order[at + 1 :], *speaking, "bye"]
        for target in rng.sample(further, k=rng.randint(0, 3)):
            if rng.random() < 0.2 and not exact:
                flow.connect(name, target, when=rng.choice(SENTENCES))
            else:
                flow.connect(name, target, if_=_condition(rng))
        rest = [target for target in [*speaking, "bye"] if not _connected(flow, name, target)]
        flow.connect(name, rng.choice(rest or speaking))
    return flow


def _extraction(flow: Flow, name: str, rng: random.Random, *, exact: bool) -> None:
    fields: dict[str, Any] = {"city": str, "urgent": Field(bool, "whether it is urgent")}
    if rng.random() < 0.5:
        fields["weekday"] = CHOICES
    if not exact and rng.random() < 0.4:
        fields |= {"people": Field(int, required=False), "tags": list[str], "more": dict}
    flow.extraction(name, fields=fields)


def _condition(rng: random.Random) -> str:
    atoms = (
        'city == "Rome"',
        "city is not None",
        'weekday in ["Mon", "Tue"]',
        "urgent",
        "not urgent",
        "people >= 2",
        "people is None",
        'city != "it\'s"',
        '"R" in city',
    )
    parts = [rng.choice(atoms) for _ in range(rng.randint(1, 3))]
    text = parts[0]
    for part in parts[1:]:
        text = f"({text}) {rng.choice(['and', 'or'])} {part}"
    return f"not ({text})" if rng.random() < 0.2 else text


def _connected(flow: Flow, source: str, target: str) -> bool:
    return any((edge.source, edge.target) == (source, target) for edge in flow.graph.edges)


SAMPLES: list[dict[str, Any]] = [
    {"city": city, "weekday": weekday, "urgent": urgent, "people": people}
    for city in ("Rome", "Oslo", "it's", None)
    for weekday in ("Mon", "Wed", None)
    for urgent in (True, False, None)
    for people in (1, 2, None)
]
"""Values of the variables with which two conditions are compared."""


class Talk:
    """A conversation with a flow whose models decide by chance, the same for the same seed and situation."""

    def __init__(self, flow: Flow, server: ScriptedServer, seed: int) -> None:
        self.values: list[dict[str, Any]] = []
        self._seed, self._turn = seed, 0
        server.script(self._answer)
        flow.set_base_url("compatible", server.base_url)
        flow.provider, flow.model = "compatible", "scripted"
        self._session: Session = flow.start(speak_first=False)

    def turns(self, count: int) -> list[Turn]:
        """Say so many things, or fewer where the flow ends, and return the turns."""
        found = []
        for number in range(count):
            if self._session.closed:
                break
            self._turn = number
            found.append(self._session.say(f"sentence {number}"))
        return found

    def _answer(self, request: dict[str, Any]) -> Say:
        schema = request.get("response_format", {}).get("json_schema")
        if schema is None:
            return Say("Well.")
        properties = schema["schema"]["properties"]
        if schema["name"] == "edges":
            offered = sorted(choice for choice in properties["choice"]["enum"] if choice)
            return Say(json.dumps({"choice": self._by_chance("judge", offered), "reason": "so"}))
        values = {name: self._value(name) for name in properties}
        self.values.append({name: value for name, value in values.items() if value is not None})
        return Say(json.dumps(values))

    def _value(self, name: str) -> Any:
        offered: dict[str, list[Any]] = {
            "city": ["Rome", "Oslo", None],
            "weekday": [*CHOICES, None],
            "urgent": [True, False, None],
            "people": [1, 2, 5, None],
        }
        return self._by_chance(name, offered.get(name, [None]))

    def _by_chance(self, what: str, offered: list[Any]) -> Any:
        told = f"{self._seed} {self._turn} {what} {offered}".encode()
        return offered[hashlib.sha256(told).digest()[0] % len(offered)]


def moves(turns: list[Turn], flow: Flow) -> list[str]:
    """Return the nodes that speak or end to which turns moved."""
    stops = {name for name, node in flow.nodes.items() if node.speaks}
    return [s.target for t in turns for s in t.steps if isinstance(s, Judgement) and s.target in stops]
