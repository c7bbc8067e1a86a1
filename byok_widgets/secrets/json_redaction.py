"""Keys in JSON data. They are searched for in the strings themselves, not in the JSON made from them.

In JSON a key at the start of a line follows the `n` of the line break, and looks like part of a word. A held key
may be a plain word, since some servers accept anything. Here it counts as a word: a file must neither lose it nor
be refused because of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from byok_widgets.secrets.redaction import BETWEEN, redact

_LONG = 30  # a name this long may be a key
_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"')


def holds_key(data: Any) -> bool:
    """Whether a string in `data` contains a key."""
    texts = BETWEEN.join(texts_in(data))
    return redact(texts, words=False) != texts


def are_clear(texts: Iterable[str]) -> bool:
    """Whether JSON texts surely hold no key: cutting their strings out is quicker than going through the data."""
    strings = BETWEEN.join([BETWEEN.join(_strings_of(text)) for text in texts])
    return redact(strings, words=False) == strings


def _strings_of(text: str) -> list[str]:
    """Return the strings of a JSON text, names included."""
    if "\\" not in text:
        return text.split('"')[1::2]
    return [json.loads(f'"{string}"') if "\\" in string else string for string in _STRING.findall(text)]


def redact_keys(data: Any) -> Any:
    """Return `data` with a mask in place of every key in its strings; itself where there is none."""
    texts = texts_in(data)
    joined = BETWEEN.join(texts)
    cleaned = redact(joined, words=False)
    if cleaned == joined:
        return data
    redacted = cleaned.split(BETWEEN)
    # a string contains the separator itself, or a key was found across one
    if not joined.count(BETWEEN) == len(texts) - 1 == len(redacted) - 1:
        redacted = [redact(text, words=False) for text in texts]
    return _rebuilt(data, iter(redacted))


def texts_in(data: Any) -> list[str]:
    """Return the strings of `data`, and the names in it that may be keys."""
    return _texts(data, [])


def _texts(data: Any, found: list[str]) -> list[str]:
    """Add the strings of `data` to what was found, and return that."""
    if isinstance(data, str):
        found.append(data)
    elif isinstance(data, list):
        for entry in data:
            if isinstance(entry, str):  # most of what there is; a call for each would cost as much as the search
                found.append(entry)
            elif isinstance(entry, (dict, list)):
                _texts(entry, found)
    elif isinstance(data, dict):
        for name, entry in data.items():
            if not (name.isidentifier() and len(name) < _LONG):  # as `_is_plain`
                found.append(name)
            if isinstance(entry, str):
                found.append(entry)
            elif isinstance(entry, (dict, list)):
                _texts(entry, found)
    return found


def _rebuilt(data: Any, texts: Iterator[str]) -> Any:
    if isinstance(data, str):
        return next(texts)
    if isinstance(data, list):
        return [_rebuilt(entry, texts) for entry in data]
    if isinstance(data, dict):
        return {name if _is_plain(name) else next(texts): _rebuilt(entry, texts) for name, entry in data.items()}
    return data


def _is_plain(name: str) -> bool:
    """Whether a name is a plain word, like those of a file's own format; a short key may be one, too."""
    return name.isidentifier() and len(name) < _LONG
