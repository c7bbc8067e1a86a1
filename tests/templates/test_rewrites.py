"""What is written instead of operators, calls and statements: it says the same, and it is a valid prompt."""

from __future__ import annotations

import pytest

from byok_widgets.templates import advice, parsed, render, rewritten

VALUES = {"name": "Ana", "x": "X", "urgent": True, "people": 3, "days": ["Mon", "Tue"], "no": None}
VALUES |= {"rows": [{"item": "tea", "price": 2}, {"item": "cake", "price": 4}], "first_name": "Bo"}


@pytest.mark.parametrize(
    ("template", "new", "text"),
    [
        ("{{ name.upper() }}", "{{ name | upper }}", "ANA"),
        ("{{ name.strip() }}", "{{ name | trim }}", "Ana"),
        ("{{ name ~ ' and ' ~ x }}", "{{name}} and {{x}}", "Ana and X"),
        ("{{ 'Dr ' + name }}", "Dr {{name}}", "Dr Ana"),
        ("{{ name or 'friend' }}", "{{ name | default('friend', true) }}", "Ana"),
        ("{{ no if no else 'friend' }}", "{{ no | default('friend', true) }}", "friend"),
        ("{{ no if no is defined else 'friend' }}", "{{ no | default('friend') }}", "friend"),
        ("{{ no if no is not none else name }}", "{{ no | default(name) }}", "Ana"),
        ("{{ name, x }}", "{{name}}, {{x}}", "Ana, X"),
        ("{{ first name }}", "{{first_name}}", "Bo"),
        ("{{first-name}}", "{{first_name}}", "Bo"),
        ("{{$name}}", "{{name}}", "Ana"),
        (
            "{% if name %}Dear {{name}}.{% else %}Dear friend.{% endif %}",
            "Dear {{ name | default('friend', true) }}.",
            "",
        ),
        ("{% if no is none %}you{% else %}{{ no }}{% endif %}", "{{ no | default('you') }}", "you"),
        (
            "{% if not no %}it's you{% else %}{{no}}{% endif %}",
            '{{ no | default("it\'s you", true) }}',
            "it's you",
        ),
        (
            "{% for day in days %}{{ day }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "{{ days | join(', ') }}",
            "",
        ),
        ("{% for day in days %}- {{ day | upper }}\n{% endfor %}", None, "- MON\n- TUE\n"),
        ("{% for row in rows %}{{ row.item }};{% endfor %}", None, "tea;cake;"),
        ("{% for row in rows %}{{ row.item }}: {{ row.price }}{% endfor %}", "{{rows}}", ""),
        ("{% raw %}Write {{name}} or {% if %}{% endraw %}", None, "Write {{name}} or {% if %}"),
    ],
)
@pytest.mark.parametrize("spoken", [False, True])
def test_a_rewrite_says_the_same(template: str, new: str | None, text: str, *, spoken: bool) -> None:
    (problem,) = parsed(template).problems
    found = rewritten(problem, spoken=spoken)
    assert found is not None
    assert new in (None, found)
    said = render(template.replace(problem.source, found), VALUES, node="n", for_model=not spoken)
    assert text in ("", said)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{% if urgent %}Hurry{% endif %}", "[If urgent (yes) applies: Hurry.]"),
        ("{% if not urgent %}Later.{% endif %}", "[If urgent (yes) does not apply: Later.]"),
        (
            "{% if people > 2 and x == 'X' %}A{% elif people in [1] %}B{% else %}C{% endif %}",
            "[If people (3) is more than 2 and x (X) is 'X': A. If people (3) is one of 1: B. Otherwise: C.]",
        ),
        ("{% if no is defined %}in {{ no }}{% endif %}", "[If no (not stated) is stated: in not stated.]"),
        ("{% if never is none %}Ask{% endif %}", "[If never (not stated) is not stated: Ask.]"),
        (
            "{% if urgent %}{% if name %}{{name}}!{% endif %}{% endif %}",
            "[If urgent (yes) applies: [If name (Ana) applies: Ana!]]",
        ),
    ],
)
def test_cases_are_put_into_words_for_a_model(template: str, text: str) -> None:
    (problem,) = parsed(template).problems
    new = rewritten(problem, spoken=False)
    assert new is not None
    assert render(new, VALUES, node="n", for_model=True) == text
    assert rewritten(problem, spoken=True) is None
    assert "flow.connect(" in advice(problem, spoken=True)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ people * 2 }}", 'flow.action("compute", lambda people: people * 2, writes=["result"])'),
        ("{{ people > 2 }}", "lambda people: people > 2"),
        ("{{ 2 ** 3 }}", "{{ '{{' }}"),
        ("{{ name | nofilter }}", "{{ name | upper }}"),
        ("{{ name.format(x) }}", "{{name}}"),
        ("{{name", "{{ '{{' }}"),
        ("{% if name", "{{ '{%' }}"),
        ("{% if name is divisibleby 3 %}a{% endif %}", "in words"),
        ("{% for day in days if day %}{{ day }}{% endfor %}", "{{ names | join(', ') }}"),
        ("{% for day in days %}{{ x }}{% endfor %}", "{{ names | join(', ') }}"),
        ("{% set a = 1 %}", "where it is used"),
        ("{% include 'x' %}", "as text"),
        ("{% if a %}{% nothing %}{% endif %}", "in words"),
    ],
)
def test_where_nothing_says_the_same_the_advice_is_in_words(template: str, said: str) -> None:
    problem = parsed(template).problems[0]
    assert rewritten(problem, spoken=False) is None
    assert said in advice(problem, spoken=False)


def test_braces_are_kept_as_text_as_the_advice_says() -> None:
    assert render(r"\sqrt{{ '{{' }}a+b}}", {}, node="n") == r"\sqrt{{a+b}}"
    assert render("{{ '{%' }} if a %}", {}, node="n") == "{% if a %}"
