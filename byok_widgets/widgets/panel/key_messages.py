"""The messages of the key's status line. Every state says where the key is stored, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from byok_widgets.errors import ByokError
from byok_widgets.keys import KeyStatus
from byok_widgets.keys.backends.base import Availability, KeyBackend
from byok_widgets.keys.backends.registry import backend_named
from byok_widgets.providers import Provider
from byok_widgets.providers.base import sentence
from byok_widgets.secrets import redact

if TYPE_CHECKING:
    from byok_widgets.widgets.page_messages.key_field import StorageOption
    from byok_widgets.widgets.panel.key_check import KeyCheck

StatusMessage = Mapping[str, str]

NOT_SAVED = "That did not work, and nothing was saved. What you typed is still here; press Save to try again."
NOT_COPIED = "That did not work, and nothing was copied. Try again, or paste the key."
NOT_UNLOCKED = "That did not work. What you typed is still here; press the button to try again."
CHANGED = "The flow's settings have changed, so nothing was saved. Check the provider, then press Save."
NAME_ONLY = (
    "This looks like an API key, not a variable name, so it was not saved. To save a key, choose another place to "
    "store it below."
)
_FIXES = {"auth": "Check that the key is valid and has not expired, or paste another one and press Save."}
"""What to do by the kind of error, where its own words send a person to the settings: here they are."""
_PASTE = "Paste it and press Save."
_KEY_NEEDED = f"This endpoint requires a key (401 Unauthorized). {_PASTE}"
_AGAIN = "Press Check to try again in a moment."
_KEEP = "Press Save to keep the key you pasted."
_REPLACE = "Press Save to replace the saved key with the one you pasted."


NOTHING: StatusMessage = {"state": "none", "reason": "not_asked", "text": "", "link": "", "link_text": ""}
"""Before a provider that takes a key was shown."""
ADDRESS_REFUSED: StatusMessage = {"state": "none", "reason": "no_address", "text": "", "link": "", "link_text": ""}
"""Empty, since the address field says what is wrong."""


def no_address(provider: Provider) -> StatusMessage:
    """Return the message that a key cannot be saved before there is an address."""
    return _words(
        "none", "no_address", sentence(f"{provider.in_text} needs an address first: enter the base URL.")
    )


def of_key(
    provider: Provider, status: KeyStatus | None, verdict: KeyCheck | None, *, is_asked_for: bool = False
) -> StatusMessage:
    """Return where the key is stored, what the last check found, and what to do with a newly pasted key.

    Args:
        provider: Whose key it is.
        status: Where it is stored; `None` while that is being looked up.
        verdict: What the last check found.
        is_asked_for: Whether the endpoint has refused a call that had no key.
    """
    if status is None:
        return _words("working", "looking", "Looking for a saved key…")
    pasted = _REPLACE if status.is_stored else _KEEP
    asked_for = _asked_for(verdict) if is_asked_for and status.backend == "none" else None
    return {**(asked_for or _of_known(provider, status, verdict)), "pasted": pasted}


def _asked_for(verdict: KeyCheck | None) -> StatusMessage | None:
    """Return that a call needs a key; `None` where a check has more to say."""
    if verdict is None:
        return _words("unverified", "key_needed", _KEY_NEEDED)
    if verdict.state == "verified":
        text = f"The check needs no key, but a call was refused without one (401 Unauthorized). {_PASTE}"
        return {**_words("unverified", "key_needed", text), "at": verdict.at}
    return None


def locked_there(flow: str, backend: KeyBackend) -> str:
    """Return that the key of another flow cannot be copied before its storage is unlocked."""
    return (
        f"The key of {flow} is stored in: {backend.label}. It is locked: enter its passphrase and press Unlock, "
        "then press Use this key again."
    )


def storage_choices(found: Sequence[tuple[KeyBackend, Availability | None]]) -> list[StorageOption]:
    """Return where a key can be stored, best first; the first entry's note says why a better backend is missing.

    Args:
        found: The backends in order; `None` while it is not known yet whether one works here.
    """
    choices: list[StorageOption] = []
    problems = []
    for backend, availability in found:
        if availability is None:
            if not choices:  # a key saved now is stored in the first that turns out to work
                label = f"{backend.label}, if available"
                choices.append({"id": "auto", "label": label, "note": "Checking…", "asks": "key"})
        elif availability.available:
            choices.append(_choice(backend, availability))
        else:
            problems.append(availability.problem)
    choices[0]["note"] = " ".join([choices[0]["note"], *problems])
    return choices


def _choice(backend: KeyBackend, found: Availability) -> StorageOption:
    return {"id": backend.name, "label": found.label, "note": found.note, "asks": found.asks}


def _of_known(provider: Provider, status: KeyStatus, verdict: KeyCheck | None) -> StatusMessage:
    if status.backend == "none":
        return _without_key(provider, status, verdict)
    if status.is_locked:
        return _words("unverified", "locked", _locked(status))
    if not status.available:
        text = f"{status.sentence} Set it and restart the kernel, or paste a key."
        return _words("none", "variable_not_set", text)
    saved = status.is_stored
    if verdict is None:
        return _words("saved", "unchecked", f"{'Saved, not' if saved else 'Not'} checked yet. {status.sentence}")
    if verdict.state == "working":
        asking = f"{'Saved; asking' if saved else 'Asking'} {provider.in_text} whether the key is valid…"
        return _words("working", "checking", f"{asking} {status.sentence}")
    if verdict.state == "verified":
        checked = "Checked again at {at}: the key is still valid." if verdict.is_again else "Verified at {at}."
        return {**_words("verified", "verified", f"{checked} {status.sentence}"), "at": verdict.at}
    return _faulty(status, verdict)


def _locked(status: KeyStatus) -> str:
    backend = backend_named(status.backend)
    if backend is None or backend.lock is None:
        return status.sentence
    return f"The key is stored in: {backend.label}. It is locked: enter its passphrase and press Unlock."


def _without_key(provider: Provider, status: KeyStatus, verdict: KeyCheck | None) -> StatusMessage:
    if verdict is None:
        return _missing(provider, status)
    if verdict.state == "working":
        return _words("working", "checking", f"Asking {provider.in_text} whether it works without a key…")
    if verdict.state == "verified":
        when = _again(verdict) or "Checked at {at}."
        text = f"This endpoint works without a key. {when}"
        return {**_words("verified", "no_key_needed", text), "at": verdict.at}
    if verdict.state == "rejected":
        text = f"{_KEY_NEEDED} {_again(verdict)}"
        return {**_words("unverified", "key_needed", text), "at": verdict.at}
    text = _lines(_why(verdict.fault) if verdict.fault else "", _again(verdict))
    return {**_words("unverified", _kind(verdict.fault), text), "at": verdict.at}


def _missing(provider: Provider, status: KeyStatus) -> StatusMessage:
    if status.fault:
        return _words("unverified", "unusable", status.sentence)
    text = "No API key is saved. This endpoint may not need one: press Check to find out."
    words = _words("none", "key_optional", text)
    if provider.needs_key:
        text = f"No API key is saved for {provider.in_text} in this flow."
        words = _words("none", "no_key", text, provider.links.keys, "Get a key at")
    return words


def _faulty(status: KeyStatus, verdict: KeyCheck) -> StatusMessage:
    fault = verdict.fault
    why = _why(fault) if fault else ""
    link = fault.link if fault else ""
    saved = status.is_stored
    if verdict.state == "rejected":
        stays = "It stays saved until you replace or remove it." if saved else ""
        text = _lines(why, f"{stays} {status.sentence}", _again(verdict))
        return {**_words("rejected", _kind(fault), text, link, "See"), "at": verdict.at}
    unverified = "Saved, but not verified." if saved else "Not verified."
    text = _lines(f"{unverified} {why}", status.sentence, _again(verdict))
    return {**_words("unverified", _kind(fault), text, link, "See"), "at": verdict.at}


def _again(verdict: KeyCheck) -> str:
    return "Checked again at {at}, with the same result." if verdict.is_again else ""


def _lines(*parts: str) -> str:
    """Put what is wrong, what to do, and where the key is on lines of their own."""
    return "\n".join(part.strip() for part in parts if part.strip())


def _why(fault: ByokError) -> str:
    # Only text from outside goes through `redact`: it would also remove the name of a variable.
    fix = _AGAIN if fault.retryable else _FIXES.get(fault.kind, fault.fix)
    return redact("\n".join(part for part in (fault.problem, fix) if part))


def _kind(fault: ByokError | None) -> str:
    return fault.kind if fault else "unverified"


def _words(state: str, reason: str, text: str, link: str = "", before_link: str = "") -> StatusMessage:
    parts = urlsplit(link)
    shown = f"{before_link} {parts.netloc}{parts.path}".strip() if link else ""
    text = "\n".join(" ".join(line.split()) for line in text.splitlines())
    return {"state": state, "reason": reason, "text": text, "link": link, "link_text": shown}
