"""`byok-widgets scan`, as a person and a hook run it."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import itertools
import json
import lzma
import os
import re
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from byok_widgets import ConfigError
from byok_widgets.cli import main
from byok_widgets.cli.scan_files import ChangedMeanwhileError, read_paths, read_staged
from tests.fake_keys import every_format, fake_key

ROOT = Path(__file__).parents[1]
STATE = "application/vnd.jupyter.widget-state+json"
Said = Callable[[], tuple[str, str]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Return a function that gives what was printed to the two outputs."""
    return lambda: tuple(capsys.readouterr())


def has_piece(key: str, text: str) -> bool:
    return any(key[at : at + 8] in text for at in range(8, len(key) - 8))


def png(text: str) -> str:
    """Return a picture, in lines of base64, that has `text` among its notes."""
    head = b"\x89PNG\r\n\x1a\n" + bytes(13)
    return base64.encodebytes(head + b"tEXtComment\0" + text.encode() + bytes(30)).decode()


def cell(kind: str = "code", **parts: Any) -> dict[str, Any]:
    code = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": os.urandom(4).hex(), "metadata": {}, "source": []} | code | parts


def shown(mime: str, data: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {mime: data}}


PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "cell 2, source": lambda text: cell(source=["import openai\n", f"key = '{text}'"]),
    "cell 2, source of a note": lambda text: cell("markdown", source=f"My key is {text}."),
    "cell 2, output": lambda text: cell(
        outputs=[{"output_type": "stream", "name": "stdout", "text": ["one\n", text]}]
    ),
    "cell 2, output of an error": lambda text: cell(
        outputs=[{"output_type": "error", "ename": "E", "evalue": text, "traceback": ["\x1b[0;31mE", "é"]}]
    ),
    "cell 2, output as HTML": lambda text: cell(outputs=[shown("text/html", [f'<b title="{text}">\n', "</b>"])]),
    "cell 2, output as JSON": lambda text: cell(outputs=[shown("application/json", {"a": [1, {text: None}]})]),
    "cell 2, output as JSON in text": lambda text: cell(outputs=[shown("text/plain", json.dumps({"a": text}))]),
    "cell 2, output as a picture": lambda text: cell(outputs=[shown("image/png", png(text))]),
    "cell 2, output as a picture in lines": lambda text: cell(
        outputs=[shown("image/png", png(text).splitlines(keepends=True))]
    ),
    "cell 2, attachment": lambda text: cell(
        "markdown", attachments={"a.svg": {"image/svg+xml": f"<!--{text}-->"}}
    ),
    "cell 2, attachment of a picture": lambda text: cell(
        "markdown", attachments={"a.png": {"image/png": png(text)}}
    ),
    "cell 2, metadata": lambda text: cell(metadata={"papermill": {"key": text}}),
}


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    first = cell(source='print(\'ä ö 🎉 \\u2028\', "]}, \\" {[\\\\")', outputs=[shown("text/plain", ["1\n"])])
    return {"cells": [first, *cells], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def in_state(text: str) -> dict[str, Any]:
    model = {"model_name": "PasswordModel", "state": {"value": text}}
    return {"widgets": {STATE: {"state": {"0a": model}, "version_major": 2}}}


def written(path: Path, data: dict[str, Any]) -> Path:
    """Save a notebook as Jupyter does."""
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


# What is found, and how it is said


@pytest.mark.parametrize("where", PLACES)
def test_a_key_in_a_notebook_is_found_and_its_place_is_said(where: str, here: Path, said: Said) -> None:
    key = fake_key()
    path = written(here / "demo.ipynb", notebook(PLACES[where](key), cell(source="x")))
    assert main(["scan", "demo.ipynb"]) == 1
    out, err = said()
    place = where.split(" of ", maxsplit=1)[0].split(" as ", maxsplit=1)[0]
    assert out.splitlines()[0] == f"demo.ipynb: {place}: OpenAI key"
    assert not has_piece(key, out + err)
    assert path.read_text(encoding="utf-8").count(key) == (0 if "picture" in where else 1), "nothing was changed"


def test_a_key_in_the_widget_state_and_in_the_notebooks_metadata_is_found(here: Path, said: Said) -> None:
    key = fake_key("anthropic")
    written(here / "a.ipynb", notebook(**in_state(key), note=fake_key("openrouter")))
    assert main(["scan", "a.ipynb"]) == 1
    assert said()[0].splitlines()[:2] == [
        "a.ipynb: widget state: Anthropic key",
        "a.ipynb: metadata: OpenRouter key",
    ]


def test_a_notebook_of_the_old_format_has_cells_too(here: Path, said: Said) -> None:
    old = nbformat.v3.new_notebook(worksheets=[nbformat.v3.new_worksheet()])
    old.worksheets[0].cells += [
        nbformat.v3.new_code_cell(input="1"),
        nbformat.v3.new_code_cell(
            input=f"'{fake_key()}'", outputs=[nbformat.v3.new_output("pyout", output_text=fake_key())]
        ),
    ]
    (here / "old.ipynb").write_text(nbformat.v3.writes_json(old), encoding="utf-8")
    assert main(["scan", "old.ipynb"]) == 1
    assert set(said()[0].splitlines()[:2]) == {
        "old.ipynb: cell 2, source: OpenAI key",
        "old.ipynb: cell 2, output: OpenAI key",
    }


@pytest.mark.parametrize("name", sorted(every_format()))
def test_every_format_is_found_in_any_text_file_with_its_line(name: str, here: Path, said: Said) -> None:
    key = every_format()[name][1]
    (here / ".env").write_bytes(b"# \xff not UTF-8\r\n\r\nOPENAI_API_KEY=" + key.encode() + b"\r\n")
    assert main(["scan", ".env"]) == 1
    out = said()[0]
    assert out.startswith(".env: line 3: ")
    assert not has_piece(key, out)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "utf-32", "utf-8-sig"])
def test_text_that_windows_writes_is_read_and_stays_what_it_is(codec: str, here: Path) -> None:
    mark = "\ufeff" if codec == "utf-16-be" else ""
    text = f"{mark}# é 🎉\r\n$env:OPENAI_API_KEY = '{{}}'\r\n"
    path = here / "a.ps1"
    path.write_bytes(text.format(fake_key()).encode(codec))
    assert main(["scan", "--fix-sources", "a.ps1"]) == 1
    assert path.read_bytes() == text.format("[API key]").encode(codec)


def test_several_keys_in_one_place_are_one_line(here: Path, said: Said) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": [f"{fake_key()}\n", f"{fake_key()}\n"]}
    written(here / "a.ipynb", notebook(cell(outputs=[output])))
    assert main(["scan", "a.ipynb"]) == 1
    assert said()[0].splitlines()[0] == "a.ipynb: cell 2, output: 2 OpenAI keys"


def test_a_notebook_that_is_no_json_is_read_as_lines(here: Path, said: Said) -> None:
    text = json.dumps(notebook(cell(source=fake_key())), indent=1)
    (here / "a.ipynb").write_text(f"<<<<<<< HEAD\n{text}", encoding="utf-8")
    assert main(["scan", "--fix", "a.ipynb"]) == 1
    assert ": line " in said()[0]
    (here / "b.ipynb").write_text("[" * 100_000 + fake_key(), encoding="utf-8")
    assert main(["scan", "b.ipynb"]) == 1
    assert said()[0].startswith("b.ipynb: line 1: OpenAI key")


def test_the_name_of_a_file_gives_no_key_away_and_moves_no_cursor(here: Path, said: Said) -> None:
    key = fake_key("openrouter")
    (here / f"{key}\x1b[2J\n.txt").write_text(key, encoding="utf-8")
    assert main(["scan", "."]) == 1
    out, err = said()
    assert not has_piece(key, out + err)
    assert "\x1b" not in out
    assert [line.partition("[API key]\ufffd[2J\ufffd.txt: ")[2] for line in out.splitlines()[:2]] == [
        "name: OpenRouter key",
        "line 1: OpenRouter key",
    ]


def test_no_key_is_said_in_one_line(here: Path, said: Said) -> None:
    (here / "a.py").write_text("key = 'sk-...'  # sk-proj-****wxyz", encoding="utf-8")
    written(here / "a.ipynb", notebook(cell(source="sk-ant-api03-" + "x" * 95)))
    assert main(["scan", "a.py", "a.ipynb", "a.py"]) == 0
    assert said() == ("No API key of a known format in 2 files.\n", "")


def test_the_project_itself_is_clean(said: Said) -> None:
    names = ("byok_widgets", "notebooks", "tests", "README.md")
    assert main(["scan", *(str(ROOT / name) for name in names)]) == 0, said()[0]


# What is read


def test_a_folder_is_read_with_its_checkpoints_and_without_what_tools_fill(here: Path, said: Said) -> None:
    read = ["a/.ipynb_checkpoints/n-checkpoint.ipynb", "a/b/c.txt", ".env"]
    for name in [*read, ".git/config", "web/node_modules/x/y.js", "env/lib/z.py", "conda/z.py"]:
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(fake_key(), encoding="utf-8")
    (here / "env" / "pyvenv.cfg").write_text("home = /usr/bin\n", encoding="utf-8")
    (here / "env" / "bin").mkdir()
    (here / "env" / "bin" / "python").touch()
    (here / "conda" / "conda-meta").mkdir()
    (here / "conda" / "conda-meta" / "history").write_text("==> 2026-11-01 10:00:00 <==\n", encoding="utf-8")
    (here / "conda" / "bin").mkdir()
    (here / "conda" / "bin" / "python").touch()
    assert main(["scan", "."]) == 1
    out, err = said()
    assert {line.partition(":")[0] for line in out.splitlines() if "OpenAI key" in line} == set(read)
    skipped = {line.split()[1] for line in err.splitlines() if line.startswith("Skipped: ")}
    assert skipped == {".git", "web/node_modules", "env", "conda"}, "each is listed"


@pytest.mark.parametrize("marker", ["pyvenv.cfg", "conda-meta/x", "conda-meta/history", "bin/python"])
def test_a_marker_alone_hides_no_folder(marker: str, here: Path, said: Said) -> None:
    for path in (here / "project" / marker, here / "project" / "key.py"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (here / "project" / "key.py").write_text(fake_key(), encoding="utf-8")
    assert main(["scan", "."]) == 1


@pytest.mark.parametrize("before", [b"\0", b"\0" * 10_000, b"\xff\xfe\0\xd8", b"\x89PNG\r\n\0"])
@pytest.mark.parametrize("codec", ["ascii", "utf-16-le", "utf-16-be"])
def test_a_file_that_is_no_text_is_searched_too(before: bytes, codec: str, here: Path, said: Said) -> None:
    content = before + f"key = {fake_key()}".encode(codec)
    (here / "data").write_bytes(content)
    assert main(["scan", "."]) == 1
    assert said()[0].startswith("data: data: OpenAI key\n")
    assert main(["scan", "--fix-sources", "."]) == 1
    assert (here / "data").read_bytes() == content, "it would be broken"


# What is packed


def zipped(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        facts = tarfile.TarInfo(name)
        facts.size = len(content)
        archive.addfile(facts, io.BytesIO(content))
    return out.getvalue()


PACKED = {
    "gzip": gzip.compress,
    "gzip in two parts": lambda content: gzip.compress(content[:9]) + gzip.compress(content[9:]),
    "gzip in gzip": lambda content: gzip.compress(gzip.compress(content)),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda content: zipped("b/c.txt", content),
    "zip with LZMA": lambda content: zipped("b/c.txt", content, zipfile.ZIP_LZMA),
    "tar in gzip": lambda content: gzip.compress(tarred("b/c.txt", content)),
    "gzip in tar": lambda content: tarred("b/c.gz", gzip.compress(content)),
    "gzip in zip in tar": lambda content: tarred("b", zipped("c", gzip.compress(content))),
}


@pytest.mark.parametrize("how", PACKED)
def test_what_is_packed_is_read_and_left_as_it_is(how: str, here: Path, said: Said) -> None:
    key = fake_key()
    path = here / "a.data"
    path.write_bytes(PACKED[how](b"no key\n"))
    assert main(["scan", "."]) == 0
    assert re.findall(r"\d+", said()[0]) == ["1"]
    content = PACKED[how](f"one\nkey = {key}\n".encode())
    path.write_bytes(content)
    assert main(["scan", "--fix-sources", "."]) == 1
    out, err = said()
    assert re.match(r"a\.data( \(\S+\))?: line 2: OpenAI key\nFound 1 API key\.", out)
    assert "--fix" not in out, "nothing that would help"
    assert not has_piece(key, out + err)
    assert path.read_bytes() == content


def test_a_notebook_in_a_zip_is_a_notebook(here: Path, said: Said) -> None:
    book = json.dumps(notebook(PLACES["cell 2, output"](fake_key())))
    (here / "a.zip").write_bytes(zipped("demo.ipynb", book.encode()))
    assert main(["scan", "a.zip"]) == 1
    assert said()[0].startswith("a.zip (demo.ipynb): cell 2, output: OpenAI key\n")


def test_what_is_stored_in_an_archive_counts_once_and_its_comments_count_too(here: Path, said: Said) -> None:
    key = fake_key()
    stored = zipped("a.txt", f"{key}\n".encode(), zipfile.ZIP_STORED)
    (here / "a.zip").write_bytes(stored)
    (here / "b.tar").write_bytes(tarred("a.txt", f"{key}\n".encode()))
    assert main(["scan", "a.zip", "b.tar"]) == 1
    assert "Found 2 API keys" in said()[0]
    (here / "a.zip").write_bytes(stored + fake_key().encode())
    (here / "b.gz").write_bytes(gzip.compress(b"text") + fake_key().encode())
    assert main(["scan", "a.zip", "b.gz"]) == 1
    out, err = said()
    assert [line for line in out.splitlines() if ": data: OpenAI key" in line] == [
        "a.zip: data: OpenAI key",
        "b.gz: data: OpenAI key",
    ]
    assert err.startswith("b.gz cannot be unpacked: "), "what follows is no gzip"


def encrypted(content: bytes) -> bytes:
    packed = bytearray(zipped("a.txt", content))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


UNREAD = {
    "cut gzip": gzip.compress(b"text" * 9)[:-9],
    "damaged xz": lzma.compress(b"text" * 9)[:-9],
    "damaged zip": b"PK\x03\x04" + bytes(50),
    "damaged tar": bytes(257) + b"ustar" + bytes(700),
    "encrypted zip": encrypted(b"text"),
    "7z": b"7z\xbc\xaf\x27\x1c" + bytes(50),
    "Zstandard": b"\x28\xb5\x2f\xfd" + bytes(50),
    "PDF": b"%PDF-1.7\n" + bytes(50),
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n",
}


@pytest.mark.parametrize("how", UNREAD)
def test_what_cannot_be_unpacked_is_listed_and_counts_as_no_file(how: str, here: Path, said: Said) -> None:
    (here / "a").write_bytes(UNREAD[how])
    assert main(["scan", "."]) == 2
    out, err = said()
    assert out == ""
    assert err.startswith("Skipped: a ")
    (here / "b").write_text("text", encoding="utf-8")
    assert main(["scan", "."]) == 0
    assert re.findall(r"\d+", said()[0]) == ["1"]


@pytest.mark.parametrize(
    "bomb",
    [
        lambda: gzip.compress(bytes(100_000_001), 1),
        lambda: tarred("a", b"") * 10_001,
        lambda: gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"text"))))),
    ],
)
def test_what_is_too_much_to_unpack_may_hold_a_key(
    bomb: Callable[[], bytes], here: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a").write_bytes(bomb())
    assert main(["scan", "."]) == 2
    assert said()[1].startswith("a ")


# Names


def test_a_key_in_a_name_is_found_once(here: Path, said: Said) -> None:
    folder, file, link, packed = fake_key(), fake_key("openrouter"), fake_key("groq"), fake_key("anthropic")
    (here / f"a {folder}" / "empty").mkdir(parents=True)
    for name in (f"{file}.txt", "b.txt"):
        (here / f"a {folder}" / name).write_text("text", encoding="utf-8")
    (here / "link").symlink_to(f"http://here/?key={link}")
    (here / "c.zip").write_bytes(zipped(f"{packed}.txt", b"text"))
    assert main(["scan", "--fix-sources", "."]) == 1
    out, err = said()
    found = [line.rpartition(": ")[2] for line in out.splitlines() if ": name: " in line]
    assert sorted(found) == ["Anthropic key", "Groq key", "OpenAI key", "OpenRouter key"]
    assert "Found 4 API keys" in out
    assert "--fix" not in out
    assert not any(has_piece(key, out + err) for key in (folder, file, link, packed))


@pytest.mark.parametrize("name", ["{}", "%{code:x}{rest}", "&#{code};{rest}"])
def test_a_key_in_the_name_of_an_empty_folder_is_found_however_it_is_written(name: str, here: Path) -> None:
    key = fake_key()
    (here / name.format(key, code=ord(key[0]), rest=key[1:])).mkdir()
    (here / "a.txt").touch()
    assert main(["scan", "."]) == 1


SPLIT = {
    "two lines": "{}\n{}",
    "two lines of Windows": "{}\r\n{}",
    "a line that is continued": "'{}\\\n{}'",
    "an indented second line": "key: {}\n    {}",
    "a sum": 'key = "{}" + "{}"',
    "a sum over two lines": "key = ('{}' +\n       f'{}')",
    "side by side": 'key = "{}" "{}"',
    "over two lines in brackets": 'key = (\n    "{}"\n    "{}"\n)',
    "dots": "$key = '{}' . '{}';",
    "a comment between": 'key = (\n    "{}"  # first half\n    "{}"\n)',
    "a quotation": "> {}\n> {}",
    "a comment over two lines": "# {}\n#   {}",
    "a change": "+{}\n+{}",
    "a mail": "{}=\n{}",
}


NAMES = sorted(every_format())
# What a notebook wraps is searched as a text is: there, one format for each way of splitting is enough.
IN_TWO = [
    pytest.param(how, name, kind, marks=[pytest.mark.slow] if kind != "text" and name != own else [])
    for how, own in zip(SPLIT, itertools.cycle(NAMES))
    for name in NAMES
    for kind in ("text", "source", "output", "nested")
]


@pytest.mark.parametrize(("how", "name", "kind"), IN_TWO)
def test_a_key_in_two_parts_is_found_and_removed(how: str, name: str, kind: str, here: Path) -> None:
    owner, key = every_format()[name]
    del owner
    text = SPLIT[how].format(key[:25], key[25:]) + "\nmore\n"
    path = here / "a.ipynb"
    lines = text.splitlines(keepends=True)
    if kind == "text":
        path.write_text(text, encoding="utf-8")
    elif kind == "source":
        written(path, notebook(cell(source=lines)))
    else:
        output = lines if kind == "output" else json.dumps(text)
        written(path, notebook(cell(outputs=[shown("text/plain", output)])))
    assert main(["scan", "--fix-sources", "a.ipynb"]) == 1
    left = path.read_text(encoding="utf-8")
    assert key[:25] not in left
    assert key[25:] not in left
    assert "more" in left
    assert kind == "text" or json.loads(left)
    assert main(["scan", "a.ipynb"]) == 0


def test_names_that_only_follow_each_other_are_no_key(here: Path) -> None:
    names = ["hf_tokens", "tokenizer", "configuration", "embeddings", "transformers"]
    (here / "a.py").write_text(
        ",\n".join(names) + "\n" + ", ".join(f'"{name}"' for name in names), encoding="utf-8"
    )
    assert main(["scan", "a.py"]) == 0


def test_what_is_not_read_is_said_in_a_sentence_each(here: Path, said: Said) -> None:
    (here / "key.txt").write_text(fake_key(), encoding="utf-8")
    (here / "link.txt").symlink_to("key.txt")
    os.mkfifo(here / "pipe")
    assert main(["scan", "link.txt", "pipe"]) == 2, "nothing was scanned"
    out, err = said()
    assert err.splitlines()[:2] == [
        "link.txt is a link; links are not followed.",
        "pipe is not an ordinary file.",
    ]
    assert out == ""


def test_in_a_folder_what_is_skipped_is_listed(here: Path, said: Said) -> None:
    elsewhere = here.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "key.txt").write_text(fake_key(), encoding="utf-8")
    (here / "folder").symlink_to(elsewhere)
    (here / "file").symlink_to(elsewhere / "key.txt")
    assert main(["scan", "."]) == 2, "nothing was scanned"
    (here / "picture.png").write_bytes(b"\0")
    said()
    assert main(["scan", "."]) == 0
    out, err = said()
    assert re.findall(r"\d+", out) == ["1"], "files that were read"
    assert [line.split()[1] for line in err.splitlines()] == ["file", "folder"]


def test_what_could_not_be_read_is_not_called_clean(here: Path, said: Said) -> None:
    (here / "a.txt").write_text("x", encoding="utf-8")
    with (here / "large.csv").open("wb") as file:
        file.write(b"a" * 10_000)
        file.truncate(100_000_001)
    assert main(["scan", "a.txt", "large.csv", "missing.ipynb", "n" * 300]) == 2
    out, err = said()
    assert out == ""
    assert [line.split()[0] for line in err.splitlines()] == ["large.csv", "missing.ipynb", "n" * 300]
    assert main(["scan", "."]) == 2
    assert "large.csv" in said()[1]


def test_a_folder_without_permission_is_said(here: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def scandir(path: str) -> Any:  # root may read everything
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    (here / "shut").mkdir()
    assert main(["scan", "."]) == 2
    assert said()[1].startswith("shut ")


def test_a_key_counts_more_than_what_could_not_be_read(here: Path) -> None:
    (here / "a.txt").write_text(fake_key(), encoding="utf-8")
    assert main(["scan", "missing", "a.txt"]) == 1


@pytest.mark.parametrize(
    "arguments", [[], ["--fix"], ["--staged", "a.txt"], ["--staged", "--fix"], ["a", "--fox"]]
)
def test_wrong_use_is_said(arguments: list[str], said: Said) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["scan", *arguments])
    assert caught.value.code == 2
    assert "usage: byok-widgets scan" in said()[1]


# Removing


@pytest.mark.parametrize("where", [place for place in PLACES if "source" not in place])
def test_a_key_is_removed_from_what_nobody_wrote(where: str, here: Path, said: Said) -> None:
    key = fake_key()
    path = written(here / "a.ipynb", notebook(PLACES[where](key)))
    before = json.loads(path.read_text(encoding="utf-8"))
    assert main(["scan", "--fix", "a.ipynb"]) == 1
    assert main(["scan", "a.ipynb"]) == 0
    nbformat.validate(nbformat.read(path, as_version=4))
    after = path.read_text(encoding="utf-8")
    assert key not in after
    mask = "*" * len(key) if "picture" in where else "[API key]"
    expected = PLACES[where](mask) | {"id": before["cells"][1]["id"]}
    assert json.loads(after) == before | {"cells": [before["cells"][0], expected]}


@pytest.mark.parametrize("where", [place for place in PLACES if "source" in place])
def test_sources_are_left_alone_unless_it_is_asked_for(where: str, here: Path, said: Said) -> None:
    key, other = fake_key(), fake_key()
    path = written(here / "a.ipynb", notebook(PLACES[where](key), **in_state(other)))
    assert main(["scan", "--fix", "a.ipynb"]) == 1
    assert "Removed 1; 1 left." in said()[0]
    text = path.read_text(encoding="utf-8")
    assert key in text
    assert other not in text
    assert main(["scan", "--fix-sources", "a.ipynb"]) == 1
    assert path.read_text(encoding="utf-8") == text.replace(key, "[API key]")


def test_keys_side_by_side_in_a_picture_are_both_removed(here: Path) -> None:
    keys = fake_key("openrouter") + fake_key("openrouter")
    written(here / "a.ipynb", notebook(cell(outputs=[shown("image/png", png(keys))])))
    assert main(["scan", "--fix", "a.ipynb"]) == 1
    assert main(["scan", "a.ipynb"]) == 0


def test_other_files_are_sources(here: Path, said: Said) -> None:
    key = fake_key()
    (here / "a.py").write_bytes(f"# \xe9\r\nkey = '{key}'".encode("latin-1"))
    untouched = (here / "a.py").stat().st_ino
    assert main(["scan", "--fix", "a.py"]) == 1
    assert "--fix-sources" in said()[0]
    assert key.encode() in (here / "a.py").read_bytes()
    assert (here / "a.py").stat().st_ino == untouched
    assert main(["scan", "--fix-sources", "a.py"]) == 1
    assert (here / "a.py").read_bytes() == b"# \xe9\r\nkey = '[API key]'"


layouts = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 1, 2, "\t"]),
        "ensure_ascii": st.booleans(),
        "separators": st.sampled_from([None, (",", ":"), (" ,", " : ")]),
        "sort_keys": st.booleans(),
    }
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="k"), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.sampled_from(["output", "state", "metadata"]),
    layouts,
    st.tuples(texts, texts),
    st.sampled_from(["", "\n", "\r\n", " \n\n"]),
    st.sampled_from(sorted(set(every_format()) - {"gemini, old"})),
    st.booleans(),
)
def test_every_other_byte_of_a_notebook_survives(place, layout, around, end, name, marked) -> None:
    def content(key: str) -> bytes:
        text = f"{around[0]}{key} {around[1]}"
        cells = [cell(id="1", outputs=[shown("text/html", [text, {"b": text, "a": 1.50}])])]
        metadata = in_state(text) if place == "state" else {place: text}
        data = notebook(*(cells if place == "output" else ()), **metadata)
        data["cells"][0]["id"] = "0"
        return ("\ufeff" * marked + json.dumps(data, **layout) + end).encode()

    path = Path("a.ipynb")
    path.write_bytes(content(every_format()[name][1]))
    assert main(["scan", "--fix", "a.ipynb"]) == 1
    assert path.read_bytes() == content("[API key]")


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755])
def test_a_file_keeps_its_permissions_and_leaves_nothing_beside_it(mode: int, here: Path) -> None:
    path = written(here / "a.ipynb", notebook(**in_state(fake_key())))
    path.chmod(mode)
    assert main(["scan", "--fix", "a.ipynb"]) == 1
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert list(here.iterdir()) == [path]


def test_a_file_that_changed_meanwhile_stays_as_it_is(here: Path) -> None:
    path = written(here / "a.ipynb", notebook())
    (document,) = read_paths([path])
    path.write_text("newer", encoding="utf-8")
    with pytest.raises(ChangedMeanwhileError):
        document.replace("older")
    assert path.read_text(encoding="utf-8") == "newer"


def test_a_file_that_became_a_link_meanwhile_is_not_followed(here: Path) -> None:
    path = written(here / "a.ipynb", notebook())
    (document,) = read_paths([path])
    path.rename(here / "elsewhere")
    path.symlink_to("elsewhere")
    with pytest.raises(ChangedMeanwhileError):
        document.replace("older")
    assert path.is_symlink()


def test_a_file_that_is_read_only_stays_as_it_is(here: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    key = fake_key()
    path = written(here / "a.ipynb", notebook(**in_state(key)))
    path.chmod(0o444)
    real = os.access
    monkeypatch.setattr(os, "access", lambda name, mode: real(name, mode) and Path(name).stat().st_mode & 0o200)
    assert main(["scan", "--fix", "a.ipynb"]) == 1
    assert said()[1].startswith("a.ipynb ")
    assert key in path.read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_file_that_cannot_be_written_is_said(here: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    key = fake_key()
    path = written(here / "a.ipynb", notebook(**in_state(key)))
    real = os.open
    monkeypatch.setattr(
        os,
        "open",
        lambda name, flags, *_: real(
            "/dev/full" if flags & os.O_WRONLY else name, flags & ~os.O_CREAT & ~os.O_EXCL
        ),
    )
    assert main(["scan", "--fix", "a.ipynb"]) == 1
    assert said()[1].startswith("a.ipynb ")
    assert key in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("answer", "removed"), [("y", True), ("n", False), ("", False), ("\x04", False)])
def test_in_a_terminal_it_asks_before_it_changes_a_source(answer: str, removed: bool, here: Path) -> None:
    key = fake_key()
    path = written(here / "a.ipynb", notebook(cell(source=key)))
    ours, theirs = pytest.importorskip("pty").openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "byok_widgets", "scan", "--fix", "a.ipynb"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    asked = b""
    while b"[y/N]" not in asked:
        asked += os.read(ours, 1000)
    assert b"a.ipynb" in asked
    os.write(ours, answer.encode() + b"\n" * (answer != "\x04"))
    assert process.wait(20) == 1
    os.close(ours)
    assert (key not in path.read_text(encoding="utf-8")) is removed


# Before a commit


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "me")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "me@example.org")
    git("init", "-q")
    return here


def test_what_is_staged_counts_not_what_the_file_says_now(repository: Path, said: Said) -> None:
    key = fake_key()
    (repository / "sub").mkdir()
    path = written(repository / "sub" / "ä b.ipynb", notebook(cell(source=key)))
    git("add", ".")
    path.write_text("fixed, but not added", encoding="utf-8")
    assert main(["scan", "--staged"]) == 1
    assert said()[0].splitlines()[0] == f"{path}: cell 2, source: OpenAI key"
    git("add", ".")
    path.write_text(key, encoding="utf-8")
    assert main(["scan", "--staged"]) == 0


def test_only_what_is_to_be_committed_is_read(repository: Path, said: Said) -> None:
    for name in ("kept", "gone"):
        (repository / name).write_text(fake_key(), encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "before the hook")
    git("rm", "-q", "gone")
    (repository / "old name").write_text("a long text\n" * 50, encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "more")
    git("mv", "old name", "new name")
    (repository / "new").write_text("x", encoding="utf-8")
    (repository / "picture").write_bytes(b"\0")
    (repository / "link").symlink_to("kept")
    git("add", ".")
    assert main(["scan", "--staged"]) == 0
    out, err = said()
    assert re.findall(r"\d+", out) == ["4"], "files that were read, and the address of a link"
    assert err == ""


@pytest.mark.parametrize("setting", ["diff.relative", "diff.noprefix", "diff.renames", "core.quotePath"])
def test_no_setting_of_git_hides_what_is_staged(
    setting: str, repository: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "sub").mkdir()
    (repository / "key.py").write_text(fake_key(), encoding="utf-8")
    (repository / "sub" / "other.py").write_text("x", encoding="utf-8")
    git("add", ".")
    git("config", setting, "true")
    monkeypatch.chdir(repository / "sub")
    assert main(["scan", "--staged"]) == 1
    assert said()[0].startswith(f"{repository / 'key.py'}: line 1: ")


def test_names_and_packed_contents_that_are_staged_are_read(repository: Path, said: Said) -> None:
    (repository / f"{fake_key()}.txt").write_text("text", encoding="utf-8")
    (repository / "a.gz").write_bytes(gzip.compress(fake_key().encode()))
    (repository / "link").symlink_to(fake_key())
    git("add", ".")
    assert main(["scan", "--staged"]) == 1
    out = said()[0]
    assert sorted(line.split(": ")[1] for line in out.splitlines()[:3]) == ["line 1", "line 1", "name"]
    assert "Found 3 API keys" in out


def test_staged_files_that_are_all_skipped_are_not_called_clean(repository: Path, said: Said) -> None:
    (repository / "a.7z").write_bytes(UNREAD["7z"])
    git("add", ".")
    assert main(["scan", "--staged"]) == 2
    out, err = said()
    assert out == ""
    assert "a.7z" in err


def test_a_commit_that_only_removes_files_goes_through(repository: Path, said: Said) -> None:
    (repository / "gone").write_text("x", encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "first")
    git("rm", "-q", "gone")
    assert main(["scan", "--staged"]) == 0
    assert "No API key" not in said()[0]


def test_a_hook_stops_the_commit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m byok_widgets scan --staged\n', encoding="utf-8")
    hook.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (repository / "a.py").write_text(fake_key(), encoding="utf-8")
    git("add", ".")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        git("commit", "-qm", "oops")
    assert "a.py: line 1: OpenAI key" in caught.value.stdout + caught.value.stderr
    assert main(["scan", "--fix-sources", "a.py"]) == 1
    git("commit", "-qam", "fixed")
    assert "[API key]" in git("show", "HEAD:a.py")


def test_outside_of_a_repository_it_says_so(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(Path.cwd().parent))
    assert main(["scan", "--staged"]) == 2
    with pytest.raises(ConfigError) as caught:
        list(read_staged())
    assert caught.value.kind == "no_git_repository"
    monkeypatch.setenv("PATH", "")
    assert main(["scan", "--staged"]) == 2
    with pytest.raises(ConfigError) as caught:
        list(read_staged())
    assert caught.value.kind == "no_git"
