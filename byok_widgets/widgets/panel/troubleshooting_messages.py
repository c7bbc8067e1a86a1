"""The words of the troubleshooting section: what most often goes wrong with a provider, and what helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from byok_widgets.errors import ByokError
from byok_widgets.providers.local import models
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget

Row = Mapping[str, Any]
"""`id`, which is stable, `issue`, `text`, `links` with `text` and `url`,
and a `button` that moves to the place `focus` or does `ask`."""

FREE = "The check is free: it sends nothing."
CHECKING = "Checking …"
NOT_FINISHED = "The check did not finish. Press the button to try again."
CHANGED = "The settings changed meanwhile: press “Check the flow”."
CHECKING_KEY = "The key field above says what the check finds."


def count(number: int) -> str:
    """Return how many things there are to mend."""
    return f"{number} thing{'' if number == 1 else 's'} to mend" if number else "nothing to mend"


def rows(target: EndpointTarget, model: str | None, *, can_check: bool) -> list[Row]:
    """Return what goes wrong most often with this provider.

    Args:
        target: The provider at its address.
        model: The default model.
        can_check: Whether there is a key to check.
    """
    if target.provider.free_of_charge:
        return list(_of_local(model))
    return list(_of_account(target, can_check=can_check))


def _of_account(target: EndpointTarget, *, can_check: bool) -> Iterator[Row]:
    provider, links = target.provider, target.provider.links
    label = provider.label if target.is_usual else target.host or provider.label
    if not target.is_usual:
        links = type(links)()  # the provider's pages know nothing of an account elsewhere
    if provider.needs_key:
        text = f"No key of this flow was found for {label}. The key field above says whether one is saved."
        yield _row(
            "no_key",
            "No API key configured",
            text,
            ("Get a key", links.keys),
            button="Go to the key field",
            focus="key",
        )
    else:
        text = "Nothing answers at the Base URL above. Look whether it is right, and whether the server runs."
        yield _row("connection", "Connection error", text, button="Go to the Base URL", focus="address")
    text = f"{label} did not take the key: it may be mistyped, revoked or expired. If so, save a new one."
    check = {"button": "Check the key", "ask": "check_key"} if can_check else {}
    yield _row("auth", "401 Unauthorized", text, ("Your keys", links.keys), **check)
    text = "Your plan may not include the model, or its id is mistyped or has ended. Choose one that you have."
    pages = ("Models", links.models), ("Your plan", links.billing)
    yield _row("model", "Model not available", text, *pages, button="Open the model list", focus="model")
    limit = "Look at your quota" if links.usage else f"Ask whoever runs {label} for your quota"
    note = provider.billing_note if links.usage else ""
    text = f"Too many calls at a time, or the credit is used up. {limit}. {note}".strip()
    pages = ("Your usage", links.usage), ("Service status", links.status)
    yield _row("rate_limit", "Rate limit errors", text, *pages)


def _of_local(model: str | None) -> Iterator[Row]:
    text = f"{_size(model)} Without a network, choose a model file of your own: type its path as the model."
    yield _row("download", "The download fails", text, button="Open the model list", focus="model")
    text = "Stop other kernels, or choose the smaller model."
    yield _row("memory", "Not enough memory", text, button="Open the model list", focus="model")
    text = "Local models are small and run on this machine's processor. For real use, choose another provider."
    yield _row("quality", "It is slow, or wrong", text)


def _size(model: str | None) -> str:
    try:
        known = models.resolve(model or models.default_model())
    except ByokError as fault:
        return f"{fault.problem} {fault.fix}"
    if isinstance(known, models.LocalModel):
        return f"The model's file ({round(known.size_bytes / 1e6)} MB) is fetched once, at the first run."
    return models.announce_download(known)


def _row(
    row_id: str,
    issue: str,
    text: str,
    *pages: tuple[str, str],
    button: str = "",
    focus: str = "",
    ask: str = "",
) -> Row:
    links: Sequence[Mapping[str, str]] = [{"text": name, "url": url} for name, url in pages if url]
    return {
        "id": row_id,
        "issue": issue,
        "text": text,
        "links": links,
        "button": button,
        "focus": focus,
        "ask": ask,
    }
