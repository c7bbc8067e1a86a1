"""Keys where no key belongs: in a name, a model or an address, which are shown, saved and sent.

Floor 0. What is refused here is in no message and in no frame of the traceback.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from byok_widgets.errors import KeyFormatError
from byok_widgets.keys.redaction import KEY_SHAPE

_SHORT = r"(?<![A-Za-z0-9])sk-(?:[A-Za-z0-9_-]*[_-])?(?=[A-Za-z0-9]{8})[A-Za-z]*[0-9]"
_NOISE = (
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{32})(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])[A-Za-z]*[0-9]+[A-Za-z]+[0-9]"
)
KEY_PATTERNS = (KEY_SHAPE.pattern, _SHORT, _NOISE)
"""What an API key looks like: a known shape; `sk-` and a run of eight with a digit, unlike `sk-learn-2024`; and what
no id has and many keys are, 32 signs without a break, of both cases, with digits in two places.

The page applies them before anything is sent: they mean the same in Python and in JavaScript.
"""

_WITH_PREFIX = tuple(map(re.compile, KEY_PATTERNS[:2]))
_WITHOUT_PREFIX = re.compile(_NOISE)


def looks_like_key(text: str) -> bool:
    """Whether there is an API key in `text`: one of a known shape, or a run of noise."""
    has_prefix = "sk-" in text and any(pattern.search(text) for pattern in _WITH_PREFIX)
    return has_prefix or bool(_WITHOUT_PREFIX.search(text))


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
