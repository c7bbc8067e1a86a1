"""`ServeOptions`: how a flow is served."""

from __future__ import annotations

from dataclasses import dataclass, field

from byok_widgets.serve.spending import Caps

FALLBACK = "Sorry, something went wrong. Please say that again."
DAY_S = 24 * 3600.0


@dataclass(frozen=True)
class ServeOptions:
    """How a flow is served.

    Attributes:
        fallback: What the caller hears when a turn fails.
        fallback_model: A model that is tried before that; `None` for none.
        end_on_failure: Whether the call is ended when a turn has failed.
        caps: How many calls may be made, and what they may cost.
        first_token_s: A turn that has said nothing by then has failed, in seconds.
        keep_s: How long a conversation is kept after its last turn, in seconds.
        rebuild: How many turns of a dialogue that is not known are gone through again, without replies.
    """

    fallback: str = FALLBACK
    fallback_model: str | None = None
    end_on_failure: bool = False
    caps: Caps = field(default_factory=Caps)
    first_token_s: float = 18.0
    keep_s: float = 30 * DAY_S
    rebuild: int = 20
