"""What a node is given in a case: the dialogue itself, or what the flow had at the node, recorded once.

A script is played through the flow with the models that it has now. What the node was given at its last visit is
kept and frozen: all models of a comparison get the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.failures import of_reply
from byok_widgets.compare.cells.frozen import FrozenFlow
from byok_widgets.compare.cells.identity import addresses, flow_definition, model_of
from byok_widgets.compare.cells.lanes import lane_of
from byok_widgets.compare.spending.call_gate import require_all_admitted
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.compare.tasks.stubs import stubbed
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.errors import ConfigError, ProviderError
from byok_widgets.hashing import hashed
from byok_widgets.messages import Message
from byok_widgets.nodes.calls.lane import in_lane
from byok_widgets.plain_values import are_plain
from byok_widgets.session import Session
from byok_widgets.session.steps import Visit
from byok_widgets.session.turn import Turn


@dataclass(frozen=True)
class Given:
    """What a node is given.

    Attributes:
        messages: The dialogue.
        variables: The values by name.
        id: Hash of both.
    """

    messages: tuple[Message, ...]
    variables: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def id(self) -> str:
        """Hash of it."""
        return hashed(self.to_data())

    def to_data(self) -> list[Any]:
        """Return it as plain data."""
        return [[[message.role, message.content] for message in self.messages], dict(self.variables)]

    @classmethod
    def of_data(cls, data: Any) -> Given:
        """Return it from plain data."""
        messages, variables = data
        return cls(tuple(Message(role, content) for role, content in messages), variables)


def recorded(case: Case, node: str, flow: FrozenFlow, store: CellStore) -> Given | None:
    """Return what was recorded before a node in a case; `None` where nothing was."""
    known = store.upstream(_name(case, node, flow))
    return None if known is None else Given.of_data(known)


async def record(case: Case, node: str, flow: FrozenFlow, store: CellStore) -> Given:
    """Play a case's script until the node's last visit, or take what was recorded before.

    Raises:
        ConfigError: The node is not reached, or a value at it cannot be kept.
        ByokError: The flow failed.
    """
    name = _name(case, node, flow)
    known = store.upstream(name)
    if known is None:
        async with store.alone(name):
            known = store.upstream(name)  # another comparison may have played it meanwhile
            if known is None:
                known = await _kept(case, node, flow, store, name)
    return Given.of_data(known)


async def _kept(case: Case, node: str, flow: FrozenFlow, store: CellStore, name: str) -> Any:
    """Play a case's script, keep what the node is given, and return that."""
    with in_lane(lane_of(case, f"before {node}")):
        given = await _played(case, node, flow)
    require_all_admitted()  # a function may have gone on without a call that was refused
    if not are_plain(given.variables.values()):
        raise ConfigError(
            f"A value that node {node!r} is given in case {case.name!r} cannot be kept.",
            kind="upstream",
            fix="Give this node cases with transcripts.",
        )
    store.keep_upstream(name, given.to_data())
    return store.upstream(name)


def _name(case: Case, node: str, flow: FrozenFlow) -> str:
    """Return under what it is kept: whatever changes what the flow does before the node gives another name.

    Its own prompt does not: what it is given stays while that is worked on.
    """
    models = {each.name: model_of(each) for each in flow.graph.nodes.values() if each.name != node}
    called = [ref for name, ref in models.items() if ref is not None]
    own = flow_definition(flow.graph, flow.context, opens=flow.speaks_first, but=node)
    return hashed([case.input_id, node, own, models, addresses(called, flow.context)])


async def _played(case: Case, node: str, flow: FrozenFlow) -> Given:
    session = Session(stubbed(flow, case.stubs).graph, flow.context, variables=case.variables)
    if flow.speaks_first:
        _require_whole(await session.prepare_turn(None)(ignore, ignore), case)
    found: Given | None = None
    for text in case.script:
        if session.closed:
            break
        before, known = session.transcript, dict(session.variables)
        turn = await session.prepare_turn(text)(ignore, ignore)
        _require_whole(turn, case)
        if node in turn.path:
            found = _given(turn, node, (*before, Message("user", text)), known)
    if found is None:
        raise ConfigError(
            f"Case {case.name!r} does not reach node {node!r}: it is at {session.node!r} in the end.",
            kind="upstream",
            fix="Let the caller say more, or give the case a transcript for this node.",
        )
    return found


def _require_whole(turn: Turn, case: Case) -> None:
    """Reject a turn that was cut off by the provider: what follows from it says nothing.

    Raises:
        ProviderError: A call gave only a part of its answer.
    """
    for reply in turn.calls:
        found = of_reply(reply)
        if found["status"] == "failed":
            raise ProviderError(
                f"The answer of node {reply.node!r}, before the node in case {case.name!r}, was cut off: "
                f"{found['message']}",
                kind="upstream",
                fix="Resume the comparison.",
            )


def _given(turn: Turn, node: str, messages: tuple[Message, ...], known: Mapping[str, Any]) -> Given:
    """Return what the last visit of a node in a turn was given: what the nodes before it learned included."""
    variables = dict(known)
    visits = [step for step in turn.steps if isinstance(step, Visit)]
    last = max(at for at, visit in enumerate(visits) if visit.node == node)
    for visit in visits[:last]:
        for learned in visit.result.learned:
            if learned.value is not None or learned.rejected is None:
                variables[learned.name] = learned.value
    return Given(messages, variables)
