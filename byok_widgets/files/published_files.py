"""Files for other people: a class, a site or a server. Neither their contents nor their names hold an API key.

What is packed in a way that is not read here, such as a PDF, is passed on, and named as not searched.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error, read_file
from byok_widgets.files.packed_files import Allowance, is_packed, unpack
from byok_widgets.secrets import redact
from byok_widgets.secrets.json_redaction import holds_key

MOST_BYTES = 50_000_000
"""Maximum size of a file."""
_MOST_UNPACKED_BYTES = 4 * MOST_BYTES


def read_pages(pages: Iterable[Path], *, kind: str, beside: Collection[str] = ()) -> dict[str, bytes]:
    """Return the contents of files by name; they will all be in one folder.

    Args:
        pages: The files.
        kind: Kind of the error.
        beside: Names of the other files there.

    Raises:
        ConfigError: A file cannot be read, or two have the same name.
    """
    files: dict[str, bytes] = {}
    names = {name.casefold(): Path(name) for name in beside}
    for page in pages:
        other = names.setdefault(page.name.casefold(), page)  # some systems take names in capitals for the same
        if other is not page:
            problem = f"{str(other)!r} and {str(page)!r} would have the same name in one folder"
            raise ConfigError(f"{problem}.", kind=kind, fix="Rename one of them.")
        files[page.name] = _content(page, kind)
    return files


def _content(page: Path, kind: str) -> bytes:
    try:
        return read_file(page, most_bytes=MOST_BYTES)
    except OSError as error:
        raise ConfigError(f"{str(page)!r} cannot be read: {describe_os_error(error)}.", kind=kind) from None


def require_no_keys(files: Mapping[str, bytes], *, fix: str) -> tuple[str, ...]:
    """Make sure that no file holds an API key: in its name, its text, or the files packed in it.

    Returns:
        What could not be searched, and why, in sentences.

    Args:
        files: Contents by name.
        fix: How to give a key instead.

    Raises:
        ConfigError: A file holds one.
    """
    unsearched: list[str] = []
    for name, content in files.items():
        if holds_key([name]):
            raise _key_in("The name of a file", fix)
        if holds_key(list(_texts(name, content, unsearched))):
            raise _key_in(name, fix)
    return tuple(redact(each) for each in unsearched)


def _key_in(where: str, fix: str) -> ConfigError:
    return ConfigError(
        f"{where} holds what looks like an API key, so nothing was written.", kind="key_in_text", fix=fix
    )


def _texts(name: str, content: bytes, unsearched: list[str]) -> Iterator[Any]:
    """Yield every text and JSON value in a file and in the files packed in it; note what cannot be searched."""
    yield from _readings(content)
    if is_packed(content):
        for part in unpack(content, Allowance(_MOST_UNPACKED_BYTES)):
            yield part.name
            yield from _readings(part.content or b"")
            if part.content is None:
                unsearched.append(" ".join(filter(None, (name, part.name, part.why))))


def _readings(content: bytes) -> Iterator[Any]:
    """Yield a text, and the JSON data in it, whole or by line: in JSON, a key may follow an escaped newline."""
    # keys are ASCII: in UTF-16 and UTF-32 there is nothing but zeros between their characters
    text = content.replace(b"\0", b"").decode("utf-8", "replace")
    yield text
    for part in (text, *text.splitlines()):
        try:
            data = json.loads(part)
        except (ValueError, RecursionError):
            continue
        yield data
        if part is text:
            return
