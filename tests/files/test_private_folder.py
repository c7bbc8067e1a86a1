"""Settings that another user of the machine could have made or could change are not used, and none are made so."""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from byok_widgets import KeyStoreError
from byok_widgets.config import FlowConfig, NoticeKind
from byok_widgets.files import PrivateFolder, UntrustedPathError
from byok_widgets.keys.backends import key_file
from byok_widgets.providers import model_list_cache
from tests.files.other_users import give_away, posix, running_as, user_with_private_group

pytestmark = posix

PROVIDERS = ("local", "openai")
OF_OTHERS = {
    "somebody else's": give_away,
    "writable by the group": lambda path: path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o020),
    "writable by everybody": lambda path: path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o002),
}
Change = Callable[[Path], None]
each_fault = pytest.mark.parametrize("change", OF_OTHERS.values(), ids=OF_OTHERS)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home folder in which nothing was chosen."""
    monkeypatch.delenv("BYOK_WIDGETS_CONFIG_DIR")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path / "home/.config/byok_widgets")
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def permissive() -> Iterator[None]:
    before = os.umask(0o002)
    yield
    os.umask(before)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder for settings that other users can reach, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        monkeypatch.setenv("BYOK_WIDGETS_CONFIG_DIR", str(Path(name) / "config"))
        yield Path(name) / "config"


def opened() -> FlowConfig:
    return FlowConfig("dentist", providers=PROVIDERS)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("permissive")
def test_every_folder_of_ours_is_private_whatever_the_umask_is(home: Path) -> None:
    opened().provider = "openai"
    with key_file.held(key_file.default_path()):
        pass
    ours = home / ".config" / "byok_widgets"
    assert {mode(path) for path in (home / ".config", ours, ours / "flows")} == {0o700}
    assert {mode(path) for path in ours.rglob("*") if path.is_file()} == {0o600}


@pytest.mark.usefixtures("permissive")
def test_a_folder_that_an_earlier_version_left_open_is_made_private(home: Path) -> None:
    """It was group-writable: another user could replace `flows`, and with it where a key is sent."""
    ours = home / ".config" / "byok_widgets"
    ours.mkdir(parents=True)
    ours.chmod(0o775)
    opened().provider = "openai"
    assert mode(ours) == 0o700
    ours.chmod(0o775)
    assert opened().provider == "openai"
    assert mode(ours) == 0o700


@each_fault
def test_settings_that_others_could_change_are_not_read(change: Change, tmp_path: Path) -> None:
    config = opened()
    config.set_base_url("openai", "https://llm.example.org/v1")
    change(config.path)
    again = opened()
    assert again.base_url("openai") is None
    assert again.notice.kind is NoticeKind.UNREADABLE
    assert str(config.path) in str(again.notice)
    before = config.path.read_bytes()
    again.provider = "openai"
    assert config.path.read_bytes() == before, "what is not trusted is not overwritten either"


@each_fault
@pytest.mark.parametrize("which", ["", "flows"])
def test_a_folder_that_others_could_change_is_not_used(change: Change, which: str, config_folder: Path) -> None:
    opened().set_base_url("openai", "https://llm.example.org/v1")
    folder = config_folder / which
    change(folder)
    is_tightened = which and folder.stat().st_uid == os.geteuid()
    again = opened()
    assert (again.base_url("openai") is None) is not bool(is_tightened)
    assert bool(again.notice) is not bool(is_tightened)
    again.provider = "openai"
    assert bool(again.notice) is not bool(is_tightened)
    assert not is_tightened or mode(folder) == 0o700


def test_flows_that_another_user_put_there_are_not_used(home: Path) -> None:
    ours = home / ".config" / "byok_widgets"
    ours.mkdir(parents=True)
    ours.chmod(0o775)
    opened().set_base_url("openai", "https://llm.example.org/v1")
    for path in (ours / "flows", *(ours / "flows").iterdir()):
        give_away(path)
    assert opened().base_url("openai") is None


def test_a_home_that_is_group_writable_is_none_of_our_business(home: Path) -> None:
    home.chmod(0o775)
    opened().provider = "openai"
    assert opened().provider == "openai"
    assert opened().notice is None
    assert mode(home) == 0o775


def test_settings_of_root_are_read(shared: Path) -> None:
    opened().provider = "openai"
    user, group = user_with_private_group()
    for path in (shared, *shared.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with running_as(user, group):
        config = opened()
        assert config.provider == "openai"
        config.model = "openai:new"
        assert config.notice.errno == errno.EACCES, "it can only be read"


@pytest.mark.parametrize("who", ["private", "shared"])
def test_a_group_that_is_the_user_alone_may_write(who: str, shared: Path) -> None:
    """As on Debian and Ubuntu, where umask 002 makes all files writable by the user's private group."""
    user, group = user_with_private_group()
    shared.mkdir()
    os.chown(shared, user, group if who == "private" else 0)
    shared.chmod(0o775)
    with running_as(user, group):
        config = opened()
        config.provider = "openai"
        assert (config.notice is None) is (who == "private")


def test_a_link_that_another_user_made_is_not_followed(home: Path, tmp_path: Path) -> None:
    """What the link leads to may be the user's own, such as a repository that was cloned."""
    opened().set_base_url("openai", "https://llm.example.org/v1")
    ours = home / ".config" / "byok_widgets"
    ours.rename(tmp_path / "cloned")
    ours.symlink_to(tmp_path / "cloned")
    assert opened().base_url("openai") is not None, "a link of one's own is read"
    config = opened()
    config.provider = "local"
    assert config.notice.errno == errno.ELOOP, "and not written through"
    give_away(ours)
    assert opened().base_url("openai") is None


def test_a_folder_that_was_named_may_be_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "dotfiles")
    monkeypatch.setenv("BYOK_WIDGETS_CONFIG_DIR", str(tmp_path / "link"))
    opened().provider = "openai"
    assert opened().provider == "openai"
    assert list((tmp_path / "dotfiles" / "flows").glob("*.json"))
    (tmp_path / "dotfiles" / "flows").rename(tmp_path / "flows")
    (tmp_path / "dotfiles" / "flows").symlink_to(tmp_path / "flows")
    config = opened()
    config.provider = "local"
    assert config.notice.errno == errno.ELOOP, "only what was named may be one"


@each_fault
def test_a_key_file_that_others_could_change_is_refused(change: Change) -> None:
    path = key_file.default_path()
    with key_file.held(path):
        key_file.save(path, {"version": 2})
    change(path)
    with pytest.raises(KeyStoreError) as caught:
        key_file.loaded(path)
    assert caught.value.kind == "file_unreadable"
    assert path.exists(), "it is not set aside"


@each_fault
def test_a_model_list_that_others_could_change_is_ignored(
    change: Change, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datetime

    monkeypatch.setenv("BYOK_WIDGETS_CACHE_DIR", str(tmp_path / "cache"))
    kept = model_list_cache.KeptList((), datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    model_list_cache.write("f", "openai", "u", kept)
    assert model_list_cache.read("f", "openai", "u") == kept
    (file,) = (tmp_path / "cache" / "model lists").iterdir()
    change(file)
    assert model_list_cache.read("f", "openai", "u") is None


def test_the_sentence_says_what_is_wrong_and_what_to_type(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path / "it is mine")
    folder.make()
    folder.write("a", json.dumps({}).encode(), most_bytes=100)
    (folder.path / "a").chmod(0o666)
    with pytest.raises(UntrustedPathError) as caught:
        folder.read("a", most_bytes=100)
    assert f"chmod go-w '{folder.path / 'a'}'" in caught.value.strerror
