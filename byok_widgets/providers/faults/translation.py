"""From whatever an SDK or the network raises to one `ProviderError` in plain words.

Both SDKs name and shape their exceptions alike, so one translator serves both: `facts` reads what is known,
`verdicts` and `network` say what it means. The exception itself is never kept.

The kinds:
    of the account: `auth`, `quota`, `rate_limit`, `permission`, `key_limit`, `org_unverified`, `region`;
    of the request: `model`, `model_gone`, `context_length`, `setting`, `moderation`, `data_policy`, `bad_request`;
    of the provider: `overloaded`, `gateway`, `provider`, `unreadable`;
    of the way there: `dns`, `offline`, `refused`, `tls`, `certificate`, `proxy`, `timeout`, `connection`, `page`,
    `redirect`, `address`;
    of this side: `unsendable`, `unexpected`.
"""

from __future__ import annotations

from typing import Any

from byok_widgets.errors import ProviderError
from byok_widgets.providers.base import Provider
from byok_widgets.providers.faults import facts, network, verdicts
from byok_widgets.providers.faults.facts import Fault
from byok_widgets.providers.faults.site import Site, Verdict


def translate(error: BaseException, site: Site) -> ProviderError:
    """Return the fault behind `error` in plain words. Raise the result outside the `except` block."""
    fault = facts.read(error)
    if fault is None:
        return _error(network.judge(error, site))
    return _error(verdicts.judge(fault, site), fault)


def of_answer(body: Any, site: Site) -> ProviderError:
    """Return the error that stood inside a 200 answer or a stream in plain words."""
    fault = facts.of_body(body)
    return _error(verdicts.judge(fault, site), fault)


def page_instead(site: Site) -> ProviderError:
    """Return the error for a web page that came in place of an answer."""
    return _error(verdicts.page(site))


def unreadable(what: str, site: Site) -> ProviderError:
    """Return the error for an answer that is not in the provider's format."""
    return _error(network.unreadable(what, site))


def empty(site: Site) -> ProviderError:
    """Return the error for an answer that ended before anything of it had come."""
    return unreadable("it ended before it began", site)


def timed_out(provider: Provider, seconds: float, what: str) -> ProviderError:
    """Return the error for a call that took too long."""
    return ProviderError(
        f"{provider.label} {what} within {seconds:g} s.",
        kind="timeout",
        cause="The model is slow or busy, or the answer is long.",
        fix="Run the cell again, choose a faster model, or give the call a longer deadline_s.",
        link=provider.links.status,
        retryable=True,
    )


def _error(verdict: Verdict, fault: Fault | None = None) -> ProviderError:
    fault = fault or Fault()
    told = fault.should_retry
    return ProviderError(
        verdict.problem,
        kind=verdict.kind,
        cause=verdict.cause,
        fix=verdict.fix,
        link=verdict.link,
        retryable=verdict.retryable if told is None else told,
        request_id=fault.request_id,
        retry_after_s=fault.retry_after_s,
    )
