"""Rules for errors of the request itself: each returns what an error means, or `None` if not its own."""

from __future__ import annotations

import re

from byok_widgets.providers import catalog
from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.error_mapping.error_case import ErrorCase, ErrorReport
from byok_widgets.providers.error_mapping.error_details import ErrorDetails

_SERVER_FAULTS = (500, 501)
"""Statuses that some servers use for requests that they refuse."""
_REFUSED_TEXT = (400, 403, 446)
"""Statuses with which the safety systems of providers and gateways reject a text."""
_SETTINGS_OF_ALL = frozenset({"max_tokens", "max_completion_tokens"})


def moderation(case: ErrorCase) -> ErrorReport | None:
    """The provider's safety system rejected the text."""
    fault = case.details
    labels = ("content_policy_violation", "content_filter", "moderation_blocked", "refusal", "content_blocked")
    said = fault.status in _REFUSED_TEXT and fault.says("moderation")
    if not (fault.reasons or fault.has_label(*labels) or said):
        return None
    why = f"Flagged as: {', '.join(fault.reasons)}." if fault.reasons else "The text is in one of its categories."
    return ErrorReport(
        "moderation",
        f"The safety system of {case.context.who} rejected the text.",
        why,
        "Edit the prompt or the dialogue, then try again.",
        case.context.links.errors,
    )


def data_policy(case: ErrorCase) -> ErrorReport | None:
    """No upstream provider fits the user's privacy settings."""
    if not (case.details.status == 404 and case.details.says("data_policy")):
        return None
    return ErrorReport(
        "data_policy",
        f"{case.context.who} has no provider for the model {case.context.model} that fits your privacy settings.",
        case.quoted,
        "Change which providers may see your data on the page below, or pick another model in Settings.",
        case.context.links.privacy or case.context.links.models,
    )


def gone(case: ErrorCase) -> ErrorReport | None:
    """The provider has retired the model."""
    fault, context = case.details, case.context
    said = fault.status in (404, 410) and fault.says("retired")
    known = _lacks_model(case) and catalog.has_ended(context.provider.name, context.model_id)
    if not (said or known or fault.status == 410 or fault.has_label("model_deprecated", "model_decommissioned")):
        return None
    return ErrorReport(
        "model_gone",
        f"{context.who} has retired the model {context.model}.",
        case.because("It has reached the end of its life."),
        " ".join(
            [catalog.advice(context.provider.name, context.model_id), "Pick another model in Settings."]
        ).strip(),
        context.links.deprecations or context.links.models,
    )


def model(case: ErrorCase) -> ErrorReport | None:
    """The model is not available to this key."""
    if not _lacks_model(case):
        return None
    context = case.context
    advice = catalog.advice(context.provider.name, context.model_id)
    return ErrorReport(
        "model",
        f"The model {context.model} is not available to this key at {context.who}.",
        case.because("The id may be mistyped, or the account may not include it."),
        f"Make sure your API plan includes access to the selected model, or pick another. {advice}".strip(),
        context.links.models,
    )


def too_long(case: ErrorCase) -> ErrorReport | None:
    """The text is longer than the model or the provider accepts."""
    fault, context = case.details, case.context
    labelled = fault.has_label("context_length_exceeded", "exceed_context_size_error", "string_above_max_length")
    said = fault.status in (400, 422, 500) and fault.says("too_long")
    if not (labelled or said or fault.status == 413):
        return None
    if fault.status == 413 and not labelled and (fault.is_page or not fault.labels):
        return _too_large_for_the_proxy(case)
    limit = f", lower {context.limit_setting}" if _limits(fault.text) else ""
    return ErrorReport(
        "context_length",
        f"The dialogue is too long for the model {context.model} at {context.who}.",
        case.because("The request is larger than the provider accepts."),
        f"Shorten the dialogue{limit}, or choose a model with a larger context.",
        context.links.models,
    )


def _too_large_for_the_proxy(case: ErrorCase) -> ErrorReport:
    context = case.context
    return ErrorReport(
        "context_length",
        f"A proxy or gateway in front of {context.who} refused the request because of its size (413).",
        case.because("It limits the size of request bodies; the model never saw the request."),
        "Shorten the dialogue, or have the limit of the proxy raised; another model does not help.",
        context.links.models,
    )


def schema(case: ErrorCase) -> ErrorReport | None:
    """The server failed over the schema of the answer, which it may report as a fault of its own."""
    fault, context = case.details, case.context
    if fault.status not in _SERVER_FAULTS or not fault.says("schema"):
        return None
    return schema_refused(context, case.because("It cannot turn the schema into a grammar."), fault.status)


def schema_refused(context: CallContext, cause: str, status: int | None) -> ErrorReport:
    """Report that an endpoint cannot answer in the shape that was asked for."""
    return ErrorReport(
        "bad_request",
        f"{context.who} did not accept the schema of the answer{context.for_model}"
        f"{f' ({status})' if status else ''}; the schema is the reason, not overload.",
        cause,
        "Use simpler fields, or pick another model in Settings.",
        context.links.models,
    )


def dialogue(case: ErrorCase) -> ErrorReport | None:
    """The chat template of a model does not take the dialogue's roles or their order."""
    fault, context = case.details, case.context
    roles = fault.refuses_system or fault.says("message_order")
    if fault.status not in _SERVER_FAULTS or not (roles or fault.says("chat_template")):
        return None
    return ErrorReport(
        "bad_request",
        f"The chat template{context.for_model} at {context.who} cannot process the dialogue ({fault.status}).",
        case.quoted,
        "Running it again does not help: pick another model, or correct the chat template of the server.",
        context.links.models,
    )


def memory(case: ErrorCase) -> ErrorReport | None:
    """The server ran out of memory, which a shorter request may avoid."""
    fault, context = case.details, case.context
    if ((fault.status or 500) < 500 and fault.status != 424) or not fault.says("out_of_memory"):
        return None
    return ErrorReport(
        "out_of_memory",
        f"The server of {context.who} ran out of memory{f' ({fault.status})' if fault.status else ''}.",
        case.quoted,
        "Shorten the dialogue, pick a smaller model, or try again once the server is less busy.",
        context.links.status,
        retryable=True,
    )


def setting(case: ErrorCase) -> ErrorReport | None:
    """The model does not support a setting."""
    fault, context = case.details, case.context
    name = _named_setting(fault, context.provider.settings | _SETTINGS_OF_ALL)
    refused = fault.status in (400, 422) or (fault.status in _SERVER_FAULTS and fault.says("unsupported"))
    if not refused or not name:
        return None
    return ErrorReport(
        "setting",
        f"{context.who} did not accept the setting {name!r}{context.for_model}.",
        case.because("The model does not have it, or not with this value."),
        f"Leave {context.limit_setting if name == 'max_tokens' else name} out or change its value, "
        "or pick another model in Settings.",
        context.links.models,
    )


def address(case: ErrorCase) -> ErrorReport | None:
    """There is no API at the address."""
    context = case.context
    status = case.details.status
    is_missing = status in (404, 405) and not case.details.says("no_endpoints")
    if not is_missing and not (status is None and case.details.says("no_such_path")):
        return None
    return ErrorReport(
        "address",
        f"There is no API of {context.who} at {context.address}{f' ({status})' if status else ''}.",
        case.because(f"{context.host} answers, but has no such page."),
        context.either(
            "Correct the base URL in Settings: most end in /v1. It is the part before /chat/completions.",
            "Try again; if the error persists, look at the provider's status page.",
        ),
        context.links.errors,
    )


def request(case: ErrorCase) -> ErrorReport | None:
    """The request was not accepted, for any other reason."""
    status = case.details.status
    if status is None:
        return None
    return ErrorReport(
        "bad_request",
        f"{case.context.who} did not accept the request{case.context.for_model} ({status}).",
        case.because("Something in it does not fit this model."),
        "Change what the message names, or pick another model in Settings.",
        case.context.links.errors,
    )


def _lacks_model(case: ErrorCase) -> bool:
    fault = case.details
    if not case.context.model_id:
        return False
    if fault.says("no_endpoints_for_request"):  # a router has the model, but no provider that supports the request
        return False
    return (
        fault.has_label("model_not_found", "model_not_available", "model_not_supported")
        or (fault.status == 404 and fault.says("no_such_model"))
        or (fault.status in (401, 403) and fault.says("no_access_to_model"))
        or (fault.status == 400 and fault.says("invalid_model"))
    )


def _named_setting(fault: ErrorDetails, settings: frozenset[str]) -> str:
    """Return the setting that an error is about; in prose it is quoted, or comes first with a colon."""
    name = fault.parameter
    if name not in settings:
        names = "|".join(settings)
        found = re.search(rf"[`'\"](?P<quoted>{names})[`'\"]|^(\w+\.)?(?P<first>{names}):", fault.message)
        name = (found["quoted"] or found["first"]) if found else ""
    return "max_tokens" if name == "max_completion_tokens" else name


def _limits(text: str) -> bool:
    """Whether an error says that the length of the answer counts, too."""
    return any(
        word in text.lower() for word in ("max_tokens", "max_completion_tokens", "max_new_tokens", "completion")
    )
