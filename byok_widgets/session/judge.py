"""Judging prompt conditions: one structured call for all of them, in which staying is always a choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from byok_widgets.config import ResolvedModel
from byok_widgets.graph import EVERYWHERE, AnyNode, Edge
from byok_widgets.messages import Message, Reply
from byok_widgets.nodes.calling import Call, FlowState
from byok_widgets.nodes.structured import ask_structured
from byok_widgets.providers.base import OnProgress
from byok_widgets.schema import ExtractionSchema, Field
from byok_widgets.session.trace import EdgeVerdict

STAY = "stay"
MAX_TOKENS = 300
_REASON_CHARS = 200

_INSTRUCTIONS = """\
You watch a conversation and decide whether it moves on. Read the dialogue, then choose the one condition that
holds, judged by what was really said. Choose "stay" when none of them clearly holds. Give your reason in a few
words."""


def judge_model(state: FlowState, node: AnyNode, argument: str | None) -> ResolvedModel:
    """Say which model judges the edges of `node`: call argument > the flow's judge > node override > flow default.

    Raises:
        ConfigError: No model is chosen anywhere.
    """
    chosen = state.config.judge_model
    if argument is None and chosen:
        return ResolvedModel(state.config.ref(chosen), "judge override")
    return node.resolve(argument)


async def judge_prompts(
    edges: Sequence[Edge],
    *,
    node: AnyNode,
    state: FlowState,
    transcript: tuple[Message, ...],
    variables: Mapping[str, Any],
    model: str | None,
    on_progress: OnProgress,
) -> tuple[Edge | None, dict[Edge, EdgeVerdict], Reply]:
    """Ask which of the prompt conditions holds.

    Returns:
        The edge whose condition holds, or `None` for staying; what was found of each; the model's answer.

    Raises:
        ExtractionError: The model gave no choice, also when asked again.
        ByokError: The call failed.
    """
    call = Call(
        node=node.name,
        resolved=judge_model(state, node, model),
        system=_INSTRUCTIONS,
        messages=(Message("user", _question(edges, transcript, variables)),),
        max_tokens=MAX_TOKENS,
    )
    found = await ask_structured(call, _schema(len(edges)), state, on_progress=on_progress)
    values = found.checked.values
    choice, reason = values["choice"], values["reason"] or ""
    taken = None if choice in (STAY, None) else edges[int(choice) - 1]
    return taken, {edge: _verdict(edge, taken, reason) for edge in edges}, found.reply


def _schema(count: int) -> ExtractionSchema:
    choices = Literal[(*(str(number + 1) for number in range(count)), STAY)]  # type: ignore[valid-type]
    return ExtractionSchema.of(
        fields={"reason": Field(str, f"at most {_REASON_CHARS} characters"), "choice": Field(choices)},
        name="edges",
    )


def _question(edges: Iterable[Edge], transcript: Iterable[Message], variables: Mapping[str, Any]) -> str:
    known = ", ".join(f"{name} = {value!r}" for name, value in variables.items() if value is not None)
    said = "\n".join(f"{message.role}: {message.content}" for message in transcript)
    conditions = "\n".join(f"{number}: {edge.when}" for number, edge in enumerate(edges, start=1))
    parts = [f"The dialogue:\n{said}", f"Known: {known}" if known else ""]
    parts.append(f"The conditions:\n{conditions}\n{STAY}: none of these holds")
    return "\n\n".join(part for part in parts if part)


def _verdict(edge: Edge, taken: Edge | None, reason: str) -> EdgeVerdict:
    holds = edge is taken
    said = reason if holds or taken is None else ""
    verdict: Literal["holds", "does not hold"] = "holds" if holds else "does not hold"
    return EdgeVerdict(edge.target, edge.kind, edge.condition, verdict, said, edge.source == EVERYWHERE)
