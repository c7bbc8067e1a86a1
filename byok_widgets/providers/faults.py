"""From whatever an SDK or the network raises to one `ProviderError` in plain words.

Both SDKs name and shape their exceptions alike, so one translator serves both: `fault_facts` reads what is known,
`fault_verdicts` and `fault_network` say what it means. The exception itself is never kept.

The kinds:
    of the account: `auth`, `quota`, `rate_limit`, `permission`, `key_limit`, `org_unverified`, `region`;
    of the request: `model`, `model_gone`, `context_length`, `setting`, `moderation`, `data_policy`, `bad_request`;
    of the provider: `overloaded`, `gateway`, `provider`, `unreadable`;
    of the way there: `dns`, `offline`, `refused`, `tls`, `proxy`, `timeout`, `connection`, `page`, `redirect`,
    `address`;
    of this side: `unsendable`, `unexpected`.
"""

from __future__ import annotations

from typing import Any

from byok_widgets.errors import ProviderError
from byok_widgets.providers import fault_facts, fault_network, fault_verdicts
from byok_widgets.providers.base import Provider
from byok_widgets.providers.fault_facts import Fault, looks_like_page, request_id
from byok_widgets.providers.fault_site import Site, Verdict

__all__ = [
    "empty",
    "looks_like_page",
    "of_answer",
    "page_instead",
    "request_id",
    "timed_out",
    "translate",
    "unreadable",
]


def translate(error: BaseException, site: Site) -> ProviderError:
    """Return the fault behind `error` in plain words. Raise the result outside the `except` block."""
    fault = fault_facts.read(error)
    if fault is None:
        return _error(fault_network.judge(error, site))
    return _error(fault_verdicts.judge(fault, site), fault)


def of_answer(body: Any, site: Site) -> ProviderError:
    """Return the error that stood inside a 200 answer or a stream in plain words."""
    fault = fault_facts.of_body(body)
    return _error(fault_verdicts.judge(fault, site), fault)


def page_instead(site: Site) -> ProviderError:
    """Return the error for a web page that came in place of an answer."""
    return _error(fault_verdicts.page(site))


def unreadable(what: str, site: Site) -> ProviderError:
    """Return the error for an answer that is not in the provider's format."""
    return _error(fault_network.unreadable(what, site))


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
