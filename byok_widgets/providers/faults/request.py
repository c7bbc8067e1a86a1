"""Faults of what was asked for: each rule says what a fault means, or `None` where it is another's."""

from __future__ import annotations

import re

from byok_widgets.providers import catalog
from byok_widgets.providers.faults.facts import Fault
from byok_widgets.providers.faults.site import Case, Verdict

_SETTINGS_OF_ALL = frozenset({"max_tokens", "max_completion_tokens"})


def moderation(case: Case) -> Verdict | None:
    """A text that the provider's safety system rejects."""
    fault = case.fault
    labels = ("content_policy_violation", "content_filter", "moderation_blocked", "refusal")
    said = fault.status in (400, 403) and fault.says("moderation")
    if not (fault.reasons or fault.is_labelled(*labels) or said):
        return None
    why = f"Flagged as: {', '.join(fault.reasons)}." if fault.reasons else "The text fits one of its categories."
    return Verdict(
        "moderation",
        f"The safety system of {case.site.who} rejected the text.",
        why,
        "Edit the prompt or the dialogue, then run the cell again.",
        case.site.links.errors,
    )


def data_policy(case: Case) -> Verdict | None:
    """No upstream provider that keeps the person's privacy settings."""
    if not (case.fault.status == 404 and case.fault.says("data_policy")):
        return None
    return Verdict(
        "data_policy",
        f"{case.site.who} has no provider for the model {case.site.model} that fits your privacy settings.",
        case.quoted,
        "Change which providers may see your data on the page below, or pick another model in Settings.",
        case.site.links.privacy or case.site.links.models,
    )


def gone(case: Case) -> Verdict | None:
    """A model that the provider has retired."""
    fault, site = case.fault, case.site
    said = fault.status in (404, 410) and fault.says("retired")
    known = _lacks_model(case) and catalog.has_ended(site.provider.name, site.model_id)
    if not (said or known or fault.status == 410 or fault.is_labelled("model_deprecated", "model_decommissioned")):
        return None
    return Verdict(
        "model_gone",
        f"{site.who} has retired the model {site.model}.",
        case.because("Its time is over."),
        " ".join([catalog.advice(site.provider.name, site.model_id), "Pick another model in Settings."]).strip(),
        site.links.deprecations or site.links.models,
    )


def model(case: Case) -> Verdict | None:
    """A model that is not there for this key."""
    if not _lacks_model(case):
        return None
    site = case.site
    advice = catalog.advice(site.provider.name, site.model_id)
    return Verdict(
        "model",
        f"The model {site.model} is not available to this key at {site.who}.",
        case.because("The id may be mistyped, or the account may not include it."),
        f"Make sure your API plan includes access to the selected model, or pick another. {advice}".strip(),
        site.links.models,
    )


def too_long(case: Case) -> Verdict | None:
    """More text than the model or the provider takes."""
    fault, site = case.fault, case.site
    labelled = fault.is_labelled("context_length_exceeded", "exceed_context_size_error", "string_above_max_length")
    if not (labelled or fault.status == 413 or (fault.status == 400 and fault.says("too_long"))):
        return None
    return Verdict(
        "context_length",
        f"The dialogue is too long for the model {site.model} at {site.who}.",
        case.because("The request is larger than the provider takes."),
        "Shorten the dialogue, or choose a model with a larger context.",
        site.links.models,
    )


def setting(case: Case) -> Verdict | None:
    """A setting that the model does not take."""
    fault, site = case.fault, case.site
    name = _named_setting(fault, site.provider.settings | _SETTINGS_OF_ALL)
    if fault.status not in (400, 422) or not name:
        return None
    return Verdict(
        "setting",
        f"{site.who} did not accept the setting {name!r}{site.for_model}.",
        case.because("The model does not have it, or not with this value."),
        f"Leave {name} out or change its value, or pick another model in Settings.",
        site.links.models,
    )


def address(case: Case) -> Verdict | None:
    """An address without an API."""
    site = case.site
    if case.fault.status not in (404, 405) or case.fault.says("no_endpoints"):
        return None
    return Verdict(
        "address",
        f"There is no API of {site.who} at {site.address} ({case.fault.status}).",
        case.because(f"{site.host} answers, but has no such page."),
        site.either(
            "Correct the base URL in Settings: most end in /v1. It is the part before /chat/completions.",
            "Run the cell again; if it stays, look at the provider's status page.",
        ),
        site.links.errors,
    )


def request(case: Case) -> Verdict | None:
    """Any other request that is not accepted."""
    status = case.fault.status
    if status is None:
        return None
    return Verdict(
        "bad_request",
        f"{case.site.who} did not accept the request{case.site.for_model} ({status}).",
        case.because("Something in it does not fit this model."),
        "Change what it names, or pick another model in Settings.",
        case.site.links.errors,
    )


def _lacks_model(case: Case) -> bool:
    fault = case.fault
    if not case.site.model_id:
        return False
    if fault.says("no_endpoints_for_request"):  # OpenRouter has the model, but nobody who honours the request
        return False
    return (
        fault.is_labelled("model_not_found")
        or (fault.status == 404 and fault.says("no_such_model"))
        or (fault.status == 400 and fault.says("invalid_model"))
    )


def _named_setting(fault: Fault, settings: frozenset[str]) -> str:
    """Return the setting that a fault is about; in prose it is quoted, or stands first with a colon."""
    name = fault.parameter
    if name not in settings:
        names = "|".join(settings)
        found = re.search(rf"[`'\"](?P<quoted>{names})[`'\"]|^(\w+\.)?(?P<first>{names}):", fault.message)
        name = (found["quoted"] or found["first"]) if found else ""
    return "max_tokens" if name == "max_completion_tokens" else name
