"""Calls of the models that play a caller or review it; they answer in fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from byok_widgets.config import ResolvedModel
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.messages import Message
from byok_widgets.nodes.calls.call import Call
from byok_widgets.nodes.calls.structured_output import ask_structured
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS
from byok_widgets.schema import ExtractionSchema, Field

MOST_WRITTEN = 400
_NAMES = {"caller": "simulated caller", "referee": "referee of the caller"}
"""What stands in errors and recordings where a node's name stands otherwise: the flow has no such node."""


async def ask_fields(
    role: str,
    model: str,
    context: FlowContext,
    *,
    system: str,
    messages: Sequence[Message],
    fields: Mapping[str, Field],
    settings: Mapping[str, Any],
) -> Mapping[str, Any]:
    """Return the values of fields that a model answers with; one that it does not give is `None`.

    Args:
        role: Who asks: `caller` or `referee`.
        model: The model, with its provider.
        context: What the nodes of the flow share: the keys and addresses.
        system: The instructions.
        messages: The dialogue.
        fields: The fields.
        settings: Model settings; those that the model does not have are left out.

    Raises:
        ExtractionError: The answer is of no use.
        ByokError: The call failed.
    """
    ref = context.config.ref(model)
    provider = PROVIDERS[ref.provider]
    taken = provider.supports(ref.model)
    has = {name for name in provider.settings if taken.get(name, ()) is not None}
    call = Call(
        node=_NAMES[role],
        resolved=ResolvedModel(ref, "call argument"),
        system=system,
        messages=tuple(messages),
        max_tokens=MOST_WRITTEN,
        settings={name: value for name, value in settings.items() if name in has},
    )
    schema = ExtractionSchema.of(fields=dict(fields), name=role)
    found = await ask_structured(call, schema, context, on_progress=ignore)
    return {name: found.checked.values.get(name) for name in fields}
