"""Named pipes, devices, folders and huge files in place of ours: nothing waits, and nothing fills the memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from byok_widgets import ConfigError, Flow, KeyStoreError
from byok_widgets.config import FlowConfig, NoticeKind, settings_file
from byok_widgets.files import PrivateFolder, read_file, replace_file
from byok_widgets.flow.file import flow_file
from byok_widgets.keys.backends import key_file
from byok_widgets.session import session_file
from tests.files.other_users import posix

pytestmark = [posix, pytest.mark.timeout(30)]


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**12)  # it takes no room on the disk


SPECIAL = {
    "a named pipe": os.mkfifo if hasattr(os, "mkfifo") else None,
    "a folder": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a huge file": _huge,
}
Make = Callable[[Path], None]
each_kind = pytest.mark.parametrize("make", SPECIAL.values(), ids=SPECIAL)


@each_kind
def test_as_a_flow(make: Make, tmp_path: Path) -> None:
    make(tmp_path / "a.flow.json")
    with pytest.raises(ConfigError) as caught:
        Flow.load(tmp_path / "a.flow.json")
    assert caught.value.kind == "flow_file"


@each_kind
def test_as_a_session(make: Make, tmp_path: Path) -> None:
    flow = Flow("dentist")
    make(tmp_path / "a.session.json")
    with pytest.raises(ConfigError) as caught:
        flow.load_session(tmp_path / "a.session.json")
    assert caught.value.kind == "session_file"


@each_kind
def test_as_settings(make: Make) -> None:
    config = FlowConfig("dentist", providers=("local",))
    config.path.parent.mkdir(parents=True, mode=0o700)
    make(config.path)
    again = FlowConfig("dentist", providers=("local",))
    assert again.notice.kind is NoticeKind.UNREADABLE
    again.model = "tiny"
    assert again.model == "tiny"


@each_kind
def test_as_the_key_file(make: Make) -> None:
    path = key_file.default_path()
    path.parent.mkdir(parents=True, mode=0o700)
    make(path)
    with pytest.raises(KeyStoreError) as caught:
        key_file.loaded(path)
    assert caught.value.kind == "file_unreadable"


@pytest.mark.parametrize("name", ["a named pipe", "a folder"])
def test_none_is_replaced(name: str, tmp_path: Path) -> None:
    SPECIAL[name](tmp_path / "a.json")
    with pytest.raises(OSError, match="regular"):
        replace_file(tmp_path / "a.json", b"{}")
    with pytest.raises(ConfigError):
        Flow("dentist").save(tmp_path / "a.json")
    assert not (tmp_path / "a.json").is_file()
    assert len(list(tmp_path.glob("a.json"))) == 1


def test_a_file_that_was_made_private_stays_private(tmp_path: Path) -> None:
    path, flow = tmp_path / "a.flow.json", Flow("dentist")
    flow.save(path)
    usual = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0o600)
    flow.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o777)
    flow.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == usual, "nothing is allowed that a new file would not allow"


@pytest.mark.parametrize("stem", ["a" * 245, "é" * 122])
def test_a_name_may_be_as_long_as_the_system_allows(stem: str, tmp_path: Path) -> None:
    path = tmp_path / f"{stem}.flow.json"
    assert len(os.fsencode(path.name)) in (254, 255)
    part = tmp_path / f".{os.fsdecode(os.fsencode(path.stem)[:200])}.{'0' * 8}.part"
    part.touch()
    Flow("dentist").save(path)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_device_is_never_replaced_by_a_file() -> None:
    with pytest.raises(OSError, match="regular"):
        replace_file(Path("/dev/null"), b"")
    assert Path("/dev/null").is_char_device()


def test_a_file_that_tells_no_size_is_bounded_too() -> None:
    if not Path("/proc/self/maps").exists():
        pytest.skip("only Linux has files without a size")
    with pytest.raises(OSError, match="larger"):
        read_file(Path("/proc/self/maps"), most_bytes=100)


@pytest.mark.parametrize("module", [flow_file, session_file, settings_file])
def test_what_could_not_be_opened_again_is_not_saved(
    module: object, tmp_path: Path, config_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    flow = Flow("dentist")
    flow.conversation("ask", "hello", end=True)
    if module is settings_file:
        flow.provider = "openai"
        assert not list(config_folder.rglob("*.json"))
        return
    path = tmp_path / "a.json"
    with pytest.raises(ConfigError, match="larger"):
        flow.save(path) if module is flow_file else flow.start().save(path)
    assert not path.exists()


# What killed programs leave behind


def test_parts_of_killed_saves_are_removed_and_those_in_use_stay(tmp_path: Path) -> None:
    import fcntl

    path = tmp_path / "a[1].flow.json"
    dead, live, other = (tmp_path / f".a[1].flow.{name}.part" for name in ("0123abcd", "89abcdef", "notes"))
    foreign = tmp_path / ".b.flow.0123abcd.part"
    for part in (dead, live, other, foreign):
        part.write_text("{", encoding="utf-8")
    with live.open("rb") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        flow = Flow("dentist")
        flow.conversation("ask", "hello", end=True)
        flow.save(path)
        assert not dead.exists()
        assert live.exists()
        dead.touch()
        Flow.load(path)
        assert not dead.exists(), "the next start removes it, too"
        assert (live.exists(), other.exists(), foreign.exists()) == (True, True, True)


def test_at_the_start_all_parts_in_our_own_folder_are_removed() -> None:
    config = FlowConfig("dentist", providers=("local",))
    config.model = "tiny"
    part = config.path.with_name(f".{'0' * 32}.0123abcd.part")
    part.touch()
    FlowConfig("dentist", providers=("local",))
    assert not part.exists()


def test_a_part_that_is_a_link_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    (tmp_path / ".a.0123abcd.part").symlink_to(tmp_path / "mine")
    replace_file(tmp_path / "a.json", b"{}")
    assert (tmp_path / "mine").exists()


def test_a_folder_in_memory_of_its_own_is_made_with_all_above_it(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path / "a" / "b" / "c").sub("d")
    folder.make()
    assert folder.path.is_dir()
