"""Keys where no key belongs: in a name, a model or an address, which are shown, saved and sent.

Floor 0. What is refused here is in no message and in no frame of the traceback.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from byok_widgets.errors import KeyFormatError
from byok_widgets.keys.redaction import KEY_SHAPE

_PREFIXED = re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]+")
_RUN = re.compile(r"[A-Za-z0-9]{8,}")
_LONG_RUN = re.compile(r"[A-Za-z0-9]{32,}")
_DIGITS = re.compile(r"[0-9]+")


def looks_like_key(text: str) -> bool:
    """Whether there is an API key in `text`: one of a known shape, or a run of noise."""
    return ("sk-" in text and _has_prefixed_key(text)) or _has_noise(text)


def refuse_key(data: object) -> None:
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


def _has_prefixed_key(text: str) -> bool:
    """Tell `sk-` and noise from names such as `sk-learn-2024`."""
    short = (run for found in _PREFIXED.findall(text) for run in _RUN.findall(found))
    return bool(KEY_SHAPE.search(text)) or any(map(_DIGITS.search, short))


def _has_noise(text: str) -> bool:
    """Find what no id has and many keys are: 32 signs without a break, of both cases, with digits among them."""
    runs = _LONG_RUN.findall(text)
    return any(run != run.upper() and run != run.lower() and len(_DIGITS.findall(run)) > 1 for run in runs)
