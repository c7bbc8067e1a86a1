"""What the folder of a class, a site and the check of notebooks hold and say of files with the key."""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat

from byok_widgets.cli import main
from byok_widgets.site import build
from tests.leaks.channels import channel
from tests.leaks.hunting import Place, files_below, text
from tests.leaks.stage import Stage


def _said(*arguments: object) -> str:
    """Return what the command says."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
        main([str(each) for each in arguments])
    return said.getvalue()


def _notebook(path: Path, *cells: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(made, path)
    return path


def _pages(stage: Stage) -> Iterator[list[Path]]:
    """Yield the pages of courses, each of which holds the key in one place."""
    key, folder = stage.canary.text(), stage.folder.parent / f"{stage.folder.name} pages"
    lesson = _notebook(folder / "lesson.ipynb", "1 + 1")
    contents = {
        "code.py": f"KEY = {key!r}\n".encode(),
        "recorded.cassette": f"{{}}\n{json.dumps({'said': f'Hi{chr(10)}{key}'})}\n".encode(),
        "from_a_shell.txt": f"key\n{key}\n".encode("utf-16"),
        "packed.csv.gz": gzip.compress(f"key\n{key}\n".encode()),
        f"{key}.txt": b"nothing",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        yield [lesson, folder / name]
    yield [_notebook(folder / "held.ipynb", f"'''\n{key}'''")]
    yield [_notebook(folder / f"{key}.ipynb", "1 + 1")]
    yield [lesson, folder / key / "missing.csv"]


def _opened(stage: Stage) -> None:
    stage.without_redaction()
    stage.patch.setattr("byok_widgets.files.published_files.holds_key", lambda _: False)


@channel(27, _opened)
def folders_of_a_class(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    key = stage.canary.text()
    options = [(), ("--model", f"openai:{key}"), ("--model", "m", "--proxy", f"https://a.example/{key}/v1")]
    options += [("--model", "openai:m", "--key", key), ("--model", key), ("--model", "m", "--proxy", key)]
    lesson = next(_pages(stage))[:1]
    asked = itertools.chain(((pages, ()) for pages in _pages(stage)), ((lesson, each) for each in options))
    for number, (pages, more) in enumerate(asked):
        out = stage.folder / f"class {number}"
        yield text(f"said of {number}", _said("class", out, *pages, "--no-model", *more))
        yield from (place for place in files_below(out) if ".whl" not in place[0])  # this package, as it is
    assert (stage.folder / f"class {number - len(options) + 1}" / "README.md").is_file()


def _packed_as_it_is(lite: Path, folder: Path) -> None:
    shutil.copytree(lite / "contents", folder / "files")


@channel(27, _opened)
def sites(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    for fetched in ("_require_tools", "_unpack_core", "_require_kernel", "write_lock"):
        stage.patch.setattr(build, fetched, lambda *_: None)
    stage.patch.setattr(build, "gather", lambda *_: [])
    stage.patch.setattr(build, "_own_wheels", lambda _: [])
    stage.patch.setattr(build, "_build", _packed_as_it_is)
    lesson = next(_pages(stage))[:1]
    for number, pages in enumerate([lesson, *_pages(stage)]):
        out = stage.folder / f"site {number}"
        yield text(f"said of {number}", _said("site", out, *pages))
        yield from files_below(out)
    assert (stage.folder / "site 0" / "files" / "lesson.ipynb").is_file()


@channel(26, Stage.without_redaction)
def what_students_handed_in(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    key, work = stage.canary.text(), stage.folder.parent / f"{stage.folder.name} handed in"
    ana = _notebook(work / key / "lesson.ipynb", f"found = {{'{key}': ['{key}']}}", f"raise ValueError('{key}')")
    broken = work / "broken.ipynb"
    broken.write_text(f'{{"cells": "{key}"', encoding="utf-8")
    expected = work / "expected.json"
    expected.write_text(json.dumps({"found": {"as": key}}), encoding="utf-8")
    results = [*("--json", stage.folder / "a.json"), *("--csv", stage.folder / "a.csv")]
    said = _said("grade", expected, ana, broken, "--limit", "120", *results)
    assert "of 2 notebooks" in said
    yield text("said", said)
    yield from files_below(stage.folder)
    for wrong in (
        (expected, work / key / "none.ipynb"),
        (work / f"{key}.json", ana),
        (expected, ana, "--variable", key),
        (expected, ana, "--limit", key),
        (expected, ana, "--jobs", key),
        (expected, ana, f"--{key}"),
        (expected, ana, "--json", stage.folder / key / "a.json"),
    ):
        yield text(f"said of {wrong[-1] == key}", _said("grade", *wrong))
    for file in ({key: 1}, {f"{key}.a": 1}, [key], {"a b": key}):
        expected.write_text(json.dumps(file), encoding="utf-8")
        yield text("said of expected values", _said("grade", expected, ana))
