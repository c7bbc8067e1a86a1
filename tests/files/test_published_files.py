"""Files that other people get: in whatever way one holds a key, it is found."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from byok_widgets.errors import ConfigError
from byok_widgets.files.published_files import read_pages, require_no_keys
from tests.fake_keys import fake_key
from tests.key_forms import leaks


def zipped(content: bytes, name: str = "a.txt") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


FORMS: dict[str, Callable[[str], tuple[str, bytes]]] = {
    "a text": lambda key: ("a.py", f"KEY = {key!r}".encode()),
    "behind an escaped line": lambda key: ("a.json", json.dumps([f"a\n{key}"]).encode()),
    "in a line of a recording": lambda key: ("a.cassette", f"{{}}\n{json.dumps([f'a{chr(10)}{key}'])}".encode()),
    "of a shell": lambda key: ("a.txt", f"key\n{key}\n".encode("utf-16")),
    "of an old Mac": lambda key: ("a.txt", f"key\n{key}\n".encode("utf-16-be", "strict")),
    "compressed": lambda key: ("a.gz", gzip.compress(f"key {key}".encode())),
    "in an archive": lambda key: ("a.zip", zipped(key.encode())),
    "in an archive in an archive": lambda key: ("a.zip", zipped(zipped(key.encode()))),
    "a name in an archive": lambda key: ("a.zip", zipped(b"", f"{key}.txt")),
    "its name": lambda key: (f"{key}.txt", b""),
}


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_key_is_found_and_not_repeated(form: Callable[[str], tuple[str, bytes]], provider: str) -> None:
    key = fake_key(provider)
    name, content = form(key)
    with pytest.raises(ConfigError) as caught:
        require_no_keys({"b.txt": b"nothing", name: content}, fix="Take it out.")
    assert caught.value.kind == "key_in_text"
    assert not leaks(str(caught.value), key)


BOMB = gzip.compress(b"\0" * 210_000_000, 1)


@pytest.mark.parametrize("content", [b"%PDF-1.7", zipped(b"sk-")[:-9], lzma.compress(b"a")[:-9], BOMB])
def test_what_cannot_be_searched_is_named(content: bytes) -> None:
    (sentence,) = require_no_keys({"a.txt": b"", "slides": content}, fix="")
    assert sentence.startswith("slides ")


def test_files_without_keys_pass() -> None:
    contents = [b"", b"\xff\xfe", b"PK\x03\x04 no archive", "Grüße".encode("utf-16"), zipped(b"sk-"), b"{" * 5000]
    unsearched = require_no_keys({str(number): content for number, content in enumerate(contents)}, fix="")
    assert [sentence.split()[0] for sentence in unsearched] == ["2"], "the archive that is none"


def test_two_files_of_one_name_are_told(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    pages = [tmp_path / "one" / "a.ipynb", tmp_path / "two" / "A.ipynb"]
    for page in pages:
        page.write_bytes(b"{}")
    assert read_pages(pages[:1], kind="class") == {"a.ipynb": b"{}"}
    with pytest.raises(ConfigError, match="same name"):
        read_pages(pages, kind="class")
    with pytest.raises(ConfigError, match="one folder"):
        read_pages(pages[:1], kind="class", beside=["A.ipynb"])
    with pytest.raises(ConfigError, match="cannot be read"):
        read_pages([tmp_path / "none.csv"], kind="class")
