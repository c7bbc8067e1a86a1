"""Parts of values in prompts: what `check` says of them is what a run does."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel

from byok_widgets import Flow, TemplateError


class Size(enum.Enum):
    SMALL = "small"


class Home(BaseModel):
    street: str
    city: str | None = None

    @property
    def label(self) -> str:
        return f"{self.street}!"


@dataclass
class Guest:
    home: Home
    friends: list[Home]


FIELDS = {"home": Home, "items": list[str], "day": date, "size": Size, "guest": Guest, "name": str}
VALUES: dict[str, Any] = {
    "home": Home(street="Main", city="Rome"),
    "items": ["ham"],
    "day": date(2026, 12, 3),
    "size": Size.SMALL,
    "guest": Guest(Home(street="Side"), [Home(street="Side")]),
    "name": "Ana",
}
POORER = VALUES | {"home": Home(street="Main")}
GUARD = " and ".join(f"{name} is not None" for name in FIELDS)


@pytest.fixture
def flow(judged_flow: Flow) -> Flow:
    judged_flow.conversation("ask", "Ask.")
    judged_flow.extraction("read", **FIELDS)
    judged_flow.connect("ask", "read")
    return judged_flow


def say(flow: Flow, prompt: str, *, static: bool = True) -> None:
    flow.conversation("say", prompt, static=static, end=True)
    flow.connect("read", "say", if_=GUARD)
    flow.connect("read", "ask")


def found(flow: Flow, **more: Any) -> list[tuple[str, str]]:
    about_parts = ("unknown_part", "unstated_variable")
    return [(each.kind, each.level) for each in flow.check(**more) if each.kind in about_parts]


@pytest.mark.parametrize(
    "prompt", ["home.street", "home.label", "items[0]", "items[-1]", "day.year", "size.value"]
)
def test_a_part_that_is_there_whenever_its_whole_is(flow: Flow, prompt: str) -> None:
    say(flow, f"It is {{{{ {prompt} }}}}.")
    assert found(flow) == []
    assert flow.node("say").run(variables=POORER).text.startswith("It is ")


@pytest.mark.parametrize(
    "prompt", ["home.zip", "items.size", "name.first", "guest.home.zip", "guest.friends[0].zip"]
)
def test_a_part_that_no_value_has(flow: Flow, prompt: str) -> None:
    say(flow, f"It is {{{{ {prompt} }}}}.")
    assert found(flow) == [("unknown_part", "error")]
    with pytest.raises(TemplateError) as raised:
        flow.node("say").run(variables=VALUES)
    assert raised.value.kind == "template_unknown_part"
    say(flow, f"It is {{{{ {prompt} | default('x') }}}}.")
    assert found(flow) == [("unknown_part", "warning")]


@pytest.mark.parametrize("prompt", ["home.city", "items[1]", "items[-2]", "guest.friends[1].street"])
def test_a_part_that_a_value_may_lack_fails_in_a_sentence_only(flow: Flow, prompt: str) -> None:
    say(flow, f"It is {{{{ {prompt} }}}}.")
    assert found(flow) == [("unstated_variable", "error")]
    with pytest.raises(TemplateError):
        flow.node("say").run(variables=POORER)
    say(flow, f"It is {{{{ {prompt} | default('x') }}}}.")
    assert found(flow) == []
    say(flow, f"It is {{{{ {prompt} }}}}.", static=False)
    assert found(flow) == []


def test_the_part_that_was_meant_is_named(flow: Flow) -> None:
    say(flow, "It is {{ home.stret }}.")
    (about,) = [each for each in flow.check() if each.kind == "unknown_part"]
    assert "{{ home.street }}" in about.fix
    assert about.by is not None


def test_nothing_is_told_of_values_that_code_sets_or_an_action_writes(flow: Flow) -> None:
    say(flow, "It is {{ home.zip }} and {{ found.zip }}.")
    flow.action("look", lambda: {"zip": "1"}, writes=["found"], enter="they ask")
    assert found(flow, variables=["home", "found"]) == []


class Phone(str):
    def __init__(self, number: str) -> None:
        self.country = number[:3]


@dataclass
class Late:
    part: NotThere  # type: ignore[name-defined] # noqa: F821


@pytest.mark.parametrize("code", [Phone, Late])
def test_a_class_whose_values_may_have_any_attribute(flow: Flow, code: type) -> None:
    say(flow, "It is {{ name.country }}.")
    assert found(flow) == [("unknown_part", "error")]
    flow.node("read").schema.codes = (code,)
    assert found(flow) == []
