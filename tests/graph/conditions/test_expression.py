"""Logic conditions: the whole grammar, what is unknown, and that no text whatsoever does anything else."""

from __future__ import annotations

import ast
import contextlib
import datetime as dt
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from byok_widgets import ConfigError
from byok_widgets.graph import Expression
from byok_widgets.graph.conditions.grammar import MAX_CHARS


class Day(Enum):
    MON = "Mon"
    TUE = "Tue"


KNOWN = {
    "name": "Ana",
    "people": 6,
    "price": 2.5,
    "urgent": True,
    "calm": False,
    "nothing": None,
    "none_of_it": "",
    "tags": ["red", "blue"],
    "day": Day.MON,
    "days": {Day.MON, Day.TUE},
    "born": dt.date(2000, 2, 29),
    "at": dt.datetime(2026, 12, 24, 18, 30),
    "clock": dt.time(9, 5),
    "cost": Decimal("10.50"),
    "drink": "cafe\u0301",
    "code": "Ａ１",
    "fee": Decimal("0.10"),
}

HOLDS = [
    "drink == 'café'",
    "drink in ['tea', 'café']",
    "'é' in drink",
    "code == 'A1'",
    "code not in ['A2']",
    "fee == 0.1",
    "cost + 0.1 == 10.6",
    "cost * 1.1 < 11.551",
    "name == 'Ana'",
    'name != "Leo"',
    "people == 6 and people != 7",
    "people < 7",
    "people <= 6",
    "people > 5",
    "people >= 6",
    "5 < people <= 6 < 7",
    "name in ['Ana', 'Leo']",
    "name in ('Ana', 'Leo')",
    "name in {'Ana', 'Leo'}",
    "name not in ['Leo']",
    "'n' in name",
    "'red' in tags",
    "'green' not in tags",
    "urgent",
    "not calm",
    "urgent is True",
    "calm is False",
    "calm is not True",
    "name is not None",
    "nothing is None",
    "nothing == None",
    "None == nothing",
    "name != None",
    "urgent and name and people",
    "calm or name",
    "(calm or urgent) and not (calm and urgent)",
    "people + 1 == 7",
    "people - 1 == 5",
    "people * 2 == 12",
    "people / 4 == 1.5",
    "people % 4 == 2",
    "-people == -6",
    "--people == 6",
    "people % 2 == 0 or people / 0 == 1",
    "len(name) == 3",
    "len(tags) > 1",
    "lower(name) == 'ana'",
    "True",
    "price > 2",
    "day == 'Mon'",
    "day in ['Mon', 'Tue']",
    "lower(day) == 'mon'",
    "'Tue' in days",
    "born == '2000-02-29'",
    "born < '2000-03-01'",
    "'1999-12-31' < born",
    "born in ['2000-02-29']",
    "at >= '2026-12-24'",
    "clock < '10:00:00'",
    "cost == 10.5",
    "cost * 2 > 20",
    "none_of_it == ''",
    "\n (people\n > 5) ",
]
DOES_NOT = [
    "name == 'ana'",
    "people > 6",
    "calm",
    "not urgent",
    "none_of_it",
    "False",
    "5 < people < 6",
    "day == 'Tue'",
]


@pytest.mark.parametrize("text", HOLDS)
def test_it_holds(text: str) -> None:
    assert Expression(text).holds(KNOWN) is True


@pytest.mark.parametrize("text", DOES_NOT)
def test_it_does_not_hold(text: str) -> None:
    assert Expression(text).holds(KNOWN) is False


UNKNOWN = [
    *("nothing", "not nothing", "nothing == 1", "nothing != 1", "nothing > 1", "not (nothing > 1)"),
    *("nothing is True", "nothing is not True", "nothing is False", "nothing is not False"),
    *("nothing in ['a']", "nothing not in ['a']", "'a' in nothing", "'a' not in nothing", "1 < nothing < 3"),
    *("name in [nothing, 'Leo']", "name not in [nothing, 'Leo']", "not (name in [nothing])"),
    *("nothing + 1 == 2", "nothing + 1 != 2", "-nothing < 0", "not (-nothing < 0)", "len(nothing) == 0"),
    *("len(nothing) != 0", "lower(nothing) != 'a'", "nothing and urgent", "nothing or calm", "missing == 1"),
    *("not (nothing and urgent)", "not (nothing or calm)", "nothing == missing", "nothing != missing"),
]


@pytest.mark.parametrize("text", UNKNOWN)
def test_an_unknown_condition_does_not_hold_nor_does_its_opposite(text: str) -> None:
    assert Expression(text).holds(KNOWN) is False
    assert Expression(f"not ({text})").holds(KNOWN) is False


@pytest.mark.parametrize(
    "text",
    [
        "nothing or urgent",
        "not (nothing and calm)",
        "not (nothing < people < 5)",
        "not (people < 5 < nothing)",
        "name in [nothing, 'Ana']",
        "not (name not in [nothing, 'Ana'])",
        "nothing is None or nothing > 3",
        "not (nothing is not None and nothing > 3)",
    ],
)
def test_an_unknown_part_does_not_matter_if_another_decides(text: str) -> None:
    assert Expression(text).holds(KNOWN) is True


TRUTHS = st.sampled_from([True, False, None])


@given(TRUTHS, TRUTHS, TRUTHS)
def test_and_or_not_follow_kleene(a: bool | None, b: bool | None, c: bool | None) -> None:
    rank = {False: 0, None: 1, True: 2}
    values = {"a": a, "b": b, "c": c}
    least, most = (pick((a, b, c), key=rank.__getitem__) for pick in (min, max))
    assert Expression("a and b and c").holds(values) is (least is True)
    assert Expression("not (a and b and c)").holds(values) is (least is False)
    assert Expression("a or b or c").holds(values) is (most is True)
    assert Expression("not (a or b or c)").holds(values) is (most is False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("  \n ", "it is empty"),
        ("name = 'Ana'", "=="),
        ("name ==", ""),
        ("if name", ""),
        ("name; people", ""),
        ("x" * (MAX_CHARS + 1), "too long"),
        ("-" * 990 + "x > 0", "nested"),
        ("not " * 200 + "x > 0", "nested"),
        ("x" + " + 1" * 200 + " > 0", "nested"),
        ("(" * 300 + "x" + ")" * 300 + " > 0", "nested"),
        ("x in " + "[" * 150 + "1" + "]" * 150, "nested"),
        ("people is 6", "None, True"),
        ("people is 1", "None, True"),
        ("name is 'Ana'", "None, True"),
        ("name == 'Ana' or 'Leo'", "'Leo'"),
        ("not 'Leo'", "'Leo'"),
        ("'Leo'", "'Leo'"),
        ("5", "5"),
        ("None", "None"),
        ("name == 'Ana', people == 6", ""),
        ("['Ana']", ""),
        ("name in [None, 'Ana']", "None"),
        ("people > None", "None"),
        ("len(None) == 0", "None"),
        ("people ** 2 > 3", "pow"),
        ("people // 2 > 3", "floordiv"),
        ("~people", "invert"),
        ("name.upper() == 'ANA'", "len(...)"),
        ("upper(name) == 'ANA'", "len(...)"),
        ("len(name, tags) == 2", "len(...)"),
        ("len(*tags) == 2", "starred"),
        ("len(x=name) == 2", "len(...)"),
        ("name.lower == 1", "attribute"),
        ("tags[0] == 'red'", "subscript"),
        ("[x for x in tags]", "listcomp"),
        ("(x := 1) == 1", "namedexpr"),
        ("lambda: 1", "lambda"),
        ("1 if urgent else 0", "ifexp"),
        ("f'{name}' == 'Ana'", "joinedstr"),
        ("{'a': 1} == 1", "dict"),
        ("b'a' == name", "b'a'"),
        ("1j == 1", "1j"),
        ("... == 1", "Ellipsis"),
        ("await name", "await"),
        ("name == 'a\0b'", ""),
        ("name == '\ud800'", ""),
    ],
)
def test_what_is_not_in_the_grammar_is_rejected_at_once(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Expression(text)
    assert caught.value.kind == "condition"
    assert said in str(caught.value)
    assert "people >= 2" in caught.value.fix, "an example shows how it is written"
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("name > 3", ("'Ana'", "3")),
        ("urgent >= 'yes'", ("True", "'yes'")),
        ("born < 2000", ("2000, 2, 29)", "2000")),
        ("tags < 3", ("['red', 'blue']", "3")),
        ("born > clock", ()),
        ("5 in name", ("5", "'Ana'")),
        ("name + 'x' == 'Anax'", ("'Ana'",)),
        ("urgent + 1 == 2", ("True",)),
        ("name * 1000000000 == 'x'", ("'Ana'",)),
        ("people / 0 == 1", ("zero",)),
        ("people % 0 == 1", ("zero",)),
        ("len(people) == 1", ("6",)),
        ("'a' in people", ("6",)),
        (f"{'9' * 400} / 3 == people", ()),
        (f"price * {'9' * 400} == people", ()),
    ],
)
def test_what_cannot_be_evaluated_is_a_config_error_that_shows_the_values(
    text: str, shown: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError) as caught:
        Expression(text).holds(KNOWN)
    assert caught.value.kind == "condition"
    problem = caught.value.problem.replace(repr(Expression(text).text), "")
    assert all(value in problem for value in shown), "besides the condition itself"
    assert caught.value.cause == f"{Expression(text).describe_values(KNOWN)}."


class Awkward:
    """A value that raises whatever is done with it."""

    def _fail(self, *_: object) -> bool:
        raise LookupError("no")

    __eq__ = __ne__ = __lt__ = __gt__ = __bool__ = __len__ = __contains__ = __str__ = _fail  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "awkward"


@pytest.mark.parametrize(
    "text", ["x", "not x", "x == 1", "x < 1", "1 in x", "x in [1]", "len(x) == 1", "lower(x) == 'a'", "x and x"]
)
def test_values_that_raise_anything_give_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Expression(text).holds({"x": Awkward()})
    assert caught.value.kind == "condition"
    assert repr(text) in caught.value.problem


def test_it_names_the_variables_in_their_order() -> None:
    made = Expression("b > 1 and a in [c, lower(b)] or len(len) == 2")
    assert made.names == ("b", "a", "c", "len")
    assert (
        made.describe_values({"b": "x" * 500, "a": None})
        == f"b is '{'x' * 78}…, a is not stated, c is not stated, len is not stated"
    )
    assert Expression("True").describe_values({}) == "it reads no variable"
    assert repr(made) == f"Expression({made.text!r})"


def test_the_list_of_what_a_node_reads_cannot_be_modified() -> None:
    values = {"tags": ["red"], "days": {Day.MON}}
    assert Expression("'Mon' in days and 'red' in tags").holds(values)
    assert values == {"tags": ["red"], "days": {Day.MON}}


# Whatever the text

_SIGNS = "== != < <= > >= in is and or + - * / % ** // | , : := = . ; if else for"
PIECES = st.sampled_from(
    [
        *(
            "name",
            "people",
            "nothing",
            "x",
            "None",
            "True",
            "1",
            "2.5",
            "'Ana'",
            "not",
            "lambda",
            "await",
            "yield",
        ),
        *_SIGNS.split(),
        *("(", ")", "[", "]", "{", "}", "len(", "lower(", "\n", "#", "@", "\\", "*", "**", "f'{x}'", "b'x'", "1j"),
        *("__import__('os').system('x')", "eval('1')", "().__class__", "exec('1')", "open('/')", "print"),
    ]
)
ATOMS = st.sampled_from(
    ["name", "people", "nothing", "x", "True", "1", "2.5", "-3", "'Ana'", "''", "[]", "[1, x]"]
)
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "and", "or", "+", "-", "*", "/", "%")
WHOLE = st.recursive(
    ATOMS,
    lambda part: st.one_of(
        st.tuples(
            part,
            st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "and", "or", "+", "-", "*", "/", "%"]),
            part,
        ).map(lambda parts: f"({' '.join(parts)})"),
        part.map("not ({})".format),
        part.map("len({})".format),
        part.map("lower({})".format),
        part.map("({} is None)".format),
        st.lists(part, min_size=1, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
    ),
    max_leaves=8,
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map(" ".join), WHOLE)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.decimals(),
    st.dates(),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=3)), max_size=3),
    st.just(Fraction(1, 3)),
    st.builds(Awkward),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)
_RUNNING = ("exec", "import", "open", "os.system", "subprocess.Popen")
_seen: list[str] = []
_watched = threading.Event()


def _note(event: str, _: object) -> None:
    if _watched.is_set() and event in _RUNNING and threading.current_thread() is threading.main_thread():
        _seen.append(event)


@pytest.fixture(scope="module")
def nothing_runs() -> Callable[[Callable[[], object]], None]:
    """Does what it is given, and asks the interpreter's own audit whether anything was executed."""
    sys.addaudithook(_note)

    def watched(work: Callable[[], object]) -> None:
        _seen.clear()
        _watched.set()
        try:
            work()
        finally:
            _watched.clear()
        assert _seen == []

    return watched


def test_the_audit_would_notice(nothing_runs: Callable[[Callable[[], object]], None]) -> None:
    with pytest.raises(AssertionError):
        nothing_runs(lambda: exec("1"))


@settings(max_examples=400)
@given(TEXTS, VALUES, VALUES)
@example("__import__('os').system('touch x')", 1, 2)
@example("[].__class__.__base__.__subclasses__()", 1, 2)
@example("(" * 999, 1, 2)
@example("not " * 249 + "x", 1, 2)
@example("x" + "+x" * 499, 10**400, 1.5)
@example("'\\N{DIGIT ONE}' == x", "1", None)
@example("'\\d' == x", "1", None)
@example("1if x else 0", 1, 2)
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_no_text_runs_anything_or_raises_anything_else(
    nothing_runs: Callable[[Callable[[], object]], None], text: str, one: object, other: object
) -> None:
    def look() -> None:
        with contextlib.suppress(ConfigError):
            found = Expression(text).holds({"x": one, "name": other, "people": 6, "nothing": None})
            assert found in (True, False)

    nothing_runs(look)


GRAMMAR = {
    "BoolOp",
    "And",
    "Or",
    "UnaryOp",
    "Not",
    "USub",
    "Compare",
    "BinOp",
    "Name",
    "Load",
    "List",
    "Tuple",
    "Set",
}
GRAMMAR |= {"Constant", "Call", "Eq", "NotEq", "Lt", "LtE", "Gt", "GtE", "Is", "IsNot", "In", "NotIn"}
GRAMMAR |= {"Add", "Sub", "Mult", "Div", "Mod"}


@given(TEXTS)
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_what_is_accepted_has_nothing_but_the_grammar_in_it(text: str) -> None:
    with contextlib.suppress(ConfigError):
        accepted = Expression(text).text
        assert {type(node).__name__ for node in ast.walk(ast.parse(accepted, mode="eval").body)} <= GRAMMAR
