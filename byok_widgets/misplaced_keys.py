"""Detects API keys where none belongs: in a name, a model or an address, which are shown, saved and sent.

A rejected text appears in no message and in no frame of the traceback.
"""

from __future__ import annotations

from collections.abc import Mapping

from byok_widgets.errors import KeyFormatError
from byok_widgets.secrets.detection import looks_like_key
from byok_widgets.secrets.redaction import BETWEEN, contains_held_key, redact


def reject_key(data: object) -> None:
    """Make sure that a value that is not secret, such as a model id, neither is nor contains an API key.

    Raises:
        KeyFormatError: Kind `misplaced_key`; the text appears nowhere in it.
    """
    found = any(map(looks_like_key, all_texts(data)))
    del data
    if found:
        raise misplaced_key()


def reject_any_key(data: object) -> None:
    """Like `reject_key`, and also detect the keys that this process holds, which may look like ordinary words.

    Raises:
        KeyFormatError: Kind `misplaced_key`; the text appears nowhere in it.
    """
    texts = all_texts(data)
    joined = BETWEEN.join(texts)
    found = any(map(looks_like_key, texts)) or redact(joined, words=False) != joined
    del data, texts, joined
    if found:
        raise misplaced_key()


def reject_whole_key(data: object) -> None:
    """Like `reject_key`, and also detect whole keys that this process holds; pieces of them may be other words.

    Raises:
        KeyFormatError: Kind `misplaced_key`; the text appears nowhere in it.
    """
    texts = all_texts(data)
    found = any(map(looks_like_key, texts)) or contains_held_key(texts)
    del data, texts
    if found:
        raise misplaced_key()


def misplaced_key() -> KeyFormatError:
    """Return the error that says where a key belongs."""
    return KeyFormatError(
        "This looks like an API key; it belongs in the key field. It was not saved.",
        kind="misplaced_key",
        fix="Paste it there (flow.settings() shows the field), and delete it everywhere else.",
    )


def key_in_dialogue() -> KeyFormatError:
    """Return the error for a key in a message: it would be sent, shown and saved with the dialogue."""
    return KeyFormatError(
        "Your message contains an API key, so it was not sent.",
        kind="misplaced_key",
        fix="Remove the key from the message. Keys belong only in the key field of flow.settings().",
    )


def key_in_call() -> KeyFormatError:
    """Return the error for a key in the name of a model or of a field, or in a setting: a call would send it."""
    return KeyFormatError(
        "The model, a setting or the name of a field of this call contains an API key, so nothing was sent.",
        kind="misplaced_key",
        fix="Remove the key there. Keys belong only in the key field of flow.settings().",
    )


def all_texts(data: object) -> list[str]:
    """Return every text in `data`, names included, whatever kinds of collection hold them."""
    return _texts(data, [])


def all_names(data: object) -> list[str]:
    """Return the names in `data`, at any depth."""
    if isinstance(data, Mapping):
        return [*map(str, data), *all_names([*data.values()])]
    if isinstance(data, (list, tuple)):
        return [name for part in data for name in all_names(part)]
    return []


def _texts(data: object, found: list[str]) -> list[str]:
    """Add the texts of `data` to those that were found, and return them."""
    if isinstance(data, str):
        found.append(data)
    elif isinstance(data, (dict, Mapping)):  # asking for a mapping alone takes longer
        for name, value in data.items():
            _texts(name, found)
            _texts(value, found)
    elif isinstance(data, (list, tuple, set, frozenset)):
        for part in data:
            _texts(part, found)
    return found
