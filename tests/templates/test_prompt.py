"""What is a placeholder, what is text, and what was meant as a placeholder and is none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets import TemplateError
from byok_widgets.templates import mentioned, parsed, placeholders, render

VALUES = {"name": "Ana", "x": "X", "y": 7, "a": "A", "b": "B"}


@pytest.mark.parametrize(
    "text",
    [
        "{single} %s $x ${name} {0}",
        "{# a note #}Hi {#name#} {a#}",
        r"\newcommand{\b}[1]{#1}",
        r"\frac{{x}_i + {y}_j}{{\bf z}}",
        r"\left\{{n \choose k}\right\} {{n \choose k}} {{x^2}} \sqrt{{-1}}",
        "\\newcommand{\\x}{% a comment\n  {\\bf x}%\n}",
        "a matrix {{1,2},{3,4}}, a pair {{1, 2}}, x^{{5}}",
        '{"a": {"b": {}}}',
        '{"a":{"b":1}}',
        '{{"name": "Ana", "age": 3}}',
        '{{"name": "{name}", "in": {{"a": [1, 2]}}}}',
        "{{ {'a': 1} }}",
        "{{ [1, 2] }}",
        "100{% off} {% %} %} }} {%",
        "{{",
        "}} {{ ",
        "{{'",
        "line\r\nline\r\n",
    ],
)
def test_what_is_no_placeholder_is_sent_as_it_is_written(text: str) -> None:
    assert render(text, VALUES, node="n") == text
    assert not parsed(text).problems


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{name}}", "Ana"),
        ("{{{name}}}", "{Ana}"),
        (r"\textbf{{{name}}} {{{{name}}}}", r"\textbf{Ana} {{Ana}}"),
        ('{"a": {"b": {{y}}}}', '{"a": {"b": 7}}'),
        ('{{"name": {{name}}}}', '{{"name": Ana}}'),
        ("{#{{name}}#}", "{#Ana#}"),
        ("{{ '{{' }}name}} {{ \"{% if %}\" }}", "{{name}} {% if %}"),
        ("{{ no | default('}} {{') }}", "}} {{"),
        ("{{\n  name\n  | upper\n}}", "ANA"),
        ("a {{- name -}} \n b {{ y }}", "aAnab 7"),
        ("{{name}}\r\n", "Ana\r\n"),
    ],
)
def test_placeholders_stand_in_any_text(template: str, text: str) -> None:
    assert render(template, VALUES, node="n") == text


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{name", "{{ without }}"),
        ("{{name} and more", "{{ without }}"),
        ("{{ name and {{x}}", "{{ without }}"),
        ("{{}}", "it names no variable"),
        ("{{ first name }}", "holds no spaces"),
        ("{{first-name}}", "'-'"),
        ("{{ $name }}", "'$'"),
        ("{{#if name}}", "'#'"),
        ("{{ name && x }}", "'&'"),
        ("{{ name | default('x) }} and don't", "a quotation mark is not closed"),
        ("{{ name | default({}) }}", "{{ name | default({}) }}: braces"),
        ("{{ {'a': x} | tojson }}", "an object"),
        ("{{ name | nofilter }}", "there is no filter 'nofilter'"),
        ("{{ name | uper }}", "did you mean 'upper'?"),
        ("{{ name | center(99) }}", "there is no filter 'center'"),
        ("{{ name | }}", "expected"),
        ("{{ true }}", "true is not the name of a variable"),
        ("{{ name.upper() }}", "calls nothing"),
        ("{{ range(9) }}", "calls nothing"),
        ("{{ a, b }}", "several values"),
        ("{{ a[0:1] }}", "':'"),
        *((f"{{{{ a {sign} b }}}}", f"'{sign}'") for sign in ("+", "-", "*", "/", "//", "%", "**", "~")),
        *((f"{{{{ a {sign} b }}}}", f"'{sign}'") for sign in ("==", "!=", "<", ">=", "in", "not in", "and", "or")),
        ("{{ not a }}", "'not'"),
        ("{{ a is defined }}", "'is'"),
        ("{{ a if b else x }}", "'if'"),
        ("{{ 10 ** 10 ** 7 }}", "'**'"),
        ("{{ 'x' * 999999999 }}", "'*'"),
        ("{{ '%999999999d' % 1 }}", "'%'"),
        ("{{ (a) * 2 }}", "'*'"),
        ("{% if a %}b{% endif %}", "there are no statements in a prompt"),
        ("{% for n in a %}{{n}}", "without {% endfor %}"),
        ("{% if", "{% without %}"),
        ("{% include 'x' %}", "{% include … %}"),
        ("{%- set a = 1 -%}", "{% set … %}"),
        ("{% discount %}", "{% discount %}"),
        ("{% raw %}{{name}}{% endraw %}", "{% raw %}"),
        ("{{ a | d(" + "(" * 400 + "a" + ")" * 400 + ") }}", "deeply nested"),
        ("{{ a" + " | d" * 300 + " }}", "deeply nested"),
        ("{{ a" + ".a" * 500 + " }}", "deeply nested"),
    ],
)
def test_what_was_meant_as_a_placeholder_is_an_error_with_its_place(template: str, said: str) -> None:
    text = f"One line.\nHi {template}"
    with pytest.raises(TemplateError) as caught:
        render(text, VALUES, node="bye")
    assert caught.value.kind == "template_syntax"
    assert said in caught.value.problem
    assert "'bye'" in caught.value.problem
    assert "(line 2, column 4)" in caught.value.problem
    assert caught.value.fix
    assert caught.value.__context__ is None


@given(st.text(alphabet="{}%#'\"\\|ab .-\n(", max_size=60))
def test_any_text_is_filled_in_or_refused_with_an_error_of_ours(text: str) -> None:
    try:
        render(text, {"a": 1, "b": "x"}, node="n", for_model=True)
    except TemplateError as error:
        problem = error.problem
    else:
        return
    assert "line " in problem


@given(st.text(alphabet="ab .\n\\'\"()[]:,1", max_size=40))
def test_text_without_marks_is_never_changed(text: str) -> None:
    assert render(text + "{{x}}" + text, {"x": "{{y}}{% if %}"}, node="n") == text + "{{y}}{% if %}" + text


@pytest.mark.parametrize(
    "hostile",
    [
        "{{" * 20_000,
        "{{a" * 20_000,
        "{{'" * 20_000,
        '{{"\\"' * 20_000,
        "{{a " + " " * 100_000 + "}",
        "{% if " * 20_000,
        "{% if a %}" * 5_000,
        "{%" + "'" * 100_000,
        "{{a|d" + "|d" * 50_000 + "}}",
        "{{a}}" * 20_000,
        "{{a" + ".a" * 1_900 + "}}",
        "{{ a | d(" + "[" * 1_500 + "}}",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_prompts_are_read_in_bounded_time(hostile: str) -> None:
    began = time.process_time()
    parsed(hostile)
    mentioned(hostile)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("template", "needed", "all_of_them"),
    [
        ("Hello.", (), ""),
        ("{{b}} {{a}} {{ b | upper }}", ("b", "a"), "a b"),
        ('{{ a | default("x") }} {{ b | d("y") }}', (), "a b"),
        ("{{ a | default(b) }}", ("b",), "a b"),
        ('{{ a | upper | default("x") }} {{ a.b | d }}', (), "a"),
        ('{{ a | default("x") }} {{ a }}', ("a",), "a"),
        ("{{ person.name }} {{ prices[size] }}", ("person", "prices", "size"), "person prices size"),
        ("{# {{a}} #}", ("a",), "a"),
        ("{{ range }} {{ self }} {{ loop }}", ("range", "self", "loop"), "range self loop"),
        ("{% if vip %}{{ a }}{% endif %}{{ b }}", ("b",), "vip a b"),
        ("{{ broken", (), ""),
        ("{{ a | nofilter }}", (), ""),
        ("{{ größe }} {{ 名前 }}", ("größe", "名前"), "größe 名前"),
    ],
)
def test_the_variables_that_a_prompt_needs_and_reads(
    template: str, needed: tuple[str, ...], all_of_them: str
) -> None:
    assert placeholders(template) == needed
    assert mentioned(template) == set(all_of_them.split())
