"""Flows from a seed with everything odd that a flow may have, for exports of which much is lost."""

from __future__ import annotations

import contextlib
import datetime
import random
from typing import Any

from byok_widgets import ConfigError, Field, Flow
from tests.export.functions import look_up

NAMES = (
    *("plain", "naïve", "für Élise", "日本語", "class", "None", "a b", "it's", 'say "no"', "back\\slash"),
    *("{curly}", "x end", "for", "😀 ok", "tab\tx", "ends: here", "#1", "-", "a/b"),
)
VARIABLES = (
    *("city", "naïve", "people", "urgent", "weekday", "class_", "für", "state", "node", "tags", "more", "day"),
    "when",
)
TEXTS = (
    *("Ask.", "Ask {{ city }}.", "{{city}} {{ people | default(1) }}", "a\nb", "ümlaut ✓", 'it\'s "q"'),
    *("{{ '{{ city }}' }} is text", "{{ more.inner }}", "\\{{ x }}", "{{ tags[0] }}", "{% raw %}", "$x `y` <b>"),
)
_FIELDS: tuple[Any, ...] = (
    *(str, int, float, bool, ["Mon", "Tue"], [1, 2], list[str], dict, datetime.date, list[int]),
    Field(str, required=False),
    Field(int, "how many", required=False),
    Field(str, 'the "thing"\nof it'),
    Field(["a", "b"], "choice"),
)
_SCHEMAS: tuple[dict[str, Any], ...] = (
    {"type": "string", "minLength": 2},
    {"type": "number", "minimum": 3},
    {"type": "string", "pattern": "^a"},
    {"type": "object", "properties": {"inner": {"type": "string"}}},
    {"type": ["string", "null"]},
    {"type": "string", "format": "email"},
    {"const": "x"},
    {"type": "string"},
    {"type": "boolean", "title": "T"},
    {"type": "string", "default": "x"},
    {"enum": ["a", "b", None]},
    {"enum": ["a", 1]},
    {"anyOf": [{"type": "string"}, {"type": "number"}]},
)


def odd_flow(seed: int) -> Flow:
    """Return a flow, without what a flow refuses."""
    rng = random.Random(seed)
    flow = Flow(f"odd {seed}", fresh=True)
    flow.provider, flow.model = "openai", "gpt-6-luna"
    known: list[str] = []
    for at, name in enumerate(rng.sample(NAMES, k=rng.randint(5, 9))):
        with contextlib.suppress(ConfigError):
            known += _add_node(flow, name, rng, is_first=not at)
    names = list(flow.nodes)
    for source in names:
        for target in rng.sample(names, k=min(len(names), rng.randint(0, 3))):
            chosen: list[dict[str, str]] = [{"when": rng.choice((*TEXTS, "they agree"))}, {}]
            chosen += [{"if_": _condition(rng, known)}] * 2 if known else []
            with contextlib.suppress(ConfigError):
                flow.connect(source, target, **rng.choice(chosen))
    return flow


def _add_node(flow: Flow, name: str, rng: random.Random, *, is_first: bool) -> list[str]:
    """Add a node and return the variables that it sets."""
    given: dict[str, Any] = {"end": True} if not is_first and rng.random() < 0.15 else {}
    if not is_first and rng.random() < 0.15:
        given["enter"] = rng.choice(TEXTS)
    kind = "speaks" if is_first else rng.choice(("speaks", "speaks", "reads", "reads", "acts"))
    if kind == "speaks":
        more = rng.choice(({}, {}, {"temperature": 0.3}, {"model": "local:smollm2-135m"}, {"max_tokens": 9}))
        flow.conversation(name, rng.choice(TEXTS), static=rng.random() < 0.3, **given, **more)
        return []
    variables = rng.sample(VARIABLES, k=1 if kind == "acts" else rng.randint(1, 4))
    if kind == "acts":
        flow.action(name, look_up, writes=variables, **given)
        return variables
    given |= rng.choice(({}, {}, {"prompt": "Read."}, {"window": 3}, {"grounding": "off"}))
    if rng.random() < 0.5:
        flow.extraction(name, fields={each: rng.choice(_FIELDS) for each in variables}, **given)
    else:
        properties = {each: rng.choice(_SCHEMAS) for each in variables}
        required = [each for each in variables if rng.random() < 0.6]
        flow.extraction(name, {"type": "object", "properties": properties, "required": required}, **given)
    return variables


def _condition(rng: random.Random, known: list[str]) -> str:
    def part() -> str:
        name = rng.choice(known)
        compared = ('== "Rome"', "== 5", "!= 5", "> 3", "== True", "is False", '== ""', '< "M"', '== "true"')
        compared += ('== "{{"', '== "a\\nb"', "== 1.0", '== "5"', "> -2.5", "< 1e20", "+ 1 > 2", f"== {known[0]}")
        compared += ('in ["a", "b\'c"]', "not in [1, 2]", "not in []", "is None", "is not None", "")
        forms = (
            f"not {name}",
            f"len({name}) > 2",
            f'lower({name}) == "x"',
            f'"R" in {name}',
            f'"ü" not in {name}',
        )
        return rng.choice((*(f"{name} {each}" for each in compared), *forms))

    text = part()
    for _ in range(rng.randint(0, 2)):
        text = f"({text}) {rng.choice(['and', 'or'])} {part()}"
    return f"not ({text})" if rng.random() < 0.2 else text
