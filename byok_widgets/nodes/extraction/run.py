"""`ExtractionRun`: one run of an extraction node, from the dialogue to the checked values and their evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.errors import ExtractionError
from byok_widgets.messages import Message
from byok_widgets.nodes.calls.call import Call
from byok_widgets.nodes.calls.structured_output import ask_structured, with_cost
from byok_widgets.nodes.examples import Examples, example_messages
from byok_widgets.nodes.extraction.evidence_lookup import LookupResult, look_up
from byok_widgets.nodes.extraction.prompt import instructions, question_messages
from byok_widgets.nodes.extraction.refusal import Refusal
from byok_widgets.nodes.extraction.result import Extraction
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.grounding_choice import Grounding
from byok_widgets.nodes.validation import validate
from byok_widgets.reply import Reply
from byok_widgets.schema import ExtractionSchema, ValidationResult
from byok_widgets.schema.parts import walk

if TYPE_CHECKING:
    from byok_widgets.schema.request.offers import Offers
    from byok_widgets.schema.values.locales import Locale

Refusals = Sequence[tuple[Refusal, frozenset[str]]]
"""How strictly values are taken, each with the fields for which it holds."""

_QUICK_CHARS = 20_000
"""A longer dialogue is searched for the values in a worker."""


def last_of(transcript: tuple[Message, ...], window: int | None) -> tuple[Message, ...]:
    """Return the messages that are read: the last ones where the node has a window, else all."""
    return transcript[-window:] if window else transcript


@dataclass(frozen=True)
class ExtractionRun:
    """What one run reads, and the settings that the node has at that time.

    Attributes:
        context: What the nodes of the flow share.
        schema: The fields.
        examples: The examples that the model is shown.
        window: How many of the last messages are read; `None` for all.
        groundings: What happens to a value that nobody said, by field.
        locale: How values are written in the dialogue; `None` for values that mean the same everywhere.
    """

    context: FlowContext
    schema: ExtractionSchema
    examples: Examples
    window: int | None
    groundings: Mapping[str, Grounding]
    locale: str | None

    async def execute(self, given: Call, on_progress: OnProgress) -> Extraction:
        """Ask the model for the values, check them, and look them up in the dialogue.

        Args:
            given: A call with the node's instructions and the whole dialogue, in which values are searched for.
            on_progress: Called during waits and while a local model is downloaded.
        """
        transcript, profile = given.messages, given.provider.schema_profile
        validated = partial(
            validate, limit_s=given.deadline.seconds, flow=self.context.config.name, node=given.node
        )
        examples = await validated(
            partial(example_messages, self.schema, self.examples, profile, self.window),
            quick=not self.examples or self.schema.is_quick(0),
        )
        compose = partial(question_messages, examples, last_of(transcript, self.window))
        system = instructions(self.schema, given.system, profile)
        call = replace(given, system=system, messages=compose(), compose=compose)
        texts = [message.content for message in transcript]
        invents = given.provider.invents_values(given.resolved.ref.model)
        refusals = self._refusals(invents=invents)
        said = sum(map(len, texts))
        offers: Offers = {}
        if invents:
            offered = partial(self._offers, last_of(transcript, self.window), refusals)
            offers = await validated(offered, quick=said <= _QUICK_CHARS)
        found = await ask_structured(
            call,
            self.schema,
            self.context,
            on_progress=on_progress,
            locale=self._declared_locale(),
            said=texts,
            offers=offers,
        )
        make = partial(self._result, found.checked, found.reply, transcript, refusals)
        try:
            return await validated(make, quick=said + len(found.reply.text) <= _QUICK_CHARS)
        except ExtractionError as error:
            failure = error
        raise await with_cost(failure, found.reply)

    def _offers(self, read: tuple[Message, ...], refusals: Refusals) -> Offers:
        strict = [(refusal, fields) for refusal, fields in refusals if refusal.is_literal]
        if not strict:
            return {}
        from byok_widgets.nodes.extraction.offered_moments import offered_moments

        found: dict[str, Sequence[str]] = {}
        for refusal, names in strict:
            fields = [spec for spec in self.schema.fields if spec.name in names]
            found |= offered_moments(fields, read, refusal, self.locale)
        return found

    def _refusals(self, *, invents: bool) -> Refusals:
        """Return how strictly values are taken, each with the fields for which it holds."""
        found = []
        for choice in dict.fromkeys(self.groundings.values()):
            refusal = Refusal.of(choice, invents=invents, examples=self.examples, fields=self.schema.fields)
            if refusal:
                named = frozenset(name for name, other in self.groundings.items() if other == choice)
                found.append((refusal, named))
        return found

    def _look_up(self, checked: ValidationResult, transcript: tuple[Message, ...]) -> LookupResult:
        parts = tuple(part for part in checked.parts if self.groundings.get(part.path) != "off")
        return look_up(replace(checked, parts=parts), transcript) if parts else LookupResult()

    def _declared_locale(self) -> Locale | None:
        if self.locale is None:
            return None
        from byok_widgets.schema.values.locales import Locale

        return Locale.of(self.locale)

    def _result(
        self,
        checked: ValidationResult,
        reply: Reply,
        transcript: tuple[Message, ...],
        refusals: Refusals,
    ) -> Extraction:
        looked_up = self._look_up(checked, transcript)
        status = looked_up.status_of(checked)
        values, rejected, record = dict(checked.values), dict[str, Any](), checked.record
        for name in _refused(refusals, checked, looked_up, self.locale):
            rejected[name], values[name], record = values[name], None, None
            status[name] = "ungrounded"
        return Extraction(
            values=values,
            rejected=rejected,
            status={name: status[name] for name in values},
            parts={path: each for path, each in status.items() if path not in values},
            reply=replace(reply, transcript=transcript),
            node=reply.node,
            problems=checked.problems,
            record=record,
            required=tuple(spec.name for spec in self.schema.fields if spec.required),
            partial=dict(_partial(checked)),
            stated={
                part.path: part.value for part in walk(checked.parts) if part.is_taken and part.path not in values
            },
            extra=checked.extra,
            grounding=looked_up.grounding,
            evidence=looked_up.evidence,
            pending=checked.pending,
        )


def _refused(
    refusals: Refusals,
    checked: ValidationResult,
    looked_up: LookupResult,
    locale: str | None,
) -> Iterator[str]:
    """Yield the names of the fields whose values are not taken, each as strictly as is set for it."""
    for refusal, fields in refusals:
        yield from (name for name in refusal.refused(checked.parts, looked_up, locale) if name in fields)


def _partial(checked: ValidationResult) -> Iterator[tuple[str, Any]]:
    """Yield what was stated of each field or part that is incomplete or invalid."""
    for part in walk(checked.parts):
        if part.inner and part.status in ("incomplete", "invalid") and part.stated is not None:
            yield part.path, part.stated
