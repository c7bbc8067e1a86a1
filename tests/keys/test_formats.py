"""What people paste, and whose key it is."""

from __future__ import annotations

import json
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets.errors import KeyFormatError
from byok_widgets.keys import check_provider, clean_key
from byok_widgets.keys.formats import MAX_CHARS, validation_rules
from byok_widgets.secrets.key_formats import detect_provider
from tests.fake_keys import fake_key

WRAPPINGS = [
    "{}",
    "  {}\n",
    "\t{}\r\n",
    "\u00a0{}\u3000",
    '"{}"',
    "'{}'",
    "`{}`",
    "“{}”",
    "‘{}’",
    '"{}',
    "\u200b{}\ufeff",
    '\ufeff "{}" \u200b\n',
    "Bearer {}",
    "bearer   {}",
    "Authorization: Bearer {}",
    '"Authorization: Bearer {}"',
    "authorization:Bearer {}",
    "x-api-key: {}",
    "OPENAI_API_KEY={}",
    'OPENAI_API_KEY="{}"',
    "OPENAI_API_KEY = '{}'",
    'export ANTHROPIC_API_KEY="{}"',
    "export OPENROUTER_API_KEY={};",
    "set OPENAI_API_KEY={}",
    "setx OPENAI_API_KEY={}",
    '$env:OPENAI_API_KEY = "{}"',
    'api_key="{}",',
    '"OPENAI_API_KEY": "{}",',
    "OPENAI_API_KEY: {}",
    'export X_API_KEY="Bearer {}"',
    "{};",
    "{},",
    "<{}>",
    "<{}>;",
    '{{"key": "{}"}}',
    '{{"api_key":"{}"}}',
    "{{'token': '{}'}},",
    "key={}",
    "--api-key={}",
    "export X={}",
    "set X={}",
]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter", "compatible"])
def test_what_is_pasted_along_with_a_key_is_taken_off(wrapping, provider):
    key = fake_key(provider)
    assert clean_key(wrapping.format(key)) == key


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60))
def test_cleaning_gives_a_clean_key_or_says_why_not(text):
    try:
        cleaned = clean_key(text)
    except KeyFormatError:
        return
    assert clean_key(cleaned) == cleaned
    assert cleaned in text


def halves(sign: str) -> str:
    key = fake_key()
    return key[:50] + sign + key[50:]


LABELS = {"openai": "OpenAI", "anthropic": "Anthropic", "openrouter": "OpenRouter", "gemini": "Google Gemini"}

REFUSED = {
    "line break": (lambda: halves("\n"), "line_break"),
    "carriage return": (lambda: halves("\r\n"), "line_break"),
    "line separator": (lambda: halves("\u2028"), "line_break"),
    "space": (lambda: halves(" "), "space"),
    "tab": (lambda: halves("\t"), "space"),
    "no-break space": (lambda: halves("\u00a0"), "space"),
    "curly quote": (lambda: halves("’"), "curly_quote"),
    "zero width": (lambda: halves("\u200b"), "invisible"),
    "NUL": (lambda: halves("\0"), "control_character"),
    "escape": (lambda: halves("\x1b"), "control_character"),
    "delete": (lambda: halves("\x7f"), "control_character"),
    "Cyrillic": (lambda: halves("а"), "not_ascii"),
    "emoji": (lambda: halves("🔑"), "not_ascii"),
    "surrogate": (lambda: halves("\ud800"), "not_ascii"),
    "masked by stars": (lambda: fake_key()[:8] + "*" * 20 + fake_key()[-4:], "masked"),
    "masked by dots": (lambda: "sk-..." + fake_key()[-4:], "masked"),
    "masked by an ellipsis": (lambda: "sk-…" + fake_key()[-4:], "masked"),
    "masked, with a full stop before": (lambda: fake_key("gemini")[:8] + "..." + fake_key()[-4:], "masked"),
    "masked in two places": (lambda: "sk-***" + fake_key()[-4:] + "***", "masked"),
    "masked with signs after": (lambda: "sk-ant-...." + fake_key()[-4:] + ".." + fake_key()[-4:], "masked"),
    "a mask alone": (lambda: "••••••••••••", "masked"),
    "ten kilobytes": (lambda: fake_key()[:10] * 1000, "too_long"),
    "one too long": (lambda: "a" * (MAX_CHARS + 1), "too_long"),
    "a variable's name": (lambda: "OPENAI_API_KEY", "variable_name"),
    "a reference": (lambda: "env:MY_KEY", "variable_name"),
    "two keys": (lambda: f"{fake_key()} {fake_key()}", "space"),
    "an address": (lambda: "https://llm.example.org/v1", "address"),
    "twice, with a comma": (lambda: ",".join([fake_key()] * 2), "two_keys"),
    "twice, with a semicolon": (lambda: ";".join([fake_key("mistral")] * 2), "two_keys"),
    "twice, without anything between": (lambda: fake_key("compatible") * 2, "two_keys"),
    "two keys with a comma": (lambda: f"{fake_key()},{fake_key()}", "two_keys"),
    "two short keys with a bar": (lambda: f"sk-{fake_key('x')}|sk-{fake_key('x')}", "separator"),
    "with the end of a sentence": (lambda: f"{fake_key()}.", "separator"),
    "with a colon": (lambda: f"{fake_key()}:", "separator"),
    "with an equals sign": (lambda: f"{fake_key()}=", "separator"),
    "with a path": (lambda: f"{fake_key()}/v1", "separator"),
    "between tags": (lambda: f"<key>{fake_key('mistral')}</key>", "separator"),
    "escaped for HTML": (lambda: f"&lt;{fake_key('mistral')}&gt;", "separator"),
    "escaped for an address": (lambda: fake_key().replace("-", "%2D"), "separator"),
    "with an escape at its end": (lambda: fake_key("mistral") + "\\n", "separator"),
    "in round brackets": (lambda: f"({fake_key()})", "separator"),
    "in a list": (lambda: f'["{fake_key("mistral")}"]', "separator"),
    "in JSON with something else": (lambda: f'{{"api_key":"{fake_key("mistral")}","x":1}}', "separator"),
    "in upper case": (lambda: fake_key().upper(), "wrong_case"),
    "another one in upper case": (lambda: fake_key("anthropic").upper(), "wrong_case"),
    "a third one in upper case": (lambda: fake_key("groq").upper(), "wrong_case"),
    "with a capital letter": (lambda: fake_key().capitalize(), "wrong_case"),
    "a beginning": (lambda: "sk-", "prefix_only"),
    "a longer beginning": (lambda: "sk-ant-", "prefix_only"),
}


@pytest.mark.parametrize(("make", "flaw"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_a_key_is_refused_with_the_reason_and_without_the_key(make, flaw):
    pasted = make()
    with pytest.raises(KeyFormatError) as caught:
        clean_key(pasted)
    fault = caught.value
    assert (fault.kind, fault.flaw) == ("bad_key_format", flaw)
    assert fault.fix
    assert fault.problem.count(".") == 1
    shown = f"{fault} {fault!r} {fault._repr_html_()} {fault.__reduce__()}"
    assert pasted not in shown
    assert not [at for at in range(8, len(pasted) - 8) if pasted[at : at + 8] in shown]
    assert fault.__context__ is None


@pytest.mark.parametrize(
    "pasted", ["", "   ", "\n", '""', "“”", "Bearer ", "OPENAI_API_KEY=", 'export X_KEY=""', "\u200b"]
)
def test_nothing_pasted_is_no_key(pasted):
    with pytest.raises(KeyFormatError) as caught:
        clean_key(pasted)
    assert caught.value.kind == "no_key"


@pytest.mark.parametrize("pasted", [None, 5, b"sk-"])
def test_only_text_is_cleaned(pasted):
    with pytest.raises(KeyFormatError):
        clean_key(pasted)


def test_the_longest_key_is_accepted():
    assert clean_key("a" * MAX_CHARS)


@pytest.mark.parametrize("make", [make for make, _ in REFUSED.values()], ids=REFUSED.keys())
def test_a_traceback_with_locals_shows_no_part_of_what_was_refused(make):
    pasted = make()
    lines = ""
    try:
        clean_key(pasted)
    except KeyFormatError as fault:
        own_frame_left_out = fault.__traceback__.tb_next
        lines = "".join(
            traceback.StackSummary.extract(traceback.walk_tb(own_frame_left_out), capture_locals=True).format()
        )
    assert lines
    assert repr(pasted)[1:-1] not in lines


@pytest.mark.parametrize(
    ("prefix", "provider"),
    [
        ("sk-ant-api03-", "anthropic"),
        ("sk-ant-", "anthropic"),
        ("sk-or-v1-", "openrouter"),
        ("sk-proj-", "openai"),
        ("sk-svcacct-", "openai"),
        ("sk-admin-", "openai"),
        ("sk-", "openai"),
        ("gsk_", "groq"),
        ("xai-", "xai"),
        ("hf_", "huggingface"),
        ("AQ.", "gemini"),
        ("AIza", "gemini"),
        ("SK-", None),
        ("", None),
    ],
)
def test_whose_key_it_is(prefix, provider):
    assert detect_provider(prefix + fake_key("compatible")) == provider


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter"])
def test_a_providers_own_key_passes(provider):
    check_provider(fake_key(provider), provider)


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter", "compatible", "local"])
def test_a_key_of_nobody_known_passes_everywhere(provider):
    check_provider(fake_key("compatible"), provider)


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter", "compatible", "local", "a fourth"])
@pytest.mark.parametrize("owner", ["openai", "anthropic", "openrouter", "gemini"])
def test_another_providers_key_is_refused_with_an_offer_to_switch(owner, provider):
    if owner == provider:
        return
    key = fake_key(owner)
    with pytest.raises(KeyFormatError) as caught:
        check_provider(key, provider)
    assert caught.value.kind == "wrong_provider"
    assert caught.value.suggested_provider == owner
    assert LABELS[owner] in caught.value.fix
    assert key[8:20] not in str(caught.value)
    check_provider(key, provider, override=True)


@pytest.mark.parametrize("owner", ["groq", "xai", "huggingface"])
def test_the_key_of_a_vendor_that_is_no_provider_goes_to_no_other_vendor(owner):
    for provider in LABELS:
        with pytest.raises(KeyFormatError) as caught:
            check_provider(fake_key(owner), provider)
        assert (caught.value.kind, caught.value.suggested_provider) == ("wrong_provider", None)
    check_provider(fake_key(owner), "compatible")


@pytest.mark.parametrize("provider", ["compatible", "local", "openai"])
def test_a_plain_key_passes_at_any_endpoint(provider):
    check_provider("sk-" + fake_key("compatible"), provider)


def test_a_plain_key_does_not_pass_at_another_known_provider():
    with pytest.raises(KeyFormatError):
        check_provider("sk-" + fake_key("compatible"), "anthropic")


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter"])
@pytest.mark.parametrize("key", ["a", "sk-1234", "sk-or-v1-abc", "my-own-password-123"])
def test_what_is_too_short_for_a_known_provider_is_refused(provider, key):
    with pytest.raises(KeyFormatError) as caught:
        check_provider(key, provider)
    assert (caught.value.kind, caught.value.flaw) == ("bad_key_format", "too_short")
    assert key not in str(caught.value).split()


@pytest.mark.parametrize("key", ["a", "sk-1234", "none"])
def test_another_endpoint_may_take_any_word_as_a_key(key):
    check_provider(key, "compatible")


def test_a_refused_key_is_not_in_the_frame_that_refused_it():
    try:
        check_provider(fake_key("anthropic"), "openai")
    except KeyFormatError as fault:
        frames = [frame for frame, _ in traceback.walk_tb(fault.__traceback__)]
    assert "key" not in frames[-1].f_locals


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter", "compatible", "local"])
@pytest.mark.parametrize(
    "prefix",
    ["sk-ant-", "sk-or-", "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-", "AQ.", "AIza", "gsk_", "xai-", "hf_"],
)
def test_a_page_learns_whose_keys_are_refused_here(prefix, provider):
    key = prefix + fake_key("compatible")
    row = next(
        (row for row in validation_rules(provider)["owners"] if key.startswith(row["prefix"])), {"text": ""}
    )
    if not row["text"]:
        check_provider(key, provider)
        return
    with pytest.raises(KeyFormatError) as caught:
        check_provider(key, provider)
    assert row["text"] == f"{caught.value.problem.split(',')[0]}."
    assert (row["name"] or None) == caught.value.suggested_provider


def test_what_a_page_learns_is_text_and_the_same_for_everybody():
    assert json.loads(json.dumps(validation_rules("openai"))) == validation_rules("openai")
    for rule in ("edges", "wrapping", "flaws", "variable", "key"):
        assert validation_rules("openai")[rule] == validation_rules("compatible")[rule]


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter", "gemini"])
def test_a_whole_key_without_a_beginning_is_refused_where_keys_have_one(provider):
    key = fake_key("mistral")
    with pytest.raises(KeyFormatError) as caught:
        check_provider(key, provider)
    assert (caught.value.kind, caught.value.suggested_provider) == ("wrong_provider", "mistral")
    assert key not in f"{caught.value}{caught.value!r}"
    check_provider(key, provider, override=True)


@pytest.mark.parametrize("provider", ["mistral", "compatible"])
def test_a_whole_key_without_a_beginning_passes_where_keys_may_look_like_it(provider):
    check_provider(fake_key("mistral"), provider)


@pytest.mark.parametrize("key", ["0123456789abcdef" * 2, "a" * 32, "aB3" + "x" * 30])
def test_what_has_another_form_is_not_taken_for_it(key):
    check_provider(key, "openai")
