"""What another user has put into a folder where everybody may write: nothing is written into it, or through it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from byok_widgets import ByokError, Flow
from byok_widgets.compare.storage.database import Database
from byok_widgets.errors import ConfigError
from byok_widgets.files.database import open_database
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.recording import whole_notebook
from byok_widgets.recording.cassette import Cassette
from tests.files.other_users import give_away, posix

pytestmark = [posix, pytest.mark.timeout(30)]

Save = Callable[[Path], object]
_ENTRY = {"digest": "0" * 64, "node": "ask"}


def _flow() -> Flow:
    flow = Flow("dentist")
    flow.conversation("bye", "Bye.", static=True, end=True)
    return flow


def _append(path: Path) -> None:
    Cassette(path, must_exist=False).append(_ENTRY)


SAVES: dict[str, Save] = {
    "a flow": lambda path: _flow().save(path),
    "an export": lambda path: _flow().export("python").save(path.parent),
    "cells": lambda path: Database(path, "CREATE TABLE IF NOT EXISTS cells(a);", 1).close(),
    "calls": lambda path: open_database(path).close(),
    "a cassette": _append,
}
IN_PLACE = {name: SAVES[name] for name in ("cells", "calls", "a cassette")}


@pytest.fixture
def everybodys(tmp_path: Path) -> Path:
    folder = tmp_path / "everybodys"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


@pytest.mark.parametrize("save", SAVES.values(), ids=SAVES)
def test_a_folder_that_is_a_link_of_another_user(save: Save, everybodys: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    link = everybodys / "link"
    link.symlink_to(mine)
    save(link / "before")
    before = sorted(mine.iterdir())
    assert before, "a link of one's own is followed"
    give_away(link)
    with pytest.raises((ByokError, PermissionError), match="another user"):
        save(link / "after")
    assert sorted(mine.iterdir()) == before


@pytest.mark.parametrize("save", IN_PLACE.values(), ids=IN_PLACE)
@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_file_that_another_user_has_put_there(save: Save, kind: str, everybodys: Path, tmp_path: Path) -> None:
    planted = everybodys / "planted"
    planted.symlink_to(tmp_path / "new") if kind == "link" else planted.touch(0o666)
    give_away(planted)
    with pytest.raises((ByokError, PermissionError), match="another user"):
        save(planted)
    assert not (tmp_path / "new").exists()
    assert kind == "link" or not planted.stat().st_size


@pytest.mark.parametrize("name", ["mine.cassette", ".mine.cassette.lock"])
def test_what_another_user_can_hold_up_a_recording_with_is_told_before_a_call_is_paid(
    name: str, everybodys: Path
) -> None:
    (everybodys / name).touch(0o666)
    give_away(everybodys / name)
    with pytest.raises(ConfigError, match="another user") as caught, _flow().record(everybodys / "mine.cassette"):
        pytest.fail("the recording has begun")
    assert caught.value.kind == "cassette"


def test_a_whole_notebook_is_not_recorded_where_another_user_can_hold_that_up(
    everybodys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FlowContext, "shared_tape", None)
    planted = everybodys / ".mine.cassette.part.lock"
    planted.touch(0o666)
    give_away(planted)
    with pytest.raises(ConfigError, match="another user"):
        whole_notebook.record_all(str(everybodys / "mine.cassette"))


@pytest.mark.parametrize("ending", ["-journal", "-wal", "-shm"])
@pytest.mark.parametrize("name", ["cells", "calls"])
def test_what_another_user_has_put_beside_a_database(name: str, ending: str, everybodys: Path) -> None:
    """SQLite writes what stands in a journal into the file, whoever made it."""
    SAVES[name](everybodys / "mine")
    planted = everybodys / f"mine{ending}"
    planted.touch(0o666)
    give_away(planted)
    with pytest.raises((ByokError, PermissionError), match="another user"):
        SAVES[name](everybodys / "mine")


@pytest.mark.parametrize("name", ["cells", "calls"])
def test_a_folder_where_everybody_may_replace_a_database(name: str, everybodys: Path) -> None:
    SAVES[name](everybodys / "mine")
    everybodys.chmod(0o777)
    (everybodys.parent / "link").symlink_to(everybodys)
    for place in (everybodys, everybodys.parent / "link"):
        with pytest.raises((ByokError, PermissionError), match=f"replace the files in .*{everybodys}.*chmod o-w"):
            SAVES[name](place / "mine")
    everybodys.chmod(0o755)
    SAVES[name](everybodys / "mine")


def test_a_file_in_the_folder_of_its_owner_is_used(everybodys: Path) -> None:
    """As in the folder of a colleague, or in one that root fills for a user's server."""
    for name in ("cells", "calls"):
        SAVES[name](everybodys / name)
        give_away(everybodys / name)
    give_away(everybodys)
    for name in ("cells", "calls"):
        SAVES[name](everybodys / name)


def test_a_link_of_another_user_is_not_read(everybodys: Path, tmp_path: Path) -> None:
    _flow().save(tmp_path / "mine.flow.json")
    link = everybodys / "a.flow.json"
    link.symlink_to(tmp_path / "mine.flow.json")
    assert Flow.load(link, trust=True).name == "dentist"
    give_away(link)
    with pytest.raises(ByokError, match="another user"):
        Flow.load(link)


def test_a_pipe_that_takes_the_place_of_a_cassette(everybodys: Path) -> None:
    cassette = Cassette(everybodys / "lesson.cassette", must_exist=False)
    os.mkfifo(everybodys / "lesson.cassette")
    with pytest.raises(OSError, match="not a regular file"):
        cassette.append(_ENTRY)
