"""OpenRouter: one key for the models of many vendors."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from byok_widgets.providers.base import Endpoint, Links, ModelInfo, Request
from byok_widgets.providers.chat_completions import ChatCompletionsProvider


class OpenRouterProvider(ChatCompletionsProvider):
    """OpenRouter's API. It reports what each call cost."""

    name = "openrouter"
    label = "OpenRouter"
    default_url = "https://openrouter.ai/api/v1"
    links = Links(
        keys="https://openrouter.ai/settings/keys",
        billing="https://openrouter.ai/settings/credits",
        usage="https://openrouter.ai/activity",
        models="https://openrouter.ai/models",
        status="https://status.openrouter.ai",
    )

    def extras(self, request: Request) -> dict[str, Any]:
        """Ask only upstream providers that honour the schema: the others drop it without a word."""
        shaped = request.output is not None and request.output.mode in ("json_schema", "json_object")
        return {"provider": {"require_parameters": True}} if shaped else {}

    def headers(self) -> dict[str, str]:
        """Name this software, as OpenRouter asks its clients to."""
        return {"X-OpenRouter-Title": "byok_widgets"}

    async def check_key(self, endpoint: Endpoint) -> None:
        """Ask `/key`: the model list is public, so it would accept any key."""
        await self._get("/key", endpoint)

    def _model_info(self, row: Mapping[str, Any]) -> ModelInfo:
        pricing = row.get("pricing")
        pricing = pricing if isinstance(pricing, Mapping) else {}
        parameters = row.get("supported_parameters")
        return ModelInfo(
            id=str(row["id"]),
            label=str(row.get("name") or ""),
            input_usd_per_mtok=_per_mtok(pricing.get("prompt")),
            output_usd_per_mtok=_per_mtok(pricing.get("completion")),
            context_tokens=row.get("context_length"),
            structured_output="structured_outputs" in parameters if isinstance(parameters, list) else None,
            ends_on=row.get("expiration_date"),
        )


def _per_mtok(per_token: Any) -> Decimal | None:
    """Turn OpenRouter's dollars per token, a string, into dollars per million; -1 means that it varies."""
    try:
        amount = Decimal(str(per_token))
    except InvalidOperation:
        return None
    return amount * 1_000_000 if amount.is_finite() and amount >= 0 else None
