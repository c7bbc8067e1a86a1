"""Attribute names that people often guess, and the right call for each: one table for all objects.

A guessed name is not an attribute: `hasattr` is false, and completion does not offer it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from byok_widgets.attributes.strict import is_key, nearest
from byok_widgets.errors import ConfigError
from byok_widgets.secrets import looks_like_key

_SETTINGS = "temperature top_p effort reasoning_effort seed verbosity"
_START = 's = flow.start(), then s.say("...")'
_SAY = 's.say("...")'
_RUN = 'node.run("...")'
_SPEAK = "run say send ask talk invoke call message reply respond execute prompt generate complete submit input"
_SHOW = "show draw plot visualize visualise display diagram render"


def _table(**rows: str) -> dict[str, str]:
    """Return the right call by guessed name; a row holds the names, separated by spaces, for a key of `_MEANT`."""
    return {name: _MEANT[meant] for meant, names in rows.items() for name in names.split()}


def _settings(of: str) -> dict[str, str]:
    """Return the model settings that people look for as attributes, with the line that sets each."""
    return {name: f'{of}.settings["{name}"] = value' for name in _SETTINGS.split()}


_MEANT = {
    "start": _START,
    "begin": "s = flow.start()",
    "say": _SAY,
    "stream": 'async for event in s.astream("...")',
    "run": _RUN,
    "read": "node.run(dialogue)",
    "act": "node.run(variables={...})",
    "talk_on": f"{_RUN} for this node alone; to talk to the whole flow: {_START}",
    "conversation": 'flow.conversation("name", "prompt")',
    "extraction": 'flow.extraction("name", field=str)',
    "action": 'flow.action("name", function)',
    "connect": "flow.connect(one, other)",
    "disconnect": "flow.disconnect(one, other)",
    "remove": "flow.remove(node)",
    "check": "flow.check()",
    "show": "flow, as the last line of a cell",
    "tested": "flow.test(cases)",
    "case": "flow.save_case(session)",
    "model": 'flow.model = "provider:model-id"',
    "settings": "flow.settings()",
    "chat": "flow.chat()",
    "save": 'flow.save("name.flow.json")',
    "of_session": "s.variables, of a session: s = flow.start()",
    "said": "s.transcript",
    "known": "s.variables",
    "where": "s.node",
    "last": "s.turns[-1]",
    "why": "print(s.explain())",
    "back": "s.fork(turn=...)",
    "again": "s.reset()",
    "closed": "s.closed",
    "file": 'flow.load_session("file")',
    "provider": "flow.provider = ...",
    "prompt": "node.prompt",
    "fields": "node.schema",
    "teach": "node.teach(dialogue, values)",
    "link": "flow.connect(node, other)",
    "text": "reply.text",
    "asked": "reply.request",
    "thought": "reply.reasoning",
    "took": "reply.usage",
    "seconds": "reply.latency_s",
    "paid": "reply.cost",
    "dialogue": "reply.transcript",
    "values": "found.values",
    "answer": "found.reply.text",
    "thought_of_answer": "found.reply.reasoning",
    "spoken": "turn.reply, and its text str(turn)",
    "requests": "turn.requests",
    "thought_of_turn": "turn.reply.reasoning",
}

GUESSES: Mapping[str, Mapping[str, str]] = {
    "flow": _table(
        start=_SPEAK,
        begin="session new_session start_session create_session begin open reset fork converse",
        conversation="add_node node_add create_node new_node add_conversation conversation_node prompt_node agent",
        extraction="add_extraction extract extractor extraction_node",
        action="add_action tool add_tool function action_node",
        connect="add_edge edge link transition add_transition goto",
        disconnect="remove_edge delete_edge",
        remove="remove_node delete_node delete",
        check="validate lint verify diagnose",
        show=f"{_SHOW} edges",
        model="set_model use_model with_model default_model models",
        provider="providers set_provider use_provider",
        settings="key api_key set_key set_api_key add_key panel open_settings configure gear ui",
        chat="chat_widget chatbot",
        save="to_file to_json dump write",
        of_session="variables variable state history transcript turns",
        tested="run_tests tests test_cases evaluate",
        case="save_test save_as_test save_as_case add_case",
    )
    | _settings('flow.node("name")'),
    "session": _table(
        say=_SPEAK.replace("say ", "") + " chat step next turn tell",
        stream="stream say_stream",
        said="history messages dialogue dialog conversation log",
        known="vars state values memory slots",
        where="current_node active_node current position",
        last="last last_turn latest response output",
        why="why reason explanation",
        back="undo back rewind goto revert",
        again="restart clear",
        closed="done ended finished is_closed is_done",
        file="open_file",
        case="save_test save_case save_as_test save_as_case to_case",
    ),
    "conversation": _table(
        talk_on=_SPEAK.replace("run ", "").replace(" prompt", "") + " chat start stream speak",
        link="connect link to next add_edge",
        prompt="text system sentence template",
    )
    | _settings("node"),
    "extraction": _table(
        read=_SPEAK.replace("run ", "").replace(" prompt", "") + " extract read parse chat start",
        fields="fields field_types columns",
        teach="train add_example add_examples example learn few_shot correct",
        link="connect link to next add_edge",
        prompt="system template",
    )
    | _settings("node"),
    "action": _table(
        act=_SPEAK.replace("run ", "").replace(" prompt", "") + " do perform chat start",
        link="connect link to next add_edge",
    ),
    "reply": _table(
        text="content message response output answer",
        asked="prompt system messages sent",
        thought="thinking thoughts reasoning_content",
        took="tokens token_count",
        seconds="latency latency_ms seconds duration elapsed time",
        paid="usd cost_usd",
        dialogue="history dialogue conversation",
    ),
    "extraction result": _table(
        values="data result results json dict fields",
        answer="text content raw raw_text",
        thought_of_answer="reasoning thinking thoughts",
    ),
    "turn": _table(
        spoken="content message response output answer",
        requests="prompt prompts request",
        thought_of_turn="reasoning thinking thoughts",
    ),
}
"""For each kind of object, the guessed names with the right call. None of them may be the name of an attribute."""


class UnknownAttributeError(ConfigError, AttributeError):
    """An attribute that does not exist; the fix names the right call."""

    default_kind = "unknown_name"


def reject_guess(kind: str, what: str, name: str) -> None:
    """Raise the error that names the right call if `name` is a known guess.

    Args:
        kind: Kind of object, a key of `GUESSES`.
        what: The object in words.
        name: The attribute that was asked for.

    Raises:
        UnknownAttributeError: It is such a guess.
    """
    meant = GUESSES.get(kind, {}).get(name)
    if meant:
        raise UnknownAttributeError(f"{what} has no {name!r}.", fix=f"Write: {meant}.")


def _with_article(what: str) -> str:
    return f"{'An' if what[0] in 'AEIOU' else 'A'} {what}"


class AnswersGuesses:
    """Mixin: reading or setting an attribute under a guessed name raises an error that names the right call.

    Where a name is misspelt, the error suggests the nearest one.
    """

    _guessed_kind: ClassVar[str] = ""

    def _reject(self, name: str) -> None:
        reject_guess(self._guessed_kind, _with_article(type(self).__name__), name)

    def _suggest(self, name: str) -> None:
        """Raise the error that names the attribute which was probably meant, unless there is one of this name."""
        known = [each for each in dir(self) if not each.startswith("_")]
        meant = nearest(name, known)
        if meant and name not in known:
            raise UnknownAttributeError(
                f"{_with_article(type(self).__name__)} has no {name!r}.", fix=f"Did you mean {meant!r}?"
            )

    def __setattr__(self, name: str, value: Any) -> None:
        if name in GUESSES.get(self._guessed_kind, ()) and not is_key(name, value):
            self._reject(name)
        super().__setattr__(name, value)

    if not TYPE_CHECKING:  # a type checker keeps knowing every attribute

        def __getattr__(self, name: str) -> Any:
            if looks_like_key(name):
                raise AttributeError(f"{type(self).__name__!r} object has no such attribute")
            if not name.startswith("_"):
                self._reject(name)
                self._suggest(name)
            return object.__getattribute__(self, name)  # the usual error, or the one inside a property
