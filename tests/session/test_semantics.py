"""How a flow moves: a test for each sentence of the page of that name."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from pathlib import Path

import pytest

from byok_widgets import ConfigError, Flow, FlowError, ProviderError, Session, TemplateError
from byok_widgets.templates.filter_names import FILTERS
from tests.scripted_server import Say
from tests.session import test_actions
from tests.session.conftest import Script, system_of

PAGE = Path(__file__).parents[2] / "notebooks" / "how_a_flow_moves.md"


def test_each_rule_has_a_test():
    rules = {int(found) for found in re.findall(r"^(\d+)\. ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)}
    tests = {**globals(), **vars(test_actions)}
    marks = [getattr(test, "pytestmark", []) for name, test in tests.items() if name.startswith("test_")]
    tested = {number for found in marks for mark in found if mark.name == "rule" for number in mark.args}
    assert rules == set(range(1, len(rules) + 1))
    assert tested == rules


@pytest.mark.rule(1)
def test_the_first_node_created_is_the_start_node_by_default(flow: Flow, script: Script):
    flow.conversation("help", "Help.", enter="the caller needs help")
    flow.conversation("one", "First.")
    two = flow.conversation("two", "Second.")
    assert (flow.start_node, flow.start().node) == ("one", "one")
    flow.start_node = two
    assert (flow.start_node, flow.start().node) == ("two", "two")
    flow.conversation("three", "Third.", start=True)
    assert flow.start().node == "three"
    assert not script.server.requests


@pytest.mark.rule(2)
def test_a_static_start_node_speaks_first_and_others_when_asked(flow: Flow, script: Script):
    flow.conversation("hello", "Hello, who is there?", static=True)
    greeted = flow.start()
    assert [str(turn) for turn in greeted.turns] == ["Hello, who is there?"]
    assert (greeted.turns[0].number, greeted.turns[0].text) == (0, None)
    assert not flow.start(speak_first=False).turns
    script.words = ["Good morning!"]
    flow.conversation("hello", "Greet the caller.")
    assert not flow.start().turns
    assert str(flow.start(speak_first=True).turns[0]) == "Good morning!"
    flow.speaks_first = True
    assert asyncio.run(flow.astart()).transcript[0].content == "Good morning!"


@pytest.mark.rule(3)
def test_an_end_node_closes_the_session(flow: Flow, script: Script):
    flow.conversation("ask", "Ask.")
    flow.conversation("bye", "Goodbye!", static=True, end=True)
    flow.connect("ask", "bye", when="the caller is done")
    script.choices = ["stay", "1"]
    s = flow.start()
    assert not s.say("One more thing").closed
    assert s.say("That was all").closed
    assert s.closed
    with pytest.raises(FlowError, match="'bye'") as fault:
        s.say("Hello?")
    assert fault.value.kind == "session_closed"
    assert "fork(turn=1)" in fault.value.fix
    assert len(s.turns) == 2
    assert not s.fork(1).closed
    s.reset()
    assert not s.closed


@pytest.mark.rule(3)
def test_a_silent_end_node_closes_it_silently(flow: Flow, script: Script):
    flow.conversation("ask", "Ask.")
    flow.extraction("last", name=str, end=True)
    flow.connect("ask", "last")
    script.values["last"] = [{"name": "Ana"}]
    turn = flow.start().say("I am Ana")
    assert (turn.closed, turn.reply, turn.variables) == (True, None, {"name": "Ana"})


@pytest.mark.rule(4)
def test_a_node_without_edges_keeps_the_conversation(flow: Flow, script: Script):
    flow.conversation("chat", "Chat.")
    script.words = ["One.", "Two."]
    s = flow.start()
    assert [str(s.say("Go")), str(s.say("Go on"))] == ["One.", "Two."]
    assert s.node == "chat"
    assert not script.judged


@pytest.mark.rule(5, 6, 7, 8)
def test_a_turn_moves_through_silent_nodes_to_the_one_that_speaks(booking: Flow, script: Script):
    script.choices, script.values["data"] = ["1"], [{"name": "Ana", "weekday": "Tue"}]
    s = booking.start()
    turn = s.say("Ana, Tuesday please")
    assert turn.path == ("data", "bye")
    assert turn.moves == (("ask", "data"), ("data", "bye"))
    assert str(turn) == "Thanks Ana, see you on Tue."
    assert [(message.role, message.content) for message in s.transcript] == [
        ("user", "Ana, Tuesday please"),
        ("assistant", "Thanks Ana, see you on Tue."),
    ]
    assert "Ana, Tuesday please" in script.judged[0]["messages"][-1]["content"]
    assert (len(script.judged), len(script.read_by("data")), len(script.spoken)) == (1, 1, 0)


@pytest.mark.rule(7)
def test_silent_nodes_chain_within_one_turn(flow: Flow, script: Script):
    flow.conversation("ask", "Ask.")
    for at, field in enumerate(("a", "b", "c")):
        flow.extraction(f"read {field}", fields={field: str})
        script.values[f"read_{field}"] = [{field: f"word{at}"}]
    flow.conversation("tell", "Tell.")
    flow.connect("ask", "read a")
    flow.connect("read a", "read b", if_="a is not None")
    flow.connect("read b", "read c", if_="b == 'word1'")
    flow.connect("read c", "tell", if_="c == 'word2' and a == 'word0'")
    turn = flow.start().say("word0 word1 word2")
    assert turn.path == ("read a", "read b", "read c", "tell")
    assert len(script.spoken) == 1


@pytest.mark.rule(9)
def test_when_no_edge_holds_the_node_speaks_again(booking: Flow, script: Script):
    script.words = ["Which day?"]
    s = booking.start()
    turn = s.say("I am Ana")
    assert (s.node, turn.path, turn.moves, str(turn)) == ("ask", ("ask",), (), "Which day?")
    assert turn.steps[0].target is None


@pytest.mark.rule(10)
def test_a_silent_node_without_an_exit_says_so_and_reads_again(flow: Flow, script: Script):
    flow.conversation("ask", "Ask.")
    flow.extraction("data", weekday=["Mon", "Tue"])
    flow.conversation("bye", "Bye.", static=True)
    flow.connect("ask", "data")
    flow.connect("data", "bye", if_="weekday is not None")
    script.values["data"] = [{"weekday": None}, {"weekday": "Mon"}]
    s = flow.start()
    stuck = s.say("Hello")
    assert stuck.reply is None
    (notice,) = stuck.notices
    assert "data" in notice
    assert notice in stuck.summary
    assert s.node == "data"
    turn = s.say("Monday")
    assert turn.path == ("data", "bye")
    assert "Monday" in script.read_by("data")[1]["messages"][-1]["content"]


@pytest.mark.rule(11)
def test_a_silent_loop_is_stopped_and_shown(flow: Flow, script: Script):
    flow.conversation("ask", "Ask.")
    flow.extraction("left", name=str)
    flow.extraction("right", city=str)
    flow.connect("ask", "left")
    flow.connect("left", "right")
    flow.connect("right", "left")
    script.values = {"left": [{"name": None}], "right": [{"city": None}]}
    s = flow.start()
    with pytest.raises(FlowError, match="left → right → left") as fault:
        s.say("Hello")
    assert fault.value.kind == "silent_loop"
    assert (s.turns, s.node) == ((), "ask")
    assert 10 <= len(script.server.requests) <= 15


@pytest.mark.rule(12)
def test_a_turn_that_fails_leaves_the_session_as_it_was(booking: Flow, script: Script):
    script.choices, script.values["data"] = ["1"], [{"name": "Ana", "weekday": None}]
    script.words = [Say(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}}), "Which day?"]
    s = booking.start()
    with pytest.raises(ProviderError) as fault:
        s.say("I am Ana")
    assert "node 'ask'" in fault.value.where
    assert (s.turns, s.node, dict(s.variables)) == ((), "ask", {"name": None, "weekday": None})
    assert len(s.unfinished[0].calls) == 2, "its usage is not lost"
    assert str(s.say("I am Ana")) == "Which day?"
    assert s.variables["name"] == "Ana"
    assert s.usage.input_tokens == 7 * 5


@pytest.mark.rule(12)
def test_a_turn_stopped_before_its_reply_leaves_no_trace_in_the_dialogue(booking: Flow, script: Script):
    script.words = [Say("Slow", pause_s=30), "Which day?"]

    async def stopped():
        task = asyncio.create_task(s.asay("I am Ana"))
        while len(script.server.requests) < 1:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    s = booking.start()
    script.server.script(Say("{", pause_s=5))
    asyncio.run(stopped())
    _wait_until_free(s)
    assert (s.turns, len(s.unfinished)) == ((), 1)


@pytest.mark.rule(13)
def test_a_turn_stopped_while_it_speaks_keeps_the_partial_reply(flow: Flow, script: Script):
    flow.conversation("chat", "Chat.")
    script.words = [Say("Once upon a time there was a fox", pause_s=0.1), "Yes."]
    s = flow.start()

    async def stopped():
        async for _ in s.astream("A story, please"):
            break

    asyncio.run(stopped())
    _wait_until_free(s)
    turn = s.turns[0]
    assert str(turn)
    assert "Once upon a time there was a fox".startswith(str(turn))
    assert (turn.reply.finish_reason, turn.complete) == ("interrupted", False)
    s.say("Go on")
    assert script.spoken[-1]["messages"][-2] == {"role": "assistant", "content": f"{str(turn).rstrip()} […]"}


@pytest.mark.rule(13)
def test_stopping_a_turn_is_confirmed(flow: Flow, script: Script):
    flow.conversation("chat", "Chat.")
    script.words = [Say("Once upon a time there was a fox", pause_s=0.1)]
    s = flow.start()

    async def stopped():
        task = asyncio.create_task(s.asay("A story, please"))
        while not script.server.requests:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.25)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    _wait_until_free(s)
    assert s.turns[0].reply.finish_reason == "interrupted"


@pytest.mark.rule(14)
def test_logic_comes_first_and_costs_nothing(flow: Flow, script: Script):
    flow.conversation("ask", "Ask.")
    flow.conversation("first", "First.", static=True)
    flow.conversation("second", "Second.", static=True)
    flow.connect("ask", "second", when="the caller is cross")
    flow.connect("ask", "first", if_="tries > 2")
    flow.connect("ask", "ask", if_=lambda variables: variables["tries"] == 1)
    s = flow.start(variables={"tries": 3})
    turn = s.say("Grr")
    assert str(turn) == "First."
    assert not script.server.requests
    assert [verdict.verdict for verdict in turn.steps[0].verdicts] == ["not looked at", "holds", "not looked at"]
    s = flow.start(variables={"tries": 1})
    assert s.say("Grr").moves == (("ask", "ask"),)


@pytest.mark.rule(14)
def test_connecting_again_replaces_the_condition(flow: Flow, script: Script):
    flow.conversation("ask", "Ask.")
    flow.conversation("first", "First.", static=True)
    flow.connect("ask", "first", if_="tries > 2")
    flow.connect("ask", "first", if_="urgent")
    variables = {"tries": 3, "urgent": False}
    assert not flow.start(variables=variables).say("Grr").moves
    flow.connect("ask", "first", if_="tries > 2 or urgent")
    assert flow.start(variables=variables).say("Grr").moves == (("ask", "first"),)


@pytest.mark.rule(15)
@pytest.mark.parametrize("condition", ["urgent", "not urgent", "urgent == True", "urgent != True", "tries < 3"])
def test_an_unknown_condition_does_not_hold(flow: Flow, script: Script, condition: str):
    flow.conversation("ask", "Ask.")
    flow.conversation("moved", "Moved.", static=True)
    flow.connect("ask", "moved", if_=condition)
    s = flow.start(variables={"urgent": None, "tries": None})
    assert s.say("Hello").moves == ()
    flow.connect("ask", "moved", if_="urgent is None")
    assert s.say("Hello").moves == (("ask", "moved"),)


@pytest.mark.rule(16)
def test_a_misspelt_variable_in_a_condition_is_an_error(booking: Flow, script: Script):
    booking.connect("ask", "bye", if_="weekdy == 'Mon'")
    with pytest.raises(ConfigError, match="'weekdy'") as fault:
        booking.start().say("Hello")
    assert fault.value.kind == "condition"
    assert "'weekday'" in fault.value.fix


@pytest.mark.rule(17)
def test_one_call_judges_all_prompt_conditions(flow: Flow, script: Script):
    flow.conversation("ask", "Ask.")
    flow.conversation("cat", "Meow.", static=True)
    flow.conversation("dog", "Woof.", static=True)
    flow.connect("ask", "cat", when="they want a cat")
    flow.connect("ask", "dog", when="they want a dog")
    script.choices = ["2"]
    turn = flow.start().say("A dog!")
    assert (str(turn), len(script.judged)) == ("Woof.", 1)
    shape = script.judged[0]["response_format"]["json_schema"]["schema"]["properties"]
    assert "stay" in json.dumps(shape["choice"])
    question = script.judged[0]["messages"][-1]["content"]
    assert "- they want a cat\n- they want a dog\n- stay" in question
    assert [(verdict.verdict, verdict.reason) for verdict in turn.steps[0].verdicts] == [
        ("does not hold", ""),
        ("holds", "so it seems"),
    ]


@pytest.mark.rule(18)
def test_the_else_edge_comes_last_wherever_it_was_connected(flow: Flow, script: Script):
    flow.conversation("ask", "Ask.")
    flow.conversation("other", "Other.", static=True)
    flow.conversation("cat", "Meow.", static=True)
    flow.connect("ask", "other")
    flow.connect("ask", "cat", when="they want a cat")
    script.choices = ["stay", "1"]
    assert str(flow.start().say("Hm")) == "Other."
    assert str(flow.start().say("A cat")) == "Meow."


@pytest.mark.rule(19)
def test_with_two_else_edges_no_session_starts(booking: Flow):
    booking.connect("data", "data")
    with pytest.raises(FlowError, match="'data'") as fault:
        booking.start()
    assert fault.value.kind == "two_else"


@pytest.mark.rule(20)
def test_which_model_judges(booking: Flow, script: Script):
    judged = []

    def models():
        s = booking.start()
        s.say("Hello")
        judged.append((script.judged[-1]["model"], s.turns[0].steps[0].reply.model_source))

    models()
    booking.node("ask").model = "compatible:nodes-own"
    models()
    booking.judge_model = "compatible:careful"
    models()
    s = booking.start()
    s.say("Hello", model="compatible:given")
    judged.append((script.judged[-1]["model"], s.turns[0].steps[0].reply.model_source))
    s = booking.start(model="compatible:of-the-session")
    s.say("Hello")
    assert script.judged[-1]["model"] == "of-the-session"
    s.say("Hello", model="compatible:given")
    assert script.judged[-1]["model"] == "given"
    assert judged == [
        ("scripted", "flow default"),
        ("nodes-own", "node override"),
        ("careful", "judge override"),
        ("given", "call argument"),
    ]
    assert {request["model"] for request in script.spoken} == {"scripted", "nodes-own", "given", "of-the-session"}


@pytest.mark.rule(21)
def test_a_static_node_speaks_its_sentence_once_and_then_from_its_prompt(flow: Flow, script: Script):
    flow.conversation("hello", "Hello, how may I help?", static=True)
    script.words = ["I can book a table for you."]
    s = flow.start()
    turn = s.say("What can you do?")
    assert (str(s.turns[0]), str(turn)) == ("Hello, how may I help?", "I can book a table for you.")
    assert len(script.spoken) == 1
    assert system_of(script.spoken[0]) == "Hello, how may I help?"
    assert s.turns[0].calls == ()


@pytest.mark.rule(22)
def test_the_global_prompt_precedes_every_prompt(flow: Flow, script: Script):
    flow.global_prompt = "You work for {{firm}}."
    flow.conversation("ask", "Ask.")
    flow.conversation("tell", "Tell.")
    flow.connect("ask", "tell", if_="firm == 'Acme'")
    s = flow.start(variables={"firm": "Smith"})
    s.say("Hello")
    s.variables["firm"] = "Acme"
    s.say("Hello")
    assert [system_of(request) for request in script.spoken] == [
        "You work for Smith.\n\nAsk.",
        "You work for Acme.\n\nTell.",
    ]


@pytest.mark.rule(23)
def test_a_model_reads_not_stated_and_a_fixed_sentence_demands_a_value_or_a_default(flow: Flow, script: Script):
    flow.conversation("ask", "Speak to {{name}}, {{name.first | upper}}.")
    s = flow.start()
    with pytest.raises(TemplateError, match=r"'ask'.*\{\{name\}\}"):
        s.say("Hello")  # nothing sets it: it is probably misspelled
    flow.extraction("data", name=str)
    s.say("Hello")
    assert system_of(script.spoken[-1]) == "Speak to not stated, not stated."
    flow.conversation("ask", "Hello {{name}}.", static=True)
    with pytest.raises(TemplateError, match=r"'ask'.*\{\{name\}\}") as caught:
        flow.start(speak_first=True)
    assert caught.value.kind == "template_no_value"
    s.say("Hello")
    assert system_of(script.spoken[-1]) == "Hello not stated.", "from its second visit on it is a prompt"
    flow.conversation("ask", 'Speak to {{ name | default("a friend") }}.')
    s.say("Hello")
    assert system_of(script.spoken[-1]) == "Speak to a friend."


@pytest.fixture
def with_help(flow: Flow) -> Flow:
    flow.conversation("ask", "Ask.")
    flow.conversation("pay", "Pay.")
    flow.conversation("help", "Our hours are nine to five.", static=True, enter="the caller asks for the hours")
    flow.connect("ask", "pay", when="the caller wants to pay")
    return flow


@pytest.mark.rule(24, 25, 26)
def test_a_global_node_is_entered_from_anywhere_and_returns(with_help: Flow, script: Script):
    s = with_help.start()
    script.choices = ["2"]
    turn = s.say("When are you open?")
    assert (str(turn), s.node) == ("Our hours are nine to five.", "ask")
    assert turn.moves == (("ask", "help"),)
    assert len(script.judged) == 1
    assert turn.steps[0].verdicts[1].is_way_in
    script.choices = ["1"]
    assert s.say("I want to pay").moves == (("ask", "pay"),)
    script.choices = ["1"]
    script.words = ["Nine to five, as I said."]
    turn = s.say("And when are you open?")
    assert (turn.moves, s.node) == ((("pay", "help"),), "pay")
    assert str(turn) == "Nine to five, as I said.", "the second visit speaks from its prompt"


@pytest.mark.rule(25)
def test_edges_into_global_nodes_are_judged_once_a_turn(with_help: Flow, script: Script):
    with_help.extraction("data", name=str)
    with_help.connect("ask", "data")
    with_help.connect("data", "pay", if_="name is not None")
    with_help.connect("data", "ask")
    script.values["data"] = [{"name": "Ana"}]
    turn = with_help.start().say("I am Ana")
    assert turn.path == ("data", "pay")
    assert [
        [verdict.target for verdict in step.verdicts] for step in turn.steps if not hasattr(step, "result")
    ] == [
        ["pay", "data", "help"],
        ["pay", "ask"],
    ]


@pytest.mark.rule(25)
def test_edges_into_global_nodes_come_after_logic_and_before_the_else_edge(with_help: Flow, script: Script):
    with_help.connect("ask", "pay")
    script.choices = ["1"]
    assert with_help.start().say("When are you open?").moves == (("ask", "help"),)
    with_help.connect("ask", "pay", if_="hurry")
    s = with_help.start(variables={"hurry": True})
    before = len(script.judged)
    assert s.say("When are you open?").moves == (("ask", "pay"),)
    assert len(script.judged) == before


@pytest.mark.rule(24, 26)
def test_a_silent_global_node_reads_and_the_node_it_came_from_speaks(flow: Flow, script: Script):
    flow.conversation("ask", "Ask.")
    flow.extraction("correct", name=str, enter="the caller corrects a name")
    script.choices, script.values["correct"], script.words = ["1"], [{"name": "Anna"}], ["Noted, Anna."]
    s = flow.start(variables={"name": "Ana"})
    turn = s.say("With two n: Anna")
    assert (turn.path, s.node, s.variables["name"], str(turn)) == (
        ("correct", "ask"),
        "ask",
        "Anna",
        "Noted, Anna.",
    )


@pytest.mark.rule(27)
def test_a_global_node_with_edges_leads_on(with_help: Flow, script: Script):
    with_help.connect("help", "pay", if_="hurry")
    s = with_help.start(variables={"hurry": False})
    script.choices = ["2", "stay"]
    s.say("When are you open?")
    assert s.node == "help"
    s.say("And on Sundays?")
    assert s.node == "help"
    s.variables["hurry"] = True
    s.say("I have no time")
    assert s.node == "pay"


@pytest.mark.rule(28, 29)
def test_variables_come_from_nodes_and_code_and_keep_their_history(booking: Flow, script: Script):
    script.choices = ["1"]
    script.values["data"] = [{"name": "Ana", "weekday": None}, {"name": "Leo", "weekday": None}]
    s = booking.start(variables={"caller": "+49"})
    s.say("I am Ana")
    s.say("No, my name is Leo")
    s.variables["name"] = "Leonard"
    assert s.variables["caller"] == "+49"
    assert [(e.value, e.status, e.source, e.turn) for e in s.variables.history("name")] == [
        ("Ana", "found", "data", 1),
        ("Leo", "found", "data", 2),
        ("Leonard", "set", "code", 2),
    ]
    assert s.variables["name"] == "Leonard"
    with pytest.raises(ConfigError, match="'two words'") as fault:
        s.variables["two words"] = 1
    assert fault.value.kind == "variable"


@pytest.mark.rule(30)
def test_not_stated_is_none_and_replaces_nothing(flow: Flow, script: Script):
    flow.extraction("data", name=str, people=int, urgent=bool)
    flow.conversation("ask", "Ask.")
    flow.connect("data", "ask")
    script.values["data"] = [
        {"name": "Ana", "people": 0, "urgent": False},
        {"name": "", "people": None, "urgent": None},
    ]
    s = flow.start()
    assert dict(s.variables) == {"name": None, "people": None, "urgent": None}
    s.say("Ana, nobody, no hurry")
    assert dict(s.variables) == {"name": "Ana", "people": 0, "urgent": False}
    s.reset()
    script.values["data"] = [{"name": "Ana", "people": None, "urgent": None}, {"name": None, "people": 2}]
    s.say("Ana")
    assert (s.variables["people"], s.variables.status["people"]) == (None, "not_stated")
    flow.start_node = "data"
    s.say("two of us")
    assert dict(s.variables)["name"] == "Ana"


@pytest.mark.rule(31)
@pytest.mark.parametrize("word", ["N/A", "unknown", "none", "null", " None "])
def test_words_such_as_unknown_count_as_not_stated(booking: Flow, script: Script, word: str):
    script.choices, script.values["data"] = ["1"], [{"name": word, "weekday": None}]
    s = booking.start()
    s.say("I am nobody")
    assert (s.variables["name"], s.variables.history("name")) == (None, ())


@pytest.mark.rule(32)
def test_each_turn_keeps_a_trace(booking: Flow, script: Script):
    script.choices, script.values["data"] = ["1"], [{"name": "Ana", "weekday": None}]
    s = booking.start()
    turn = s.say("I am Ana")
    look, read, second, spoke = turn.steps
    assert (look.node, look.verdicts[0].condition) == ("ask", "the caller gave a name and a weekday")
    assert (look.reply.model, look.reply.usage.input_tokens) == ("compatible:scripted", 7)
    assert look.reply.latency_s > 0
    assert read.result.values["name"] == "Ana"
    assert [(v.kind, v.verdict, v.reason) for v in second.verdicts] == [
        ("logic", "does not hold", "weekday is not stated"),
        ("else", "holds", "no other edge holds"),
    ]
    assert spoke.reply.text == "Hm."
    assert list(s.trace) == list(turn.steps)
    assert str(turn.cost) == "not priced"
    assert (turn.usage.input_tokens, len(turn.calls)) == (21, 3)
    assert turn.latency_s >= max(reply.latency_s for reply in turn.calls)
    assert 0 < turn.time_to_first_token_s <= turn.latency_s
    story = s.explain()
    for words in (
        "you said “I am Ana”",
        "when “the caller gave a name and a weekday”: holds (the model: “so it seems”)",
        "data found name: Ana; weekday was not stated",
        "if weekday is not None: does not hold, since weekday is not stated",
        "The flow is now at ask.",
    ):
        assert words in story
    assert "so it seems" in repr(s.trace)
    assert "so it seems" in s.trace._repr_html_()


@pytest.mark.rule(33)
def test_a_fork_continues_at_no_cost_and_leaves_its_parent_unchanged(booking: Flow, script: Script):
    script.choices = ["stay", "1", "stay"]
    script.values["data"] = [{"name": "Ana", "weekday": None}]
    s = booking.start()
    s.say("Hello")
    s.say("I am Ana")
    before = len(script.server.requests)
    fork = s.fork(turn=1, model="compatible:other")
    assert len(script.server.requests) == before
    assert (len(fork.turns), fork.node, fork.variables["name"]) == (1, "ask", None)
    fork.say("I am Leo")
    assert (len(s.turns), len(fork.turns), s.variables["name"]) == (2, 2, "Ana")
    assert script.spoken[-1]["model"] == "other"
    assert [message["content"] for message in script.spoken[-1]["messages"][1:]] == ["Hello", "Hm.", "I am Leo"]
    assert len(s.fork().turns) == 2
    assert s.fork(0).turns == ()
    with pytest.raises(FlowError, match="7") as fault:
        s.fork(7)
    assert fault.value.kind == "turn"


@pytest.mark.rule(34)
def test_reset_goes_back_to_the_beginning(flow: Flow, script: Script):
    flow.conversation("hello", "Hello!", static=True)
    s = flow.start(variables={"firm": "Acme"})
    s.variables["firm"] = "Smith"
    s.say("Hi")
    s.variables["late"] = 1
    s.reset()
    assert [turn.number for turn in s.turns] == [0]
    assert dict(s.variables) == {"firm": "Smith"}
    assert s.say("Hi").number == 1


@pytest.mark.rule(35)
def test_sessions_run_at_the_same_time_without_affecting_each_other(booking: Flow, script: Script):
    script.values["data"] = [{"name": None, "weekday": None}]
    script.words = [Say("Go on then", pause_s=0.05)]
    other = Flow(f"{booking.name} beside")
    other.set_base_url("compatible", script.server.base_url)
    other.model = "compatible:other"
    other.conversation("chat", "Chat.")
    sessions = [booking.start() for _ in range(8)] + [other.start() for _ in range(8)]

    async def all_at_once():
        await asyncio.gather(*(s.asay(f"I am number {number}") for number, s in enumerate(sessions)))

    asyncio.run(all_at_once())
    for number, s in enumerate(sessions):
        assert [message.content for message in s.transcript] == [f"I am number {number}", "Go on then"]
    assert {s.turns[0].reply.model for s in sessions} == {"compatible:scripted", "compatible:other"}


@pytest.mark.rule(35)
def test_one_session_takes_one_turn_at_a_time(flow: Flow, script: Script):
    flow.conversation("chat", "Chat.")
    script.words = [Say("Slowly I speak", pause_s=0.2)]
    s = flow.start()
    thread = threading.Thread(target=s.say, args=("One",))
    thread.start()
    while not s.busy:
        time.sleep(0.01)
    for door in (lambda: s.say("Two"), s.reset):
        with pytest.raises(FlowError) as fault:
            door()
        assert fault.value.kind == "busy"
    thread.join()
    assert [turn.text for turn in s.turns] == ["One"]


@pytest.mark.rule(36)
def test_a_session_can_be_saved_and_loaded(booking: Flow, script: Script, tmp_path: Path):
    script.choices, script.values["data"] = ["1"], [{"name": "Ana", "weekday": None}]
    s = booking.start()
    s.say("I am Ana")
    s.save(tmp_path / "ana.session.json")
    again = booking.load_session(tmp_path / "ana.session.json")
    assert isinstance(again, Session)
    assert (again.transcript, again.node, dict(again.variables)) == (s.transcript, s.node, dict(s.variables))
    assert again.explain() == s.explain()
    assert repr(again.trace) == repr(s.trace)
    assert str(again.say("Tuesday")) == "Hm."
    assert len(s.turns) == 1


def _wait_until_free(session: Session) -> None:
    end = time.monotonic() + 5
    while session.busy and time.monotonic() < end:
        time.sleep(0.01)
    assert not session.busy


@pytest.mark.rule(44)
def test_what_is_no_placeholder_is_sent_as_it_is_written(flow: Flow, script: Script):
    text = '{# note #} {"a": {"b": 1}} \\frac{{x}_i}{2} {single} {{1, 2}}'
    flow.conversation("ask", text + " {{ '{{' }}name}}")
    flow.start().say("Hi")
    assert system_of(script.spoken[-1]) == text + " {{name}}"


@pytest.mark.rule(45)
@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("{{ price * 2 }}", "{{result}}"),
        ("{{ name.upper() }}", "{{ name | upper }}"),
        ("{% if name %}{{name}}{% else %}you{% endif %}", "{{ name | default('you', true) }}"),
    ],
)
def test_operators_calls_and_statements_are_errors_that_say_what_to_write(
    flow: Flow, script: Script, wrong: str, right: str
):
    flow.conversation("ask", f"Speak.\nTo {wrong}.")
    with pytest.raises(TemplateError, match="line 2, column 4") as caught:
        flow.start().say("Hi")
    assert right in caught.value.fix
    assert not script.server.requests
    assert [finding.fix for finding in flow.check() if finding.kind == "template"] == [caught.value.fix]


@pytest.mark.rule(46)
def test_an_entry_comes_before_an_attribute_and_methods_are_no_parts(flow: Flow, script: Script):
    order = {"items": ["tea"], "count": 2, "_id": 7}
    flow.conversation("ask", "{{order.items}}, {{ order['count'] }}, {{ order['_id'] }}.")
    s = flow.start(variables={"order": order, "name": "Ana"})
    s.say("Hi")
    assert system_of(script.spoken[-1]) == "tea, 2, 7."
    for part in ("name.upper", "name.__class__", "order.__class__.__init__", "order.items.append"):
        flow.conversation("ask", "{{" + part + " | default('nothing')}}")
        s.say("Hi")
        assert system_of(script.spoken[-1]) == "nothing"


@pytest.mark.rule(47)
def test_the_filters_that_the_page_names_exist_and_results_are_bounded(flow: Flow):
    rule = re.search(r"^47\. (.*?)\n\n", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert rule is not None
    named = re.findall(r"`(\w+)`", rule[1])
    assert len(named) > 20
    assert set(named) <= FILTERS
    flow.conversation("ask", "{{text}}{{text}}{{text}}")
    with pytest.raises(TemplateError) as caught:
        flow.start(variables={"text": "x" * 900_000}).say("Hi")
    assert caught.value.kind == "template_too_long"


@pytest.mark.rule(48)
def test_a_broken_character_is_replaced_and_the_session_goes_on(flow: Flow, script: Script):
    flow.conversation("ask", "Ask.")
    s = flow.start()
    turn = s.say("Hi \ud83d")
    assert "\ufffd" in s.transcript[0].content
    assert "\ufffd" in turn.notices[0]
    s.say("And now?")
    assert script.spoken[-1]["messages"][1]["content"] == "Hi \ufffd"
