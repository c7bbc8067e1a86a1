"""The chat's side of the wire: what a view hears, when, and in how many messages."""

from __future__ import annotations

import json
import time

import pytest

from byok_widgets.widgets.chat.chat import Chat
from byok_widgets.widgets.chat.speech import UPDATE_S
from tests.fake_keys import fake_key
from tests.html_table import cells_of
from tests.scripted_server import Say
from tests.widgets.wire import eventually


@pytest.fixture
def talk(flow, server):
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.conversation("chat", "Chat.")
    return flow


@pytest.fixture
def chat(talk):
    widget = Chat(talk.start(), mode="owner")
    yield widget
    widget.close()


@pytest.fixture
def heard(wire, chat):
    """Return what the view has heard of a kind."""
    return lambda kind: [message for message in wire.custom(chat) if message["kind"] == kind]


@pytest.fixture
def heard_of(chat, browser, heard):
    """Return a function that says something and returns the turn that is told."""

    def say(text):
        browser.custom(chat, {"kind": "say", "text": text})
        (told,) = eventually(lambda: heard("turn"))
        return told["turn"]

    return say


def test_a_turn_is_told_once_and_in_order(server, chat, browser, heard, wire):
    server.script("Good morning, Ana.")
    browser.custom(chat, {"kind": "say", "text": "Hi, I'm Ana"})
    (told,) = eventually(lambda: heard("turn"))
    assert told["turn"]["text"] == "Hi, I'm Ana"
    assert told["turn"]["reply"] == "Good morning, Ana."
    assert told["node"] == "chat"
    kinds = [message["kind"] for message in wire.custom(chat)]
    assert kinds[:2] == ["begin", "node"]
    assert kinds[-1] == "turn"
    assert str(chat.session.turns[0]) == "Good morning, Ana."


def test_what_a_turn_took_is_told_as_the_timeline_has_it(chat, heard_of):
    took = heard_of("Hi")["took"]
    ((node, name, is_judge, seconds),) = [tuple(part.values()) for part in took["spans"]]
    assert (node, name, is_judge) == ("chat", "chat", False)
    assert 0 <= seconds <= chat.session.turns[0].latency_s + 0.01
    (row,) = cells_of(chat.session.timeline._repr_html_())[1:-1]
    assert took["figures"] == row[2:]


def test_reasoning_goes_with_its_turn_and_never_into_the_reply(server, heard_of):
    server.thoughts = ["<b>He</b> greets me.\x1b[31m"]
    told = heard_of("Hi")
    assert (told["reply"], told["reasoning"]) == ("Hello.", "<b>He</b> greets me.␛[31m")
    assert [step["reasoning"] for step in told["steps"]] == [""], "it stands with the reply already"


def test_very_long_reasoning_is_told_in_part(server, heard_of):
    server.thoughts = ["a" * 150_000]
    assert heard_of("Hi")["reasoning"].endswith("the reply's .reasoning holds all of them.]")


def test_a_step_that_does_not_speak_tells_its_own_reasoning(talk, server, heard_of):
    server.thoughts = ["Judging.", "Reading.", "Speaking."]
    talk.extraction("data", name=str)
    talk.connect("chat", "data", when="a name was given")
    talk.connect("data", "chat")
    choice = json.dumps({"choice": "a name was given", "reason": "Ana"})
    server.script(choice, '{"name": "Ana"}', "Hello.")
    told = heard_of("I am Ana")
    assert told["reasoning"] == "Speaking."
    assert [step["reasoning"] for step in told["steps"]] == ["Judging.", "Reading.", "", ""]


def test_a_reply_that_was_cut_off_is_marked_in_the_chat_and_in_what_is_saved(server, chat, browser, heard):
    server.script(Say("Half of", finish="length"), "Whole.")
    for count, text in enumerate(("One", "Two"), 1):
        browser.custom(chat, {"kind": "say", "text": text})
        eventually(lambda: len(heard("turn")) == count)  # noqa: B023 - it is called at once
    assert [told["turn"]["cut_off"] for told in heard("turn")] == [True, False]
    assert heard("turn")[0]["turn"]["reply"] == "Half of"
    saved = chat._repr_mimebundle_()[0]
    assert "flow: Half of […]\n[cut off" in saved["text/plain"]
    assert "Half of […]<div><small>cut off" in saved["text/html"]


def test_what_is_saved_of_a_chat_has_the_reasoning_folded(server, heard_of, chat):
    server.thoughts = ["He greets me."]
    heard_of("Hi")
    saved = chat._repr_mimebundle_()[0]
    assert "<summary>Reasoning</summary>" in saved["text/html"]
    assert "He greets me." in saved["text/html"]
    assert "He greets me." not in saved["text/plain"]


def test_a_view_that_appears_hears_all_that_was_said(server, chat, browser, heard):
    browser.custom(chat, {"kind": "hello"})
    assert heard("all")[0]["turns"] == []
    browser.custom(chat, {"kind": "say", "text": "Hi"})
    eventually(lambda: heard("turn"))
    browser.custom(chat, {"kind": "hello"})
    assert [turn["text"] for turn in heard("all")[-1]["turns"]] == ["Hi"]
    assert heard("all")[-1]["under_way"] is None


def test_pieces_of_a_reply_go_together(server, chat, browser, heard):
    server.script(Say("word " * 300, pause_s=0.002))
    start = time.monotonic()
    browser.custom(chat, {"kind": "say", "text": "Speak"})
    eventually(lambda: heard("turn"))
    pieces = heard("text")
    assert 1 < len(pieces) <= (time.monotonic() - start) / UPDATE_S + 1
    assert "".join(piece["text"] for piece in pieces) == "word " * (sum(len(p["text"]) for p in pieces) // 5)


def test_a_view_that_comes_in_the_middle_misses_nothing(server, chat, browser, heard):
    server.script(Say("word " * 60, pause_s=0.02))
    browser.custom(chat, {"kind": "say", "text": "Speak"})
    eventually(lambda: len(heard("text")) > 2)
    browser.custom(chat, {"kind": "hello"})
    late = heard("all")[-1]["under_way"]
    assert late["text"] == "Speak"
    assert late["reply"].startswith("word word")
    before = "".join(piece["text"] for piece in heard("text"))
    assert len(late["reply"]) >= len(before) - 10
    eventually(lambda: heard("turn"))


def test_while_a_turn_is_under_way_nothing_else_happens(server, chat, browser, heard):
    server.script(Say("slow " * 20, pause_s=0.05))
    browser.custom(chat, {"kind": "say", "text": "One"})
    eventually(lambda: heard("text"))
    for message in ({"kind": "say", "text": "Two"}, {"kind": "fork", "turn": 0}, {"kind": "show", "session": 0}):
        browser.custom(chat, message)
        assert heard("failed")[-1]["failure"]["kind"] == "busy"
    browser.custom(chat, {"kind": "stop"})
    (told,) = eventually(lambda: heard("turn"))
    assert told["turn"]["text"] == "One"
    assert told["turn"]["notices"] == ["incomplete: it was stopped"]
    assert "stopped" not in told["turn"]["summary"]


def test_stopped_before_the_reply_the_text_comes_back(server, chat, browser, heard):
    server.script(Say("", pause_s=5))
    browser.custom(chat, {"kind": "say", "text": "Hello?"})
    eventually(lambda: server.requests)
    browser.custom(chat, {"kind": "stop"})
    (told,) = eventually(lambda: heard("failed"))
    assert told["text"] == "Hello?"
    assert told["failure"]["kind"] == "interrupted"
    assert chat.session.turns == ()


@pytest.mark.parametrize("thoughts", [[], ["Hm."]], ids=["a silent server", "a model that thinks"])
def test_a_model_at_work_is_told_and_can_be_stopped(server, chat, browser, heard, thoughts):
    server.thoughts = thoughts
    server.script(Say("Hello." if thoughts else "", pause_s=5))
    browser.custom(chat, {"kind": "say", "text": "Hello?"})
    wanted = "Thinking…" if thoughts else "Waiting for the model…"
    eventually(lambda: wanted in [sign["text"] for sign in heard("thinking")])
    browser.custom(chat, {"kind": "hello"})
    late = heard("all")[-1]["under_way"]
    assert late["thinking"]["text"] == wanted
    assert late["reply"] == ""
    browser.custom(chat, {"kind": "stop"})
    (told,) = eventually(lambda: heard("failed"))
    assert (told["text"], told["failure"]["kind"]) == ("Hello?", "interrupted")
    assert told["reasoning"] == "".join(thoughts)
    eventually(lambda: not chat.session.busy)


def test_a_model_at_work_is_told_once_a_second(server, chat, browser, heard):
    server.thoughts = ["Hm."]
    server.script(Say("Hello.", pause_s=0.01, usage=None))
    start = time.monotonic()
    browser.custom(chat, {"kind": "say", "text": "Hello?"})
    eventually(lambda: heard("turn"))
    assert len(heard("thinking")) <= (time.monotonic() - start) + 2, "once for each kind, then once a second"


def test_a_stopped_reply_keeps_its_reasoning(server, chat, browser, heard):
    server.thoughts = ["They greet me."]
    server.script(Say("slow " * 20, pause_s=0.05))
    browser.custom(chat, {"kind": "say", "text": "Hi"})
    eventually(lambda: heard("text"))
    browser.custom(chat, {"kind": "stop"})
    (told,) = eventually(lambda: heard("turn"))
    assert told["turn"]["reply"].startswith("slow")
    assert told["turn"]["reasoning"] == "They greet me."
    assert chat.session.turns[0].reply.reasoning == "They greet me."


def test_text_that_turns_out_to_be_thinking_is_taken_back_at_once(server, chat, browser, heard, wire):
    server.script(Say("They greet me, hm." + "\n</think>\n\n" + "Hello there. " * 9, pause_s=0.1, piece_chars=9))
    browser.custom(chat, {"kind": "say", "text": "Hi"})
    eventually(lambda: heard("retract"))
    assert not heard("turn"), "the turn goes on"
    browser.custom(chat, {"kind": "hello"})
    assert "greet" not in heard("all")[-1]["under_way"]["reply"]
    (told,) = eventually(lambda: heard("turn"))
    assert (told["turn"]["reply"].strip(), told["turn"]["reasoning"]) == (
        ("Hello there. " * 9).strip(),
        "They greet me, hm.",
    )
    shown = ""
    for message in wire.custom(chat):
        shown = (
            "" if message["kind"] == "retract" else shown + message.get("text", "") * (message["kind"] == "text")
        )
    assert "greet" not in shown
    assert shown


def test_an_earlier_reply_that_was_stopped_is_not_taken_for_one_to_the_same_text(server, chat, browser, heard):
    server.script(Say("slow " * 20, pause_s=0.05), Say("", pause_s=5))
    browser.custom(chat, {"kind": "say", "text": "Again"})
    eventually(lambda: heard("text"))
    browser.custom(chat, {"kind": "stop"})
    eventually(lambda: heard("turn"))
    eventually(lambda: not chat.session.busy)
    browser.custom(chat, {"kind": "say", "text": "Again"})
    eventually(lambda: len(server.requests) == 2)
    browser.custom(chat, {"kind": "stop"})
    (told,) = eventually(lambda: heard("failed"))
    assert told["text"] == "Again"
    assert len(heard("turn")) == len(chat.session.turns) == 1
    assert [turn.fault_kind for turn in chat.session.unfinished] == ["interrupted"]


def test_an_error_says_what_to_do_and_gives_the_text_back(server, chat, browser, heard):
    server.script(Say(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}}))
    browser.custom(chat, {"kind": "say", "text": "Hello?"})
    (told,) = eventually(lambda: heard("failed"))
    assert told["text"] == "Hello?"
    assert told["failure"]["kind"] == "auth"
    words = told["failure"]
    assert words["quote"].endswith('says: "no"')
    assert "paste its key" in words["fix"], "what to do stands apart from what the provider wrote"


@pytest.mark.parametrize(
    "junk",
    [
        *(None, {}, {"kind": 3}, {"kind": ["say"]}, {"kind": "fork", "turn": 99}),
        *(
            {"kind": kind, "turn": turn}
            for kind in ("fork", "edit", "regenerate", "requests")
            for turn in (None, "1", True, 1.0)
        ),
        *({"kind": "say", "text": text} for text in (None, 3, {"a": 1})),
        *({"kind": "show", "session": number} for number in (None, "0", False)),
        *(
            {"kind": "correct", "name": name, "value": value}
            for name, value in ((1, "x"), ("name", 1), ("name", None))
        ),
    ],
)
def test_a_message_that_means_nothing_does_nothing(server, chat, browser, heard, junk):
    say(chat, browser, heard, "One")
    browser.custom(chat, junk or {})
    assert len(chat.sessions) == 1
    assert dict(chat.session.variables) == {}
    say(chat, browser, heard, "Two")
    assert [turn.text for turn in chat.session.turns] == ["One", "Two"]


def test_forks_are_sessions_of_their_own(server, chat, browser, heard):
    for text in ("One", "Two"):
        browser.custom(chat, {"kind": "say", "text": text})
        eventually(lambda text=text: [told for told in heard("turn") if told["turn"]["text"] == text])
    browser.custom(chat, {"kind": "fork", "turn": 1})
    told = heard("all")[-1]
    assert (told["sessions"], told["shown"]) == (["First session", "Session 2 (from turn 1)"], 1)
    assert [turn["text"] for turn in told["turns"]] == ["One"]
    assert [len(session.turns) for session in chat.sessions] == [2, 1]
    browser.custom(chat, {"kind": "show", "session": 0})
    assert len(heard("all")[-1]["turns"]) == 2
    browser.custom(chat, {"kind": "reset"})
    assert heard("all")[-1]["turns"] == []
    assert heard("all")[-1]["sessions"][-1] == "Session 3"
    assert [len(session.turns) for session in chat.sessions] == [2, 1, 0], "nothing that was said is lost"
    browser.custom(chat, {"kind": "reset"})
    assert len(chat.sessions) == 3


def test_nothing_that_is_said_is_in_the_widgets_state(server, chat, browser, heard):
    server.script("A secret reply")
    browser.custom(chat, {"kind": "say", "text": "A secret question"})
    eventually(lambda: heard("turn"))
    state = json.dumps({name: str(value) for name, value in chat.get_state().items() if not name.startswith("_")})
    assert "secret" not in state
    assert "secret" not in repr(chat)
    assert "A secret reply" in chat._repr_mimebundle_()[0]["text/plain"]


def test_what_is_told_is_inert_and_not_endless(server, chat, browser, heard):
    server.script(Say("\x1b[31m" + "x" * 300_000, piece_chars=50_000))
    browser.custom(chat, {"kind": "say", "text": "\u202eevil"})
    (told,) = eventually(lambda: heard("turn"))
    assert told["turn"]["reply"].startswith("␛[31m")
    assert len(told["turn"]["reply"]) < 101_000
    assert sum(len(piece["text"]) for piece in heard("text")) < 101_000
    assert "\u202e" not in told["turn"]["text"]
    assert len(chat.session.turns[0].reply.text) == 300_005


def say(chat, browser, heard, text):
    before = len(heard("turn"))
    browser.custom(chat, {"kind": "say", "text": text})
    return eventually(lambda: heard("turn")[before:])[0]


def test_an_edited_message_goes_on_in_a_session_of_its_own(server, chat, browser, heard):
    server.script("One.", "Two.", "Other two.")
    for text in ("First", "Secnd"):
        say(chat, browser, heard, text)
    browser.custom(chat, {"kind": "edit", "turn": 2, "text": "Second"})
    told = eventually(lambda: [each for each in heard("turn") if each["turn"]["text"] == "Second"])[0]
    assert told["turn"]["reply"] == "Other two."
    assert [[turn.text for turn in session.turns] for session in chat.sessions] == [
        ["First", "Secnd"],
        ["First", "Second"],
    ]
    assert heard("all")[-1]["shown"] == 1
    sent = server.requests[-1]["messages"]
    assert [message["content"] for message in sent if message["role"] == "user"] == ["First", "Second"]


def test_an_answer_is_given_once_more_beside_the_first(server, chat, browser, heard):
    server.script("One.", "Two.", "Two again.")
    for text in ("First", "Second"):
        say(chat, browser, heard, text)
    browser.custom(chat, {"kind": "regenerate", "turn": 2, "model": "compatible:other"})
    (told,) = eventually(lambda: heard("alternative"))
    assert heard("begin")[-1] == {"kind": "begin", "text": "Second", "instead_of": 2}
    assert told["alternative"]["instead_of"] == 2
    assert told["alternative"]["turn"]["reply"] == "Two again."
    assert told["alternative"]["turn"]["model"] == "compatible:other"
    assert server.requests[-1]["model"] == "other"
    assert [turn.reply.text for turn in chat.session.turns] == ["One.", "Two."], "the first answer stays"
    browser.custom(chat, {"kind": "hello"})
    assert [each["session"] for each in heard("all")[-1]["alternatives"]] == [1]
    assert heard("all")[-1]["under_way"] is None
    browser.custom(chat, {"kind": "show", "session": told["alternative"]["session"]})
    assert [turn["reply"] for turn in heard("all")[-1]["turns"]] == ["One.", "Two again."]
    assert heard("all")[-1]["alternatives"] == []


def test_a_model_that_cannot_be_meant_is_refused_before_anything_is_asked(server, chat, browser, heard):
    say(chat, browser, heard, "First")
    asked = len(server.requests)
    browser.custom(chat, {"kind": "regenerate", "turn": 1, "model": "compatible:"})
    assert heard("failed")[-1]["failure"]["kind"]
    assert len(server.requests) == asked
    assert len(chat.sessions) == 1


@pytest.mark.parametrize("kind", ["edit", "regenerate"])
def test_a_turn_in_which_nothing_was_said_is_not_said_again(server, chat, browser, heard, kind):
    browser.custom(chat, {"kind": kind, "turn": 3, "text": "x", "model": ""})
    assert heard("failed")[-1]["failure"]["kind"] == "turn"
    assert len(chat.sessions) == 1


def test_a_variable_is_corrected_by_hand(talk, server, browser, wire):
    talk.extraction("data", name=str, people=int, day=["Mon", "Tue"], tags=list[str])
    session = talk.start()
    chat = Chat(session, mode="owner")

    def told(kind):
        return [message for message in wire.custom(chat) if message["kind"] == kind]

    for name, value in (("name", "Ana"), ("people", "4"), ("day", "TUE"), ("tags", '["a", "b"]')):
        browser.custom(chat, {"kind": "correct", "name": name, "value": value})
    assert dict(session.variables) == {"name": "Ana", "people": 4, "day": "Tue", "tags": ["a", "b"]}
    assert set(session.variables.status.values()) == {"set"}
    assert told("session")[-1]["changed"] == ["tags"]
    assert {row["name"]: row["stated"] for row in told("session")[-1]["variables"]} == {
        "name": "Ana",
        "people": "4",
        "day": "Tue",
        "tags": "a, b",
    }
    browser.custom(chat, {"kind": "correct", "name": "people", "value": "many"})
    assert told("failed")[-1]["failure"]["kind"] == "variable"
    assert session.variables["people"] == 4
    browser.custom(chat, {"kind": "correct", "name": "people", "value": " "})
    assert session.variables["people"] is None
    chat.close()


@pytest.mark.parametrize(
    ("name", "value", "stated"),
    [
        ("tags", ["ham"], "ham"),
        ("tags", ["ham", "olives"], "ham, olives"),
        ("tags", ["1", "2"], "1, 2"),
        ("tags", ["salt, pepper"], '["salt, pepper"]'),
        ("tags", [' "x"'], '[" \\"x\\""]'),
        ("tags", [], "[]"),
        ("sizes", [1, 2], "1, 2"),
    ],
)
def test_a_list_is_edited_as_a_person_types_one(talk, browser, wire, name, value, stated):
    talk.extraction("data", tags=list[str], sizes=list[int])
    session = talk.start()
    chat = Chat(session, mode="owner")
    session.variables[name] = value
    browser.custom(chat, {"kind": "hello"})
    rows = {row["name"]: row for row in wire.custom(chat)[-1]["variables"]}
    assert rows[name]["stated"] == stated
    session.variables[name] = None
    browser.custom(chat, {"kind": "correct", "name": name, "value": stated})
    assert session.variables[name] == value
    chat.close()


def test_test_sentences_stay_with_the_flow(talk, chat, browser, heard):
    for text in ("I am Ana", "On Tuesday", "I am Ana"):
        browser.custom(chat, {"kind": "sentence", "text": text, "keep": True})
    assert heard("sentences")[-1]["sentences"] == ["I am Ana", "On Tuesday"]
    browser.custom(chat, {"kind": "sentence", "text": "I am Ana", "keep": False})
    browser.custom(chat, {"kind": "hello"})
    assert heard("all")[-1]["sentences"] == list(talk.config.test_sentences) == ["On Tuesday"]
    browser.custom(chat, {"kind": "sentence", "text": fake_key("openai"), "keep": True})
    assert heard("failed")[-1]["failure"]["kind"] == "misplaced_key"
    assert talk.config.test_sentences == ("On Tuesday",)


def test_a_key_pasted_into_the_message_goes_to_no_model_and_is_not_shown_again(chat, server, browser, heard):
    key = fake_key("openai")
    browser.custom(chat, {"kind": "say", "text": f"my key is {key}"})
    failed = heard("failed")[-1]
    assert failed["failure"]["kind"] == "misplaced_key"
    assert key not in failed["text"]
    assert not chat.session.turns
    assert not server.requests


def test_the_conversation_is_copied_as_a_transcript_or_as_a_case(server, chat, browser, heard):
    server.script("Good morning.")
    say(chat, browser, heard, "Hi")
    browser.custom(chat, {"kind": "copy", "form": "transcript"})
    assert heard("copy")[-1]["text"] == "You: Hi\n\nchat: Good morning."
    browser.custom(chat, {"kind": "copy", "form": "case"})
    turns = {"1": {"node": "chat"}}
    expected = {"caller": ["Hi"], "values": {}, "path": ["chat"], "turns": turns}
    assert json.loads(heard("copy")[-1]["text"]) == expected


def test_a_session_or_its_beginning_is_saved_as_a_case_that_the_flow_reads(
    talk, server, chat, browser, heard, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    server.script("Good morning.", "Which day?", "Bye.")
    say(chat, browser, heard, "Hi")
    say(chat, browser, heard, "Tuesday")
    for more in ({}, {"turn": 1}, {"turn": 1}):
        browser.custom(chat, {"kind": "save_case", **more})
    (file,) = tmp_path.glob("*.cases")
    assert all(repr(file.name) in told["text"] for told in heard("case_saved"))
    cases = talk.cases(file)
    assert [case.caller for case in cases] == [("Hi", "Tuesday"), ("Hi",)], "an equal case is there once"
    assert cases[1].path == ("chat",)
    file.unlink()
    file.mkdir()
    browser.custom(chat, {"kind": "save_case"})
    assert heard("failed")[-1]["failure"]["kind"] == "cases"


def test_what_a_model_was_asked_is_told_word_for_word_without_keys(talk, server, chat, browser, heard):
    key = fake_key("anthropic")  # all keys of OpenAI have a piece in common
    talk.node("chat").max_tokens = 20
    chat.session.say(f"My key is {key}")
    browser.custom(chat, {"kind": "requests", "turn": 1})
    (told,) = heard("requests")
    (asked,) = told["requests"]
    assert key in str(server.requests)
    assert told["turn"] == 1
    assert asked["title"] == "chat asked compatible:scripted"
    parts = {part["name"]: part["text"] for part in asked["parts"]}
    assert parts == {"system": "Chat.", "user": "My key is [API key]", "settings": "max_tokens=20"}


def test_a_wait_for_a_rate_limit_is_told_with_its_seconds(server, chat, browser, heard):
    limited = Say(status=429, body={"error": {"message": "slow down"}})
    server.script(limited, "Hello.")
    browser.custom(chat, {"kind": "say", "text": "Hi"})
    eventually(lambda: heard("turn"))
    (wait,) = heard("wait")
    assert 0 < wait["seconds"] < 1
    assert wait["text"]


def test_its_static_form_holds_every_session_that_has_spoken(server, chat, browser, heard):
    assert "No messages" in chat._repr_mimebundle_()[0]["text/html"]
    browser.custom(chat, {"kind": "say", "text": "First words"})
    eventually(lambda: heard("turn"))
    eventually(lambda: browser.custom(chat, {"kind": "fork", "turn": 0}) or len(chat.sessions) == 2)
    browser.custom(chat, {"kind": "say", "text": "Other <words>"})
    eventually(lambda: len(heard("turn")) == 2)
    data, _ = chat._repr_mimebundle_()
    for form in ("text/plain", "text/html"):
        assert "First words" in data[form]
    assert "Other &lt;words&gt;" in data["text/html"]
    assert chat._repr_mimebundle_()[0] == data, "it is the same each time"
