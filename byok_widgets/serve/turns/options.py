"""`ServeOptions`: how a flow is served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from byok_widgets.errors import ConfigError
from byok_widgets.serve.turns.spending import Caps

DAY_S = 24 * 3600.0


@dataclass(frozen=True)
class ServeOptions:
    """How a flow is served.

    Attributes:
        fallback: What the caller hears at once when a turn fails; `None` for the flow's own sentence.
        fallback_model: A model that answers after that; `None` for none.
        end_on_failure: Whether the call is ended where none does.
        caps: How many calls may be made, and what they may cost.
        first_token_s: A turn that has said nothing by then has failed, in seconds.
        keep_s: How long a conversation is kept after its last turn, in seconds.
        rebuild: How many turns of a dialogue that is not known are gone through again, without replies.
    """

    fallback: str | None = None
    fallback_model: str | None = None
    end_on_failure: bool = False
    caps: Caps = field(default_factory=Caps)
    first_token_s: float = 18.0
    keep_s: float = 30 * DAY_S
    rebuild: int = 20

    @classmethod
    def of(
        cls,
        *,
        fallback: str | None,
        fallback_model: str | None,
        end_on_failure: bool,
        max_calls: Mapping[str, int] | None,
        max_cost: Mapping[str, Any] | None,
        first_token_s: float,
        keep_days: float,
    ) -> Self:
        """Return the options that a person gives.

        Raises:
            ConfigError: One of them cannot be used.
        """
        if not (first_token_s > 0 and keep_days > 0):
            raise ConfigError("first_token_s and keep_days are above 0.", kind="serve_option")
        calls: Any = dict(max_calls or {})
        try:
            usd: Any = {scope: Decimal(str(most)) for scope, most in (max_cost or {}).items()}
        except InvalidOperation:
            raise ConfigError("max_cost has amounts of US dollars.", kind="serve_cap") from None
        return cls(
            fallback=fallback,
            fallback_model=fallback_model,
            end_on_failure=end_on_failure,
            caps=Caps(calls, usd),
            first_token_s=first_token_s,
            keep_s=keep_days * DAY_S,
        )
