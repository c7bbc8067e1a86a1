"""Judges prompt conditions: one structured call for all of them, in which staying is always a choice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal

from byok_widgets.config import ResolvedModel
from byok_widgets.display.value_words import quoted
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.errors import ByokError, ExtractionError, ProviderError
from byok_widgets.graph import EVERYWHERE, AnyNode, Edge
from byok_widgets.messages import Message
from byok_widgets.nodes.calls.call import Call
from byok_widgets.nodes.calls.structured_output import Structured, ask_structured, with_cost
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.plain_values import are_plain
from byok_widgets.reply import Reply
from byok_widgets.schema import ExtractionSchema, Field
from byok_widgets.secrets import redact_held
from byok_widgets.session.early_choice import EarlyChoice, may_choose_early
from byok_widgets.session.evaluation import in_worker
from byok_widgets.session.steps import EdgeVerdict
from byok_widgets.surrogates import without_surrogates

STAY = "stay"
_ROOM = 16_000
"""Limit that is proposed, in tokens, where an answer was cut off by a limit that is not known."""
_REASON_CHARS = 120
_REASON_PATTERN = rf'^[^"\\\n\r]{{0,{_REASON_CHARS}}}$'

_INSTRUCTIONS = """\
You watch a conversation and decide whether it moves on. Say which condition is true of what was said. If none is
clearly true, say "stay". Give your reason in a few words."""


def judge_model(context: FlowContext, node: AnyNode, argument: str | None) -> ResolvedModel:
    """Return the judge for the edges of `node`: call argument > the flow's judge > node override > flow default.

    Raises:
        ConfigError: No model is chosen anywhere.
    """
    chosen = context.config.judge_model
    if argument is None and chosen:
        return ResolvedModel(context.config.ref(chosen), "judge override")
    return node.resolve(argument)


@dataclass(frozen=True)
class Judged:
    """What a judge found.

    Attributes:
        taken: The edge whose condition holds; `None` for staying.
        verdicts: The verdict on each edge; without reasons while those are still being written.
        reply: The model's answer; `None` while it is still being written.
        rest: Ends with all of it, where the choice came first.
    """

    taken: Edge | None
    verdicts: dict[Edge, EdgeVerdict]
    reply: Reply | None
    rest: asyncio.Task[Judged] | None = None


NOT_JUDGED = Judged(None, {}, None)
"""Where no model was asked."""


async def judge_prompts(
    edges: Sequence[Edge],
    *,
    node: AnyNode,
    context: FlowContext,
    transcript: tuple[Message, ...],
    variables: Mapping[str, Any],
    resolved: ResolvedModel,
    on_progress: OnProgress,
) -> Judged:
    """Ask which of the prompt conditions holds.

    Raises:
        ExtractionError: The model made no choice, even when asked again, or its answer cannot be used.
        ByokError: The call failed.
    """
    choices = _choices(edges)
    compose = partial(_messages, tuple(choices), transcript, dict(variables))
    plain = are_plain(variables.values())
    flow = context.config.name
    messages = compose() if plain else await in_worker(compose, what="Writing down the variables", flow=flow)
    call = Call(
        node=node.name,
        resolved=resolved,
        system=_INSTRUCTIONS,
        messages=messages,
        compose=compose if plain else None,
        max_tokens=context.judge_max_tokens,
        limit_setting="flow.judge_max_tokens",
    )
    early = EarlyChoice({*choices, STAY})
    whole = _whole(call, choices, edges, context=context, early=early, on_progress=on_progress)
    if not may_choose_early(resolved):
        return await whole
    return await _first_known(asyncio.ensure_future(whole), early, choices, edges)


async def _first_known(
    whole: asyncio.Task[Judged], early: EarlyChoice, choices: Mapping[str, Edge], edges: Sequence[Edge]
) -> Judged:
    """Return the choice as soon as it is known, and the rest as a task."""
    try:
        known: set[asyncio.Future[Any]] = {whole, early.made}
        await asyncio.wait(known, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        whole.cancel()
        await asyncio.gather(whole, return_exceptions=True)
        raise
    if whole.done() or not early.is_known:
        return await whole
    taken = choices.get(early.made.result())
    return Judged(taken, {edge: _verdict(edge, taken, "") for edge in edges}, None, whole)


async def _whole(
    call: Call,
    choices: Mapping[str, Edge],
    edges: Sequence[Edge],
    *,
    context: FlowContext,
    early: EarlyChoice,
    on_progress: OnProgress,
) -> Judged:
    def tell(progress: Any) -> None:
        if not early.is_known:  # from then on it is another call that the person waits for
            on_progress(progress)

    try:
        found = await ask_structured(
            call,
            _schema(choices),
            context,
            on_progress=tell,
            on_text=early.feed if may_choose_early(call.resolved) else ignore,
            is_settled=lambda: early.is_known,
            locale=context.declared_locale,
        )
    except ProviderError as error:
        failure: ByokError = _not_asked(error)
    except ExtractionError as error:
        failure = _not_judged(error, call.max_tokens or call.provider.max_tokens)
    else:
        if problem := found.checked.problems.get("choice"):
            raise await with_cost(_no_choice(found.reply, problem), found.reply)
        return _judged(found, choices, edges)
    raise failure


def _judged(found: Structured, choices: Mapping[str, Edge], edges: Sequence[Edge]) -> Judged:
    taken = choices.get(found.checked.values["choice"])
    reason = found.checked.values["reason"] or ""
    reply = replace(found.reply, transcript=())  # it would repeat the whole dialogue in each turn
    return Judged(taken, {edge: _verdict(edge, taken, reason) for edge in edges}, reply)


def _choices(edges: Iterable[Edge]) -> dict[str, Edge]:
    """Return the edges by their conditions; a sentence that occurs twice is distinguished by its target.

    A held key in a sentence is masked, since what the model answers with is masked, too.
    """
    found: dict[str, Edge] = {}
    taken = {STAY}
    for edge in edges:
        choice = redact_held(" ".join(without_surrogates(edge.condition.text).split()))
        while choice.casefold() in taken:
            choice = " ".join(f"{choice} ({edge.target})".split())
        taken.add(choice.casefold())
        found[choice] = edge
    return found


def _schema(choices: Iterable[str]) -> ExtractionSchema:
    from pydantic import BeforeValidator, StringConstraints

    # A small model does not stop by itself: the pattern limits what it can write, if the provider enforces it. It
    # excludes the characters that JSON escapes, since llama.cpp applies a pattern to the raw text of the answer.
    reason = Annotated[str, StringConstraints(pattern=_REASON_PATTERN), BeforeValidator(_shortened)]
    fields = {"choice": Field(Literal[(*choices, STAY)]), "reason": Field(reason, "why, in a few words")}
    return ExtractionSchema.of(fields=fields, name="edges")


def _shortened(reason: object) -> object:
    # Where no server enforces the pattern, the reason may have what it excludes.
    plain = reason.replace('"', "'").replace("\\", "/") if isinstance(reason, str) else reason
    return " ".join(plain.split())[:_REASON_CHARS] if isinstance(plain, str) else plain


def _messages(
    choices: tuple[str, ...], transcript: tuple[Message, ...], variables: Mapping[str, Any]
) -> tuple[Message, ...]:
    return (Message("user", _question(choices, transcript, variables)),)


def _question(choices: Iterable[str], transcript: Iterable[Message], variables: Mapping[str, Any]) -> str:
    said = "\n".join(f"{message.role}: {message.content}" for message in transcript)
    known = ", ".join(f"{name} = {quoted(value)}" for name, value in variables.items() if value is not None)
    conditions = "\n".join(f"- {choice}" for choice in choices)
    parts = [f"The dialogue:\n{said}", f"Known: {known}" if known else ""]
    parts.append(f"Which is true?\n{conditions}\n- {STAY} (none of these is true yet)")
    return "\n\n".join(part for part in parts if part)


def _not_judged(error: ExtractionError, limit: int | None) -> ExtractionError:
    """Say that it was judging that failed, and what to set if the answer was cut off."""
    error.problem = f"The prompt conditions could not be judged. {error.problem}"
    error.fix = "Say it again, or choose a more capable model with flow.judge_model = ..."
    if error.cut_off:
        error.problem = "The prompt conditions could not be judged: the judge's answer was cut off at its limit."
        error.fix = (
            f"Set flow.judge_max_tokens = {4 * limit if limit else _ROOM}, since thinking counts, too, "
            "or choose a model that thinks less with flow.judge_model = ..."
        )
    return error


def _not_asked(error: ProviderError) -> ProviderError:
    """Say that it was judging that failed; the shape of its answer is not a person's to simplify."""
    error.problem = f"The prompt conditions could not be judged. {error.problem}"
    if error.kind == "bad_request":
        error.fix = "Choose another model for judging with flow.judge_model = ..."
    return error


def _no_choice(reply: Reply, problem: str) -> ExtractionError:
    error = ExtractionError(
        f"The model did not choose between the edges, even when asked again: {problem}.",
        fix="Say it again, or choose a more capable model with flow.judge_model = ...",
        attempts=reply.attempts,
        request_id=reply.request_id,
    )
    error.raw_text = reply.text
    return error


def _verdict(edge: Edge, taken: Edge | None, reason: str) -> EdgeVerdict:
    holds = edge is taken
    said = reason if holds or taken is None else ""
    verdict: Literal["holds", "does not hold"] = "holds" if holds else "does not hold"
    return EdgeVerdict(
        edge.target, edge.condition.kind, edge.condition.text, verdict, said, edge.source == EVERYWHERE
    )
