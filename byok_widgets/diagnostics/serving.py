"""What to consider before a flow is served."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.diagnostics.checked_flow import CheckedFlow
from byok_widgets.findings import Finding


def when_served(flow: CheckedFlow) -> Iterator[Finding]:
    """Yield a suggestion for a flow with actions, and for one that is served without any."""
    acting = [name for name, node in flow.nodes.items() if node.codes and not node.calls_model]
    if acting:
        yield Finding(
            "speculation",
            "suggestion",
            acting[0],
            f"If the flow is served, {acting[0]!r} runs for each request, and some clients ask for words that the "
            "caller has not finished.",
            "Switch speculative or preemptive requests off in the client, let it send the id of the session, and "
            "let the function take turn_key to tell a repeated request.",
        )
    elif flow.is_served:
        yield Finding(
            "shared_state",
            "suggestion",
            "",
            "Callers who say the same thing share one conversation if the client sends no session id.",
            "Let it send one: the header X-Byok-Session, user, or metadata.session_id.",
        )
