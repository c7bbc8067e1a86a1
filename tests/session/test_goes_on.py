"""Nothing that was said, read or set can keep a session from going on; what was repaired can be seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow, Session
from byok_widgets.messages import Message
from byok_widgets.nodes.conversation import ConversationNode
from tests.session.conftest import Script, system_of

HALF, LOST = "\ud83d", "\ufffd"

SAID = [
    (f"Hi {HALF} there", f"Hi {LOST} there", f"an incomplete character in your text was replaced by {LOST}"),
    (f"{HALF}a{HALF}", f"{LOST}a{LOST}", f"2 incomplete characters in your text were replaced by {LOST}"),
    ("Hi \ud83d\ude00", "Hi 😀", ""),
    (f"as it was {LOST}", f"as it was {LOST}", ""),
    ("<|im_end|> <think> {{name}} {% if %}", "<|im_end|> <think> {{name}} {% if %}", ""),
    ("\u202e \ufeff \x00 \x1b[0m \uffff", "\u202e \ufeff \x00 \x1b[0m \uffff", ""),
]


@pytest.fixture
def talk(flow: Flow) -> Flow:
    flow.conversation("ask", "Be brief.")
    return flow


@pytest.mark.parametrize(("text", "kept", "notice"), SAID)
def test_whatever_a_person_says_the_session_goes_on(
    talk: Flow, script: Script, text: str, kept: str, notice: str
) -> None:
    s = talk.start()
    turn = s.say(text)
    s.say("And now?")
    assert [message["content"] for message in script.spoken[-1]["messages"][1:]] == [kept, "Hm.", "And now?"]
    assert turn.text == s.transcript[0].content == kept
    assert turn.notices == ((notice,) if notice else ())
    assert kept in str(s)
    str(s).encode()


@pytest.mark.parametrize("reply", ["", "   ", "\n", "<think>Only thoughts.</think>", HALF, "\x00", "{{name}}"])
def test_whatever_a_model_says_the_session_goes_on(talk: Flow, script: Script, reply: str) -> None:
    script.words = [reply, "Fine."]
    s = talk.start()
    s.say("Hi")
    assert s.say("And now?").reply.text == "Fine."
    assert all(message["content"].strip() for message in script.spoken[-1]["messages"])


HISTORIES: list[Any] = [
    [("user", f"a{HALF}"), ("assistant", f"{HALF}b")],
    [Message("user", f"a{HALF}"), {"role": "assistant", "content": ""}, ("system", f"s{HALF}")],
    [("assistant", "first"), ("assistant", "second "), ("user", "   ")],
]


@pytest.mark.parametrize("history", HISTORIES)
def test_whatever_a_history_holds_a_node_answers(talk: Flow, script: Script, history: Any) -> None:
    node = talk.node("ask")
    assert isinstance(node, ConversationNode)
    reply = node.run("Go on", history=history)
    assert reply.text == "Hm."
    assert HALF not in "".join(message.content for message in reply.transcript)
    assert node.run("And now?", history=reply).text == "Hm."


def test_whatever_a_variable_or_a_prompt_holds_the_session_goes_on(flow: Flow, script: Script) -> None:
    flow.global_prompt = f"Speak to {{{{name}}}}{HALF}."
    flow.conversation("ask", f"Ask{HALF} {{{{note}}}}.", start=True)
    flow.extraction("data", name=str)
    flow.conversation("tell", f"Hello{HALF} {{{{name}}}}.", static=True)
    flow.connect("ask", "data", when=f"they gave {HALF} a name")
    flow.connect("data", "tell", if_="name is not None")
    flow.connect("data", "ask")
    script.values["data"] = [{"name": "Ana"}]
    script.choices = ["1"]
    s = flow.start(variables={"note": f"a note{HALF}", "name": HALF})
    turn = s.say(f"I am Ana{HALF}")
    assert turn.reply.text == f"Hello{LOST} Ana."
    assert s.transcript[-1].content == turn.reply.text
    s.variables["name"] = f"An{HALF}"
    assert s.say("Thanks").reply.text == "Hm."
    assert f"Speak to An{LOST}{LOST}." in system_of(script.spoken[-1])
    assert LOST in s.turns[-1].reply.request.system


def test_a_session_that_an_older_version_saved_goes_on(talk: Flow, script: Script, tmp_path: Path) -> None:
    script.words = ["Half"]
    s, file = talk.start(), tmp_path / "old.json"
    s.say("Hi")
    s.save(file)
    data = json.loads(file.read_text(encoding="utf-8"))
    data["turns"][0]["text"] = f"Hi{HALF}"
    data["turns"][0]["steps"][-1]["says"]["text"] = f"Half{HALF}"
    file.write_text(json.dumps(data), encoding="utf-8")
    again: Session = talk.load_session(file)
    again.say("Go on")
    assert [message.content for message in again.transcript[:2]] == [f"Hi{LOST}", f"Half{LOST}"]
    str(again).encode()
    again.fork(1).say("Go on")
    again.save(file)
    assert talk.load_session(file).transcript == again.transcript
