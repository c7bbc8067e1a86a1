"""The advanced settings in the panel: the same as `flow.judge_max_tokens`, `flow.locale` and a turn's limits."""

from __future__ import annotations

import secrets

import pytest

from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.widgets.parts import parts


def test_what_is_typed_is_what_a_line_of_code_sets(flow, show, browser):
    panel = show(flow)
    field = parts(panel).judge_limit
    assert field.value == ""
    browser.set(field, value=" 900 ")
    assert flow.judge_max_tokens == 900
    assert "flow.judge_max_tokens = 900" in parts(panel).code.code
    assert "max_tokens 900" in str(panel)
    flow.judge_max_tokens = 4000
    assert field.value == "4000"
    browser.set(field, value="")
    assert flow.judge_max_tokens is None
    assert "judge" not in parts(panel).code.code
    assert "Judge" not in str(panel)


@pytest.mark.parametrize("text", ["many", "0", "-3", "1.5", "9 00"])
def test_what_is_no_limit_is_refused_and_stays(flow, show, browser, text):
    flow.judge_max_tokens = 900
    panel = show(flow)
    browser.set(parts(panel).judge_limit, value=text)
    assert flow.judge_max_tokens == 900
    assert parts(panel).judge_limit.value == text
    (complaint,) = parts(panel).complaints
    assert "Max tokens must be" in complaint
    browser.set(parts(panel).judge_limit, value="900")
    assert not parts(panel).complaints


FIELDS = ["judge_limit", "calls_limit", "cost_limit", "locale"]


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("for_visitors", [False, True])
def test_a_key_is_taken_out_again(flow, show, browser, name, for_visitors):
    panel, keys = show(flow), [fake_key("openai"), secrets.token_hex(20), "${" + fake_key("gemini")]
    flow.context.for_visitors = for_visitors
    for key in keys:  # the second is one that nobody can know to be one
        browser.set(getattr(parts(panel), name), value=key)
        assert getattr(parts(panel), name).value == ""
        (complaint,) = parts(panel).complaints
        assert key[8:16] not in complaint
    assert (flow.judge_max_tokens, flow.max_calls_per_turn, flow.max_cost_per_turn) == (None, 50, None)
    assert flow.locale is None


@pytest.mark.parametrize("name", FIELDS)
def test_a_key_that_looks_like_a_word_is_taken_out_where_it_is_held(flow, show, browser, name):
    word = "".join(secrets.choice("abcdefgh") for _ in range(18))
    flow.key_store.save("compatible", "127.0.0.1:9", Secret(word), backend="session")
    panel = show(flow)
    browser.set(getattr(parts(panel), name), value=word)
    assert getattr(parts(panel), name).value == ""
    (complaint,) = parts(panel).complaints
    assert word[:8] not in complaint


@pytest.mark.parametrize(
    ("name", "wrong", "right", "shown"),
    [("cost_limit", "abc", "0.50", "0.5"), ("calls_limit", "many", "07", "7"), ("locale", "xx", "de_de", "de-DE")],
)
def test_the_same_in_other_words_clears_the_complaint(flow, show, browser, name, wrong, right, shown):
    flow.max_calls_per_turn, flow.max_cost_per_turn, flow.locale = 7, 0.5, "de-DE"
    panel = show(flow)
    browser.set(getattr(parts(panel), name), value=wrong)
    assert parts(panel).complaints
    browser.set(getattr(parts(panel), name), value=right)
    assert not parts(panel).complaints
    assert getattr(parts(panel), name).value == shown


def test_two_panels_agree(flow, show, browser):
    one, other = show(flow), show(flow)
    browser.set(parts(one).judge_limit, value="77")
    assert parts(other).judge_limit.value == "77"


def test_limits_of_a_turn_that_are_typed_are_what_a_line_of_code_sets(flow, show, browser):
    panel, other = show(flow), show(flow)
    assert (parts(panel).calls_limit.value, parts(panel).cost_limit.value) == ("", "")
    browser.set(parts(panel).calls_limit, value=" 12 ")
    browser.set(parts(panel).cost_limit, value="$0.25")
    assert (flow.max_calls_per_turn, flow.max_cost_per_turn) == (12, 0.25)
    assert (parts(other).calls_limit.value, parts(other).cost_limit.value) == ("12", "0.25")
    assert "flow.max_cost_per_turn = 0.25" in parts(panel).code.code
    browser.set(parts(panel).calls_limit, value="")
    browser.set(parts(panel).cost_limit, value="")
    assert (flow.max_calls_per_turn, flow.max_cost_per_turn) == (50, None)
    assert "per_turn" not in parts(panel).code.code


@pytest.mark.parametrize("text", ["many", "0", "-1", "nan", "1.5.2", "20000000"])
@pytest.mark.parametrize("name", ["calls_limit", "cost_limit"])
def test_a_limit_of_a_turn_that_is_none_is_refused_and_stays(flow, show, browser, name, text):
    flow.max_calls_per_turn, flow.max_cost_per_turn = 12, 0.5
    panel = show(flow)
    browser.set(getattr(parts(panel), name), value=text)
    assert (flow.max_calls_per_turn, flow.max_cost_per_turn) == (12, 0.5)
    assert getattr(parts(panel), name).value == text
    (complaint,) = parts(panel).complaints
    assert "flow." not in complaint, "a person who types needs no code"
    assert complaint.count("Not set") == 1


def test_a_locale_that_is_typed_is_what_a_line_of_code_sets(flow, show, browser):
    panel, other = show(flow), show(flow)
    browser.set(parts(panel).locale, value=" de_at ")
    assert flow.locale == "de-AT"
    assert parts(panel).locale.value == parts(other).locale.value == "de-AT"
    assert 'flow.locale = "de-AT"' in parts(panel).code.code
    assert "de-AT" in str(panel)
    flow.locale = None
    assert parts(panel).locale.value == ""
    assert "locale" not in parts(panel).code.code


@pytest.mark.parametrize("text", ["German", "xx", "de-", "1"])
def test_what_is_no_locale_is_refused_and_stays(flow, show, browser, text):
    flow.locale = "fr"
    panel = show(flow)
    browser.set(parts(panel).locale, value=text)
    assert flow.locale == "fr"
    assert parts(panel).locale.value == text
    assert len(parts(panel).complaints) == 1
    browser.set(parts(panel).locale, value="")
    assert flow.locale is None
    assert not parts(panel).complaints
