"""The error family: short, complete and inert on screen, and the same after pickling."""

from __future__ import annotations

import copy
import html.parser
import pickle
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

import byok_widgets
from byok_widgets import (
    ByokError,
    ConfigError,
    ExtractionError,
    KeyFormatError,
    ProviderError,
    errors,
    last_traceback,
)
from byok_widgets.display.sanitize import sanitize
from tests.fake_keys import fake_key

FAMILY = sorted(
    (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ByokError)),
    key=lambda kind: kind.__name__,
)
LINK = "https://platform.example.org/usage?x=1&y=2"
FIX = "Check the provider's usage dashboard for quota limits."


def full(cause: str = "Too many calls.", quote: str = "") -> ProviderError:
    error = ProviderError(
        "The provider limits this key's rate.",
        kind="rate_limit",
        cause=cause,
        quote=quote,
        fix=FIX,
        link=LINK,
        retryable=True,
        attempts=3,
        request_id="req-1",
        retry_after_s=2.5,
        partial_text="Hel",
    )
    return error.at(flow="dentist", node="ask", model="openai:gpt-4o")  # type: ignore[return-value]


class Page(html.parser.HTMLParser):
    """Collects the tags and the visible text of some HTML."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


# On screen


def test_an_error_says_what_where_why_and_what_next() -> None:
    assert str(full()).splitlines() == [
        "The provider limits this key's rate.",
        "Flow 'dentist', node 'ask', model openai:gpt-4o.",
        "Too many calls.",
        FIX,
        LINK,
        "Request id: req-1",
    ]
    assert str(ByokError("Only this.")) == "Only this."
    assert repr(full()) == "ProviderError(kind='rate_limit', problem=\"The provider limits this key's rate.\")"


def test_where_it_happened_is_recorded_once() -> None:
    error = ByokError("x").at(flow="a", node="b")
    assert error.at(flow="other", node="other", model="m").where == "Flow 'a', node 'b'."


def test_a_long_cause_is_cut_and_the_rest_survives() -> None:
    text = str(full(cause="because " * 200))
    assert len(text) == 600
    problem, where, cause, *rest = text.splitlines()
    assert (problem, where) == (full().problem, full().where)
    assert cause.startswith("because because")
    assert cause.endswith("…")
    assert rest == [FIX, LINK, "Request id: req-1"]


def test_no_more_characters_are_cut_than_necessary() -> None:
    beside = len(str(full(cause="x"))) - 1
    lengths = [len(str(full(cause="x" * long))) for long in range(590 - beside, 610 - beside)]
    assert lengths == [*range(590, 600), *[600] * 10]
    assert str(ByokError("p" * 598, cause="short")) == "p" * 598, "a part without any room is left out"


def test_an_error_steers_no_terminal() -> None:
    error = ProviderError("p\x1b[2J", cause="c\x07\x9b", fix="f\u202e", link="l\x1b")
    said = [str(error), *error._render_traceback_(), Page(error._repr_html_()).text]
    assert not set("\x1b\x07\x9b\u202e") & set("".join(said))


@given(st.lists(st.text(max_size=900), min_size=6, max_size=6), st.booleans())
def test_no_error_is_longer_than_600_characters_and_short_ones_are_whole(texts: list[str], short: bool) -> None:
    shown = [sanitize(text) for text in texts]
    problem, where, cause, fix, link, request_id = [text[:90] if short else text for text in shown]
    error = ByokError(problem, cause=cause, fix=fix, link=link, request_id=request_id)
    error.where = where
    said = str(error)
    assert len(said) <= 600
    assert len(Page(error._repr_html_()).text) <= 600
    if short:
        assert all(text in said for text in (problem, where, cause, fix, link, request_id))
    elif len(fix) + len(link) < 590:
        assert fix in said
        assert link in said


def test_the_problem_is_kept_longer_than_cause_and_place() -> None:
    error = ByokError("p" * 550, cause="c" * 100, fix="Fix it.")
    error.where = "w" * 100
    assert str(error).startswith("p" * 550)
    assert str(error).endswith("Fix it.")


def test_html_is_escaped_and_links_to_the_providers_page() -> None:
    error = full(cause="<script>alert(1)</script>")
    error.problem, error.fix, error.request_id = "<b>bold</b> {0}", "a & b {link}", "<i>"
    error.at(flow="x", node="y")
    page = Page(error._repr_html_())
    assert {tag for tag, _ in page.tags} == {"div", "strong", "small", "a"}
    assert page.text == "".join(str(error).splitlines()).replace("a & b", "→ a & b")
    assert page.tags[0] == ("div", {"role": "alert", "dir": "auto"})
    assert ("a", {"href": LINK, "target": "_blank", "rel": "noopener noreferrer"}) in page.tags


def test_the_providers_words_stand_apart_from_the_cause_and_the_way_out() -> None:
    quote = 'OpenAI says: "no"'
    error = full(cause=f"The account is new. {quote}", quote=quote)
    assert (error.parts["cause"], error.parts["quote"], error.parts["fix"]) == ("The account is new.", quote, FIX)
    lines = error._render_traceback_()
    assert {"  The account is new.", f"  │ {quote}", f"  → {FIX}"} <= set(lines)
    assert full(cause="Too many calls.", quote=quote).quote == "", "it stands for what is in the cause"


def test_a_link_cannot_leave_its_attribute() -> None:
    error = ByokError("x", link='https://a.example/" onclick="alert(1)')
    (attributes,) = [attributes for tag, attributes in Page(error._repr_html_()).tags if tag == "a"]
    assert set(attributes) == {"href", "target", "rel"}


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A notebook's shell."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def test_a_cell_shows_a_summary_and_the_stack_is_one_call_away(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    key = fake_key()
    shell.user_ns.update(full=full, key=key)
    shell.run_cell("def inner():\n    raise full()\n\ninner()")
    card = capsys.readouterr().out.splitlines()
    assert card[0] == "ProviderError: The provider limits this key's rate."
    said = str(full()).splitlines()[1:]
    assert [line.strip() for line in card[1:-1]] == [f"→ {line}" if line == FIX else line for line in said]
    assert "byok_widgets.last_traceback()" in card[-1]
    stack = last_traceback()
    assert "in inner" in stack
    assert "The provider limits" in stack
    assert key not in stack
    shell.run_cell("from byok_widgets import last_traceback\nlast_traceback()")
    assert stack.strip() in capsys.readouterr().out, "a cell shows it line by line"


def test_a_problem_of_several_lines_is_shown_once() -> None:
    assert ByokError("one\ntwo")._render_traceback_()[:2] == ["ByokError: one", "  two"]
    assert ByokError("")._render_traceback_()[0] == "ByokError: "


# As a value


@pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("travel", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy])
def test_every_error_keeps_its_fields_when_pickled(kind: type[ByokError], travel) -> None:
    afterwards = {"where", "flow", "broke_off", "cost"}
    error = kind(**{name: value for name, value in vars(full()).items() if name not in afterwards})
    error.at(flow="f", node="n")
    arrived = travel(error)
    assert type(arrived) is kind
    assert vars(arrived) == vars(error)
    assert (str(arrived), arrived.args) == (str(error), error.args)


def test_fields_of_a_subclass_are_kept_too() -> None:
    error, other = ExtractionError("x"), KeyFormatError("x")
    assert (error.raw_text, other.suggested_provider) == ("", None)
    error.raw_text, other.suggested_provider = "{", "anthropic"
    assert pickle.loads(pickle.dumps(error)).raw_text == "{"
    assert pickle.loads(pickle.dumps(other)).suggested_provider == "anthropic"


def test_every_kind_has_a_name_for_programs_and_is_public() -> None:
    assert len({kind("x").kind for kind in FAMILY}) == len(FAMILY)
    assert all(f"{kind.__name__} " in f"{errors.__doc__}".replace("\n", " ") for kind in FAMILY), (
        "drawn in the tree"
    )
    assert all(getattr(byok_widgets, kind.__name__) is kind for kind in FAMILY)
    assert ByokError("x", kind="own").kind == "own"
    assert not ByokError("x").retryable


def test_a_card_breaks_between_words_and_offers_the_line_that_opens_the_settings() -> None:
    problem = " ".join(["reasonably"] * 30)
    card = ConfigError(problem, kind="no_model", fix="Choose one.")._render_traceback_()
    assert max(map(len, card)) <= 88
    assert {word.rstrip(".") for line in card for word in line.split()} >= {"reasonably", "flow.settings()"}
    assert not any("reason" in line and "reasonably" not in line for line in card)
    assert "flow.settings()" in ConfigError("x", kind="no_model")._repr_html_()
    assert "flow.settings()" not in "".join(ConfigError("x", kind="dialogue")._render_traceback_())
    once = ConfigError("x", kind="no_key", fix="Run flow.settings().")
    assert "".join(once._render_traceback_()).count("flow.settings()") == 1
