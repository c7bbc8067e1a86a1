"""The messages of the troubleshooting section: what most often goes wrong with a provider, and what helps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from byok_widgets.errors import ByokError
from byok_widgets.providers.local import models
from byok_widgets.providers.local.default_model import default_model
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget

if TYPE_CHECKING:
    from byok_widgets.widgets.page_messages.troubleshooting import HelpFocus, HelpRequest, HelpRow, PageLink

_CHECK_KEY: HelpRequest = "check_key"
_NOTHING: HelpRequest = ""

_NOW_SAVED = " now. Try again."
_PASTE = " yet. Paste one into the key field above, then press Save."
FREE = "The check is free and sends nothing."
CHECKING = "Checking…"
NOT_FINISHED = "The check did not finish. Try again."
CHANGED = "The settings have changed. Check the flow again."
CHECKING_KEY = "The result appears at the key field above."


def count(number: int) -> str:
    """Return how many problems there are."""
    return f"{number} problem{'' if number == 1 else 's'}" if number else "no problems found"


def rows(target: EndpointTarget, model: str | None, *, has_key: bool, can_check: bool) -> list[HelpRow]:
    """Return what goes wrong most often with this provider.

    Args:
        target: The provider at its address.
        model: The default model.
        has_key: Whether a key is known to be there.
        can_check: Whether there is something to check: a key, or an endpoint that may need none.
    """
    if target.provider.free_of_charge:
        return list(_of_local(model))
    return list(_of_account(target, has_key=has_key, can_check=can_check))


def _of_account(target: EndpointTarget, *, has_key: bool, can_check: bool) -> Iterator[HelpRow]:
    provider, links = target.provider, target.provider.links
    label = provider.label if target.is_usual else target.destination or provider.label
    if not target.is_usual:
        links = type(links)()  # the provider's pages do not apply to an account elsewhere
    if provider.needs_key:
        text = f"This flow has {'a' if has_key else 'no'} key for {label}{_NOW_SAVED if has_key else _PASTE}"
        yield _row(
            "no_key",
            "No API key configured",
            text,
            ("Get a key", links.keys),
            button="Go to the key field",
            focus="key",
        )
    else:
        text = "Nothing answers at the base URL above. Check the URL, and that the server is running."
        yield _row("connection", "Connection error", text, button="Go to the Base URL", focus="address")
    text = f"{label} rejected the key: it may be mistyped, revoked or expired. If so, save a new one."
    button, ask = ("Check the key", _CHECK_KEY) if can_check else ("", _NOTHING)
    yield _row("auth", "401 Unauthorized", text, ("Your keys", links.keys), button=button, ask=ask)
    text = "Your plan may not include the model, or its id is mistyped or retired. Choose another one."
    pages = ("Models", links.models), ("Your plan", links.billing)
    yield _row("model", "Model not available", text, *pages, button="Open the model list", focus="model")
    limit = "Check your quota" if links.usage else f"Ask the operator of {label} for your quota"
    note = provider.billing_note if links.usage else ""
    text = f"Too many calls at once, or the credit is used up. {limit}. {note}".strip()
    pages = ("Your usage", links.usage), ("Service status", links.status)
    yield _row("rate_limit", "Rate limit errors", text, *pages)


def _of_local(model: str | None) -> Iterator[HelpRow]:
    text = f"{_size(model)} Without a network, use a model file of your own: type its path as the model."
    yield _row("download", "The download fails", text, button="Open the model list", focus="model")
    text = "Stop other kernels, or choose a smaller model."
    yield _row("memory", "Not enough memory", text, button="Open the model list", focus="model")
    text = "Local models are small and run on this machine's processor. For real use, choose another provider."
    yield _row("quality", "Slow or wrong answers", text)


def _size(model: str | None) -> str:
    try:
        known = models.resolve(model or default_model())
    except ByokError as fault:
        return f"{fault.problem} {fault.fix}"
    if isinstance(known, models.LocalModel):
        return f"The model's file ({round(known.size_bytes / 1e6)} MB) is downloaded once, on the first run."
    return models.announce_download(known)


def _row(
    row_id: str,
    issue: str,
    text: str,
    *pages: tuple[str, str],
    button: str = "",
    focus: HelpFocus = "",
    ask: HelpRequest = "",
) -> HelpRow:
    links: list[PageLink] = [{"text": name, "url": url} for name, url in pages if url]
    return {
        "id": row_id,
        "issue": issue,
        "text": text,
        "links": links,
        "button": button,
        "focus": focus,
        "ask": ask,
    }
