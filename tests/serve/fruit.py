"""A flow whose right node can be told from what was said, and callers whose requests are mangled."""

from __future__ import annotations

import concurrent.futures
import json
import random
import re
from collections.abc import Sequence
from typing import Any

from byok_widgets import Flow
from tests.scripted_server import Say
from tests.serve.talking import Caller, Response, flow_said, user

NODES = ("plain", "apple", "banana", "cherry", "damson")
"""From each node, the name of a fruit leads to its node."""


def fruit_flow(name: str, base_url: str) -> Flow:
    flow = Flow(name, fresh=True)
    flow.set_base_url("compatible", base_url)
    flow.model = "compatible:scripted"
    for node in NODES:
        flow.conversation(node, f"You are at {node}.")
    for source in NODES:
        for target in NODES[1:]:
            if source != target:
                flow.connect(source, target, when=f"the caller says {target}")
    return flow


def answer(request: dict[str, Any]) -> Say:
    """Judge by the first fruit of the last words; speak with the node's name and the number of messages."""
    schema = request.get("response_format", {}).get("json_schema", {})
    if schema.get("name") == "edges":
        said = request["messages"][-1]["content"].split("\n\n")[0]
        last = said.rpartition("user: ")[2]
        offered = [choice for choice in schema["schema"]["properties"]["choice"]["enum"] if choice]
        named = (choice for word in words(last) for choice in offered if choice.endswith(f" {word}"))
        chosen = next(named, "stay")
        return Say(json.dumps({"choice": chosen, "reason": "it was said"}))
    node = request["messages"][0]["content"].rpartition(" ")[2].rstrip(".")
    spoken = sum(message["role"] == "user" for message in request["messages"])
    return Say(f"Here is {node}, turn {spoken}. What else may it be for you today?", piece_chars=20)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def node_after(texts: Sequence[str]) -> str:
    """Return where the flow is after these texts."""
    node = NODES[0]
    for text in texts:
        node = next((word for word in words(text) if word in NODES[1:] and word != node), node)
    return node


class MangledDialogue:
    """A dialogue whose client changes what it sends, and what it asks for twice or too early.

    Attributes:
        wrong: Turns whose reply was not the right node's, or differed from the reply to the same request.
        turns: How many turns there were.
    """

    def __init__(self, caller: Caller, seed: int, turns: int = 5) -> None:
        self._rng, self._caller, self._left = random.Random(seed), caller, turns
        self._session = f"call {seed}"
        self._pairs: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self.turns = 0

    def run(self, between: Any = lambda: None) -> None:
        unheard = ""
        for _ in range(self._left):
            between()
            text = " ".join(filter(None, (unheard, self._text())))
            messages = self._messages(text)
            if self._rng.random() < 0.25:
                self._speculate(text)
            reply = self._asked(messages)
            self.turns += 1
            expected = node_after([*(said for said, _ in self._pairs), text])
            if f"Here is {expected}," not in reply:
                self.wrong.append(f"{[*self._pairs, text]}: {reply!r}, not {expected}")
            fate = self._rng.random()
            if fate < 0.15:
                unheard = text  # the caller went on before anything was heard
                continue
            unheard = ""
            heard = reply if fate < 0.6 else reply[: self._rng.randrange(8, len(reply))]
            self._pairs.append((text, heard))

    def _text(self) -> str:
        fruit = self._rng.choice(["", *NODES[1:]])
        return self._rng.choice(["I would like {}", "Well {} then", "Rather {}", "Hm {}"]).format(fruit).strip()

    def _messages(self, text: str) -> list[dict[str, Any]]:
        said = [message for u, a in self._pairs for message in (user(u), flow_said(a))] + [user(text)]
        if self._rng.random() < 0.3:
            said = said[-5:]
        system = {"role": "system", "content": f"It is {self._rng.random()} o'clock."}
        return [system, *map(self._rewritten, said)]

    def _rewritten(self, message: dict[str, str]) -> dict[str, Any]:
        text = message["content"]
        change = self._rng.randrange(5)
        if change == 0:
            text = f"  {text.upper()} "
        elif change == 1:
            text = text.replace(" ", "  ").rstrip(".?")
        elif change == 2:
            return {**message, "content": [{"type": "text", "text": text}]}
        return {**message, "content": text}

    def _speculate(self, text: str) -> None:
        early = text[: max(3, len(text) // 2)]
        self._caller.leave(self._messages(early), after=self._rng.choice([b"", b"Here"]), user=self._session)

    def _asked(self, messages: list[dict[str, Any]]) -> str:
        def ask() -> Response:
            return self._caller.ask(messages, stream=self._rng.random() < 0.7, user=self._session)

        if self._rng.random() < 0.7:
            return ask().text
        with concurrent.futures.ThreadPoolExecutor(2) as pool:  # asked again while it is answered
            replies = {future.result().text for future in [pool.submit(ask), pool.submit(ask)]}
        if len(replies) > 1:
            self.wrong.append(f"two replies to one request: {replies}")
        return replies.pop()
