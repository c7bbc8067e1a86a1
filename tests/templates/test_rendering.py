"""Prompts with `{{variables}}`: filled in by a sandbox, or an error that names node and variable."""

from __future__ import annotations

import asyncio
import datetime
import os
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets import TemplateError
from byok_widgets.templates import placeholders, render, render_in_time, rendering
from tests.fake_keys import fake_key


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hello.", "Hello."),
        ("", ""),
        ("{single} %s $x", "{single} %s $x"),
        ("Hello {{name}}!", "Hello Ana!"),
        ("{{ name }}, {{name|upper}}", "Ana, ANA"),
        ('{{ missing | default("friend") }}', "friend"),
        ('{{ unstated | default("friend") }}', "friend"),
        ('{{ urgent | default("x", true) }}', "x"),
        ('{{ unstated.part | upper | default("friend") }}', "friend"),
        ("{{ days | join(', ') }}", "Mon, Tue"),
        ("{{ zero }}{{ empty }}{{ urgent }}", "0no"),
        ("{{ tricky }}", "{{name}} <b>"),
        ("{# a note #}Hi", "{# a note #}Hi"),
        (r"\newcommand{\b}[1]{#1} {{name}} {a#}", r"\newcommand{\b}[1]{#1} Ana {a#}"),
        ("{{name}}\n", "Ana\n"),
    ],
)
def test_a_prompt_is_filled_in(template: str, text: str) -> None:
    variables = {
        "name": "Ana",
        "unstated": None,
        "urgent": False,
        "days": ["Mon", "Tue"],
        "zero": 0,
        "empty": "",
        "tricky": "{{name}} <b>",
    }
    assert render(template, variables, node="bye") == text


@given(st.text(), st.text())
def test_text_and_values_come_through_unchanged(text: str, value: str) -> None:
    plain = text.replace("{", "").replace("\r", "")
    assert render(plain, {}, node="bye") == plain
    assert render(plain + "{{value}}.", {"value": value}, node="bye") == plain + value + "."


@pytest.mark.parametrize(
    ("template", "kind", "named", "offered"),
    [
        ("Hi {{nmae}}", "template_unknown_variable", "{{nmae}}", "{{name}}"),
        ("Hi {{zzz}}", "template_unknown_variable", "{{zzz}}", "variables={'zzz': ...}"),
        ("Hi {{day}}", "template_no_value", "{{day}}", "{{ day | default('...') }}"),
        ("Hi {{zzz.first}}", "template_unknown_variable", "{{zzz}}", "'zzz'"),
        ("{{ zzz | length }}", "template_unknown_variable", "{{zzz}}", "'zzz'"),
        ("Hi {{person.nmae}}", "template_unknown_part", "'nmae'", "{{name}}"),
        ("{{ name.nothing }}", "template_unknown_part", "'nothing'", "{{name}}"),
        ("Hi {{name", "template_syntax", "}}", "{{name}}"),
        ("{{range}}", "template_unknown_variable", "{{range}}", "'range'"),
        ("{{ dict }}{{ lipsum }}", "template_unknown_variable", "{{dict}}", "'dict'"),
        ("{{ name.upper | string }}", "template_unknown_part", "'upper'", "{{name}}"),
        ("{{ name.upper }}", "template_unknown_part", "'upper'", "{{name}}"),
        ("{{ self | string }}", "template_unknown_variable", "{{self}}", "'self'"),
        (
            "{{ order.address }}",
            "template_unknown_part",
            "'order' has no part 'address'",
            "Its parts are size, items",
        ),
        ("{{ order.sise }}", "template_unknown_part", "'sise'", "Did you mean {{ order.size }}?"),
        ("{{ order.size }}", "template_no_value", "{{ order.size }}", "{{ order.size | default('...') }}"),
        ("{{ order['items'][3] }}", "template_unknown_part", "'order.items' has no part '3'", "{{name}}"),
        ("{{ order.items | map(attribute='no') | join }}", "template_no_value", "map(attribute='no')", "default"),
        ("{{ order.items | sum(attribute='name') }}", "template_failed", "sum does not take", "{{name}}"),
        ("{{ name | nofilter }}", "template_syntax", "'nofilter'", "{{name}}"),
        ("{{ name | round(2) }}", "template_failed", "round does not take", "{{name}}"),
    ],
)
def test_an_error_names_node_and_variable(template: str, kind: str, named: str, offered: str) -> None:
    order = {"size": None, "items": [{"name": "tea"}]}
    with pytest.raises(TemplateError) as caught:
        render(template, {"name": "Ana", "day": None, "person": {}, "order": order}, node="bye")
    assert caught.value.kind == kind
    assert "'bye'" in caught.value.problem
    assert named in caught.value.problem
    assert not caught.value.problem.endswith("..")
    assert offered in caught.value.fix
    assert caught.value.__context__ is None


UNWRITTEN = [print, iter("abc"), object(), threading.Lock().acquire, lambda: 1]
"""Values without a text of their own: what Python writes for them is an address."""


@pytest.mark.parametrize("value", UNWRITTEN, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    "template",
    [
        "{{x}}",
        "{{ y }}",
        "{{ z.a }}",
        "{{ x | string }}",
        "{{ z | tojson }}",
        "{{ y | join }}",
        "{{ y | first }}",
        "{{ 'a' | replace('a', x) }}",
        "{{ no | default(y) }}",
    ],
)
def test_what_has_no_text_of_its_own_is_never_written(template: str, value: object) -> None:
    with pytest.raises(TemplateError) as caught:
        render(template, {"x": value, "y": [value], "z": {"a": [value]}}, node="bye")
    assert "0x" not in str(caught.value)


@dataclass
class Item:
    """An object with a field that has the name of a method of mappings."""

    name: str
    items: int


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ days | map('upper') }}", "MON and TUE"),
        ("{{ days | reverse | join }}", "TueMon"),
        ("{{ person.items }} {{ person.keys }} {{ person['count'] }} {{ person.get }}", "3 a b c"),
        ("{{ days.0 }} {{ days[-1] }} {{ scores.1 }} {{ scores[1] }} {{ name[0] }}", "Mon Tue one one A"),
        ("{{ days[at] }} {{ person[which] }}", "Tue Ana"),
        ("{{ rows | map(attribute='price') | join(' + ') }} {{ rows | sum(attribute='price') }}", "3 + 4 7"),
        ("{{ rows | map(attribute='of.size') | join }}", "ML"),
        ("{{ rows | sort(attribute='price') | first }}", "price: 3, of: (size: M)"),
        ("{{ rows | selectattr('price', 'gt', 3) | map(attribute='price') | first }}", "4"),
        ("{{ days | indent(2) }}{{ 'a\\nb' | indent(2) }}", "Mon and Tuea\n  b"),
        ("{{ name | replace('n', 'nn') }} {{ name | truncate(9) }} {{ 3.14159 | round(2) }}", "Anna Ana 3.14"),
        ("{{ '<b>' | e }} {{ name | safe }}", "&lt;b&gt; Ana"),
        ("{{ day.year }}", "2026"),
        ("{{ item.name }} {{ item.items }}", "tea 2"),
    ],
)
def test_filters_give_values(template: str, text: str) -> None:
    person = {"name": "Ana", "items": 3, "keys": "a", "count": "b", "get": "c"}
    rows = [{"price": 4, "of": {"size": "L"}}, {"price": 3, "of": {"size": "M"}}]
    variables = {"name": "Ana", "days": ["Mon", "Tue"], "person": person, "scores": {"1": "one"}, "at": 1}
    variables |= {"which": "name", "rows": rows[::-1], "day": datetime.date(2026, 1, 2), "item": Item("tea", 2)}
    assert render(template, variables, node="bye") == text


@pytest.mark.parametrize(
    ("template", "kind"),
    [
        ("{{ long | replace('y', long) }}", "template_failed"),
        ("{{ long | replace('', 'yyy') }}", "template_failed"),
        ("{{ many | join(long) }}", "template_failed"),
        ("{{ many | join('\\n') | indent(9999) }}", "template_failed"),
        ("{{ name | truncate(99999999999) }}", "template_failed"),
        ("{{ 1 | round(999999999) }}", "template_failed"),
        ("{{ many | tojson(999999999) }}", "template_failed"),
        ("{{long}}" * 5, "template_too_long"),
    ],
)
def test_what_a_prompt_becomes_is_bounded(template: str, kind: str) -> None:
    values = {"long": "y" * 500_000, "many": list(range(9_000)), "name": "Ana"}
    with pytest.raises(TemplateError) as caught:
        render(template, values, node="bye", for_model=True)
    assert caught.value.kind == kind
    assert "'bye'" in caught.value.problem


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ name | truncate(-1) }}", "truncate does not take this: expected length >= 3, got -1"),
        ("{{ name | truncate('a') }}", "truncate does not take these arguments"),
        ("{{ name | replace('a') }}", "replace does not take these arguments"),
        ("{{ zero | round(2, 'up') }}", "round does not take this: method must be common, ceil or floor"),
        ("{{ name | truncate(10001) }}", "a filter takes no number over 10,000"),
    ],
)
def test_a_filter_that_is_used_wrongly_says_so_in_words(template: str, reason: str) -> None:
    with pytest.raises(TemplateError) as raised:
        render(template, {"name": "Ana", "zero": 0}, node="ask")
    assert raised.value.kind == "template_failed"
    assert raised.value.problem.endswith(f": {reason}.")


def test_a_value_that_raises_a_key_does_not_show_it() -> None:
    key = fake_key("anthropic")

    class Telling:
        def __str__(self) -> str:
            raise ValueError(f"Authorization: {key}")

    with pytest.raises(TemplateError) as caught:
        render("{{x}}", {"x": Telling()}, node="bye")
    assert key[8:24] not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    "template",
    [
        "{{ name.__class__.__mro__[1].__subclasses__() }}",
        "{{ name.__class__ }}",
        "{{ name['__class__'] }}",
        "{{ days | map(attribute='__class__') | list }}",
        "{{ render['__globals__'] }}",
        "{{ module.environ }}",
        "{{ name | attr('__class__') }}",
        "{{ '{0.__class__}' | format(name) }}",
        "{{ render.__globals__ }}",
        "{{ days.append('x') }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{% for n in range(10**9) %}{% endfor %}",
        "{% include 'secret' %}",
    ],
)
def test_a_prompt_cannot_escape_the_sandbox(template: str) -> None:
    days = ["Mon"]
    with pytest.raises(TemplateError):
        render(template, {"name": "Ana", "days": days, "render": render, "module": os}, node="bye")
    assert days == ["Mon"]


@pytest.mark.parametrize(
    "template", ["{{ a | nofilter }}", "{{ " + "(" * 5000 + "a" + ")" * 5000 + " }}", "{% if %}"]
)
def test_an_invalid_template_needs_nothing(template: str) -> None:
    assert placeholders(template) == ()


def test_a_prompt_without_filters_does_not_load_jinja() -> None:
    code = (
        "import sys; from byok_widgets.templates import render; render('Hello', {}, node='n');"
        "render('{{x}} {{y.z}}', {'x': 1, 'y': {'z': 2}}, node='n'); assert 'jinja2' not in sys.modules;"
        "render('{{ x | upper }}', {'x': 1}, node='n'); assert 'jinja2' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)


class Slow:
    """A value that takes a long time to convert to text."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __str__(self) -> str:
        time.sleep(self.seconds)
        return "slow"


async def _beats_while(work: Awaitable[str]) -> tuple[str, int]:
    """Return the text, and how many cycles the event loop ran meanwhile."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    task = asyncio.create_task(beat())
    text = await work
    task.cancel()
    return text, beats


def test_a_value_that_is_slow_to_convert_does_not_block_the_loop() -> None:
    work = render_in_time("{{x}}!", {"x": Slow(0.3)}, flow="f", node="n")
    text, beats = asyncio.run(_beats_while(work))
    assert text == "slow!"
    assert beats > 5


def test_a_prompt_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "RENDER_LIMIT_S", 0.2)
    began = time.monotonic()
    with pytest.raises(TemplateError) as caught:
        asyncio.run(render_in_time("{{x}}", {"x": Slow(6)}, flow="f", node="bye"))
    assert time.monotonic() - began < 5
    assert caught.value.kind == "template_timeout"
    assert "'bye'" in caught.value.problem


@pytest.mark.parametrize(
    "template", ["Hi {{name}}", "{{ days | join(', ') | upper }}", "Hi", '{{ no | default("x") }}']
)
def test_a_plain_prompt_needs_no_thread(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", None)
    variables = {"name": "Ana", "days": ["Mon", 2], "other": Slow(0)}
    text = asyncio.run(render_in_time(template, variables, flow="f", node="n"))
    assert text == render(template, variables, node="n")


def test_a_model_reads_that_an_item_beyond_the_end_of_a_list_is_not_stated():
    assert render("{{ items[3] }}", {"items": ["a"]}, node="ask", for_model=True) == "not stated"
    with pytest.raises(TemplateError):
        render("{{ items.size }}", {"items": ["a"]}, node="ask", for_model=True)
