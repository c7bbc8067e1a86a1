"""Keys where no key belongs: in a name, a model or an address, which are shown, saved and sent.

A rejected text is in no message and in no frame of the traceback.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from byok_widgets.errors import KeyFormatError
from byok_widgets.secrets.detection import looks_like_key


def reject_key(data: object) -> None:
    """Make sure that what is no secret, such as the id of a model, is not an API key, nor holds one.

    Raises:
        KeyFormatError: Kind `misplaced_key`; the text is in no part of it.
    """
    found = any(map(looks_like_key, _texts(data)))
    del data
    if found:
        raise misplaced_key()


def misplaced_key() -> KeyFormatError:
    """Return the error that says where a key belongs."""
    return KeyFormatError(
        "This looks like an API key; it belongs in the key field. It was not saved.",
        kind="misplaced_key",
        fix="Paste it there (flow.settings() shows the field), and delete it wherever else it stands.",
    )


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        yield from _texts([*data, *data.values()])
    elif isinstance(data, (list, tuple, set, frozenset)):
        for part in data:
            yield from _texts(part)
