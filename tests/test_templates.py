"""Prompts with `{{variables}}`: filled in by a sandbox, or an error that names node and variable."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets import TemplateError, templates
from byok_widgets.templates import placeholders, render, render_in_time
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
        ("{% if urgent %}Now{% else %}Later{% endif %}", "Later"),
        ("{% if unstated is defined %}a{% else %}b{% endif %}", "b"),
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
        ("{% for day in zzz %}{% endfor %}", "template_unknown_variable", "{{zzz}}", "'zzz'"),
        ("{{ zzz | length }}", "template_unknown_variable", "{{zzz}}", "'zzz'"),
        ("{{ zzz + 1 }}", "template_unknown_variable", "{{zzz}}", "'zzz'"),
        ("Hi {{person.nmae}}", "template_unknown_part", "'nmae'", "{{name}}"),
        ("{{ name.nothing }}", "template_unknown_part", "'nothing'", "{{name}}"),
        ("{{ name.upper() }}", "template_syntax", "'call'", "{{name}}"),
        ("Hi {{name", "template_syntax", "}}", "{{name}}"),
        ("{{name}} {% if name", "template_syntax", "%}", "{{name}}"),
        ("{{range}}", "template_unknown_variable", "{{range}}", "'range'"),
        ("{{ dict }}{{ lipsum }}", "template_unknown_variable", "{{dict}}", "'dict'"),
        ("{% for n in range(3) %}{% endfor %}", "template_syntax", "'range'", "{{name}}"),
        ("{% macro m() %}{% endmacro %}", "template_syntax", "'m'", "{{name}}"),
        ("{% for x in name %}{{ loop | string }}{% endfor %}", "template_unknown_part", "", "{{name}}"),
        ("{{ [name.upper] }}", "template_unknown_part", "'upper'", "{{name}}"),
        ("{{ {'a': [zzz]} }}", "template_unknown_variable", "{{zzz}}", "'zzz'"),
        ("{{ name.upper | string }}", "template_unknown_part", "'upper'", "{{name}}"),
        ("{{ name.upper ~ '' }}", "template_unknown_part", "'upper'", "{{name}}"),
        ("{{ 'x' * 3 }}", "template_unknown_part", "", "{{name}}"),
        ("{{ 10 ** 10 ** 7 }}", "template_syntax", "'pow'", "{{name}}"),
        ("{{ name.upper }}", "template_unknown_part", "'upper'", "{{name}}"),
        ("{{ self | string }}", "template_syntax", "'self'", "{{name}}"),
        ("{% if %}", "template_syntax", "", "{{name}}"),
        ("{{ name | nofilter }}", "template_syntax", "'nofilter'", "{{name}}"),
        ("{{ 1 / 0 }}", "template_failed", "ZeroDivisionError", "{{name}}"),
    ],
)
def test_an_error_names_node_and_variable(template: str, kind: str, named: str, offered: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(template, {"name": "Ana", "day": None, "person": {}}, node="bye")
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
        "{{ [x] }}",
        "{{ x | string }}",
        "{{ x ~ '' }}",
        "{{ '%s' | format(x) }}",
        "{{ '%s' % x }}",
        "{{ {'a': x} | tojson }}",
        "{{ [x] | join }}",
        "{{ 'a' | replace('a', x) }}",
        "{% set y = [[x]] %}{{ y | pprint }}",
    ],
)
def test_what_has_no_text_of_its_own_is_never_written(template: str, value: object) -> None:
    with pytest.raises(TemplateError) as caught:
        render(template, {"x": value}, node="bye")
    assert "0x" not in str(caught.value)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ days | map('upper') }}", "MON and TUE"),
        ("{{ days | reverse | join }}", "TueMon"),
        ("{{ days | batch(1) | string }}", "Mon and Tue"),
        ("{{ person.items }}, {{ person.name ~ '!' }}", "3, Ana!"),
        ("{% for day in days %}{{ loop.index }}{% endfor %}", "12"),
        ("{{ 2 * 3 }}", "6"),
    ],
)
def test_filters_give_values(template: str, text: str) -> None:
    variables = {"days": ["Mon", "Tue"], "person": {"name": "Ana", "items": 3}}
    assert render(template, variables, node="bye") == text


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
        render(template, {"name": "Ana", "days": days, "render": render}, node="bye")
    assert days == ["Mon"]


@pytest.mark.parametrize(
    ("template", "needed"),
    [
        ("Hello.", ()),
        ("{{b}} {{a}} {{ b | upper }}", ("b", "a")),
        ('{{ a | default("x") }} {{ b | d("y") }}', ()),
        ("{{ a | default(b) }}", ("b",)),
        ("{% for day in days %}{{ day }}{% endfor %}", ("days",)),
        ("{% if a is defined %}{{ a }}{% endif %}", ()),
        ("{% if urgent %}now{% endif %}", ("urgent",)),
        ("{{ person.name }}", ("person",)),
        ("{# {{a}} #}", ("a",)),
        ("{{ broken", ()),
        ('{{ a | default("x") }} {{ a }}', ("a",)),
        ('{{ a | upper | default("x") }}', ("a",)),
        ("{% if n is divisibleby 3 %}x{% endif %}", ("n",)),
        ("{% if a is none %}x{% endif %}", ()),
        ("{{ range }}", ("range",)),
        ("{% set b = a %}{{ b }}", ("a",)),
    ],
)
def test_the_variables_that_a_prompt_needs(template: str, needed: tuple[str, ...]) -> None:
    assert placeholders(template) == needed
    if template != "{{ broken":
        values = {name: 3 if name == "n" else {"name": "x"} for name in needed}
        assert isinstance(render(template, values, node="bye"), str)


@pytest.mark.parametrize(
    "template", ["{{ a | nofilter }}", "{{ " + "(" * 5000 + "a" + ")" * 5000 + " }}", "{% if %}"]
)
def test_an_invalid_template_needs_nothing(template: str) -> None:
    assert placeholders(template) == ()


def test_a_prompt_without_variables_does_not_load_jinja() -> None:
    code = (
        "import sys; from byok_widgets.templates import render; render('Hello', {}, node='n');"
        "assert 'jinja2' not in sys.modules; render('{{x}}', {'x': 1}, node='n'); assert 'jinja2' in sys.modules"
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


LOOPS = "{% for a in days %}{% for b in days %}{% for c in days %}{% endfor %}{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    ("template", "value"), [("{{x}}", Slow(1.5)), (LOOPS, None)], ids=["value", "nested loops"]
)
def test_a_prompt_that_takes_too_long_is_given_up(
    template: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "RENDER_LIMIT_S", 0.2)
    began = time.monotonic()
    with pytest.raises(TemplateError) as caught:
        asyncio.run(render_in_time(template, {"x": value, "days": list(range(300))}, flow="f", node="bye"))
    assert time.monotonic() - began < 1.4
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
