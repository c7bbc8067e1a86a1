"""The settings file: any flow name, atomic, locked, private; a full disk, a crash or damage loses nothing."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import subprocess
import sys
import threading
import unicodedata
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import example, given, settings
from hypothesis import strategies as st

from byok_widgets import ByokError, ConfigError, KeyFormatError
from byok_widgets.config import FlowConfig, NoticeKind, SettingsNotice, checked_name, settings_file
from byok_widgets.secrets import Secret
from tests.config.conftest import PROVIDERS, Open
from tests.fake_keys import fake_key

posix = pytest.mark.skipif(os.name != "posix", reason="modes, signals and limits of POSIX")

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=320)
STRANGE_NAMES = [
    "../../x",
    "/etc/passwd",
    "..",
    "😀" * 300,
    "CON",
    "aux.json",
    "a:b",
    "a\nb",
    "a\0b",
    "-rf",
    "\u202eabc",
    " dentist ",
    "dentist",
    "Dentist",
    'a"b\\c',
    "e\u0301",
]


def saved_file(folder: Path) -> Path:
    (path,) = folder.glob("*.json")
    return path


def other_files(folder: Path, kind: str) -> list[Path]:
    return [path for path in folder.iterdir() if kind in path.name]


# Names


def test_strange_names_are_separate_flows_in_one_folder(folder: Path, open_config: Open) -> None:
    for name in STRANGE_NAMES:
        open_config(name).model = f"openai:{name!a}"
    assert [open_config(name).model for name in STRANGE_NAMES] == [ascii(name) for name in STRANGE_NAMES]
    assert {path.name for path in folder.parent.rglob("*")} == {folder.name, *(p.name for p in folder.iterdir())}
    saved = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    assert {data["flow"] for data in saved} == {unicodedata.normalize("NFC", name) for name in STRANGE_NAMES}


def test_names_that_are_equal_after_nfc_are_one_flow(open_config: Open) -> None:
    open_config("café").provider = "openai"
    assert open_config("cafe\u0301").provider == "openai"
    assert checked_name("cafe\u0301" * 60) == "café" * 60, (
        "300 characters as they are read, not as they are encoded"
    )


@pytest.mark.parametrize(
    ("name", "kind", "numbers"),
    [
        ("", "flow_name_missing", []),
        (" \n\t", "flow_name_missing", []),
        (None, "flow_name_missing", []),
        (3, "flow_name_missing", []),
        ("x" * 301, "flow_name_too_long", ["300", "301"]),
        ("\u0958" * 300, "flow_name_too_long", ["300", "600"]),
        ("half \ud83d", "flow_name_not_text", []),
    ],
)
def test_names_that_cannot_be_used_are_refused(
    folder: Path, open_config: Open, name, kind: str, numbers: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        open_config(name)
    assert (caught.value.kind, bool(caught.value.fix)) == (kind, True)
    assert re.findall(r"\d+", caught.value.problem) == numbers
    assert not folder.exists()


def test_a_held_key_of_plain_words_is_no_name_of_a_flow_and_no_setting(folder: Path, open_config: Open) -> None:
    key = Secret("quarterly-umbrella-harbour")
    with pytest.raises(KeyFormatError):
        open_config(f"calls {key.reveal()}")
    with pytest.raises(KeyFormatError):
        open_config("calls").set_base_url("compatible", f"https://a.example/{key.reveal()}/v1")
    assert key.reveal() not in "".join(f"{path} {path.read_text()}" for path in folder.rglob("*.json"))


@settings(max_examples=1000)
@example(" ", "\u202f")
@example("\u0958" * 150, "\u0958" * 151)
@example("K", "\u212a")
@example("\ud83d", "\ude00")
@given(ANY_TEXT, ANY_TEXT)
def test_every_name_is_rejected_or_has_its_own_file_in_the_folder(one: str, other: str) -> None:
    folder, paths = Path("settings"), {}
    for name in (one, other):
        plain = unicodedata.normalize("NFC", name)
        if not plain.strip() or len(plain) > 300 or "Cs" in map(unicodedata.category, plain):
            with pytest.raises(ConfigError):
                FlowConfig(name, providers=PROVIDERS, folder=folder)
            continue
        try:
            config = FlowConfig(name, providers=PROVIDERS, folder=folder)
        except KeyFormatError:
            continue
        assert config.name == plain == checked_name(plain)
        assert config.path.parent == folder
        assert re.fullmatch(r"[0-9a-f]{32}\.json", config.path.name), "the same on a case-insensitive disk"
        paths[plain] = config.path
    assert len(set(paths.values())) == len(paths)


@settings(max_examples=60)
@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100).filter(str.strip),
    nodes=st.dictionaries(st.text(max_size=20), st.text(min_size=1, max_size=20), max_size=3),
)
def test_settings_are_there_in_the_next_kernel(tmp_path_factory, name: str, nodes: dict[str, str]) -> None:
    folder = tmp_path_factory.mktemp("settings")
    config = FlowConfig(name, providers=PROVIDERS, folder=folder)
    given_nodes = {}
    for node, model in nodes.items():
        try:
            config.set_override(node, model)
        except ByokError:
            continue
        given_nodes[node] = config.override(node)
    again = FlowConfig(name, providers=PROVIDERS, folder=folder)
    assert {node: again.override(node) for node in nodes} == {node: given_nodes.get(node) for node in nodes}
    assert not again.notice


def test_an_unpaired_surrogate_in_a_model_id_is_kept(open_config: Open) -> None:
    open_config().model = "gpt-\ud83d-ü"
    assert open_config().model == "gpt-\ud83d-ü"


def test_the_folder_is_the_one_that_was_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYOK_WIDGETS_CONFIG_DIR", str(tmp_path / "chosen"))
    FlowConfig("dentist", providers=PROVIDERS).provider = "openai"
    assert saved_file(tmp_path / "chosen" / "flows")
    monkeypatch.delenv("BYOK_WIDGETS_CONFIG_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    if sys.platform == "linux":
        FlowConfig("dentist", providers=PROVIDERS).provider = "openai"
        assert saved_file(tmp_path / "home" / "byok_widgets" / "flows")


# Private and whole


@posix
def test_file_and_folder_are_private_from_their_first_moment(folder: Path, open_config: Open) -> None:
    before = os.umask(0)
    try:
        open_config().provider = "openai"
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_looking_at_settings_writes_nothing(folder: Path, open_config: Open) -> None:
    config = open_config()
    assert (config.provider, config.model, config.notice) == ("local", "tiny", None)
    assert not folder.exists()


@posix
def test_a_kernel_killed_in_mid_save_leaves_the_old_or_the_new_version(folder: Path, open_config: Open) -> None:
    key = fake_key()
    ran = subprocess.run(
        [sys.executable, "-m", "tests.config.crashing", str(folder), "40"],
        input=key,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    versions, parts = map(int, ran.stdout.split())
    assert versions > 1, "nothing was saved"
    assert parts > 0, "no kill happened during a save"
    assert not any(key[-20:].encode() in path.read_bytes() for path in folder.iterdir())
    (folder / f".{saved_file(folder).stem}.0123.part").write_text("{", encoding="utf-8")
    open_config().provider = "openai"
    assert not other_files(folder, ".part")
    assert open_config().model_of("local") == str(versions), "the last version of the killed kernels is kept"


_SAVE_MANY = """
import sys
from pathlib import Path
from byok_widgets.config import FlowConfig
config = FlowConfig("dentist", providers=("local",), folder=Path(sys.argv[1]))
config.set_override("ready", "m")
print(flush=True)
input()
for number in range(60):
    config.set_override(f"{sys.argv[2]} {number}", "m")
assert not config.notice, config.notice
"""


def test_two_kernels_that_save_at_once_lose_nothing(folder: Path, open_config: Open) -> None:
    command, pipe = [sys.executable, "-c", _SAVE_MANY, str(folder)], subprocess.PIPE
    kernels = [subprocess.Popen([*command, who], stdin=pipe, stdout=pipe) for who in ("one", "other")]
    for kernel in kernels:
        kernel.stdout.readline()
    for kernel in kernels:
        kernel.stdin.write(b"go\n")
        kernel.stdin.flush()
    for kernel in kernels:
        kernel.communicate(timeout=60)
    assert [kernel.returncode for kernel in kernels] == [0, 0]
    config, wanted = open_config(), [f"{who} {number}" for who in ("one", "other") for number in range(60)]
    assert [node for node in wanted if config.override(node) != "local:m"] == []


def test_threads_that_save_at_once_lose_nothing(open_config: Open) -> None:
    config = open_config()
    threads = [threading.Thread(target=config.set_override, args=(f"node {n}", "m")) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(open_config().override(f"node {n}") == "local:m" for n in range(8))


# Places that cannot be written


def fault(config: FlowConfig) -> tuple[NoticeKind, int | None]:
    """Return the notice's fields for programs; there must be a notice."""
    assert config.notice
    return config.notice.kind, config.notice.errno


def no_space(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_keeps_the_old_settings_and_says_so(
    folder: Path, open_config: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = open_config()
    config.model = "openai:old"
    before = saved_file(folder).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_space)
        config.model = "anthropic:new"
        assert fault(config) == (NoticeKind.UNSAVED, errno.ENOSPC)
        assert (config.provider, config.model) == ("anthropic", "new"), "it applies to this session"
    assert saved_file(folder).read_bytes() == before
    assert not other_files(folder, ".part")
    config.set_override("ask", "third")
    assert not config.notice
    again = open_config()
    assert (again.provider, again.model, again.override("ask")) == ("anthropic", "new", "anthropic:third")


@posix
def test_a_write_that_comes_up_short_keeps_the_old_settings(folder: Path, open_config: Open) -> None:
    import resource

    config = open_config()
    config.model = "openai:old"
    before = saved_file(folder).read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        config.update_settings("ask", {"stop": "x" * 50_000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert fault(config) == (NoticeKind.UNSAVED, errno.EFBIG)
    assert saved_file(folder).read_bytes() == before
    assert not other_files(folder, ".part")
    assert open_config().model == "old"


def test_no_folder_means_this_session_only(folder: Path, open_config: Open) -> None:
    folder.write_text("a file in its place", encoding="utf-8")
    config = open_config()
    config.model = "openai:new"
    assert config.model == "new"
    assert fault(config)[0] in (NoticeKind.UNREADABLE, NoticeKind.UNSAVED), "systems differ"
    assert open_config().model == "tiny"


def test_a_folder_without_permission_means_this_session_only(
    open_config: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    config = open_config()
    monkeypatch.setattr(Path, "mkdir", refused)
    config.model = "openai:new"
    assert config.model == "new"
    assert fault(config) == (NoticeKind.UNSAVED, errno.EACCES)


def test_a_file_without_permission_means_this_session_only(
    folder: Path, open_config: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_config().model = "openai:old"

    def refused(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    before = saved_file(folder).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refused)
        config = open_config()
    assert fault(config) == (NoticeKind.UNREADABLE, errno.EACCES)
    config.model = "openai:new"
    assert config.model == "new"
    assert saved_file(folder).read_bytes() == before, "what could not be read is not overwritten"


def test_a_locked_file_is_given_up_in_time(
    folder: Path, open_config: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_file, "LOCK_TIMEOUT_S", 0.1)
    config = open_config()
    config.model = "openai:old"
    with FileLock(saved_file(folder).with_suffix(".lock")):
        config.model = "openai:new"
        assert fault(config)[0] is NoticeKind.BUSY
        assert config.model == "new"
    config.set_override("ask", "other")
    assert (open_config().model, config.notice) == ("new", None)


@posix
@pytest.mark.parametrize("there", [True, False])
def test_a_link_instead_of_the_file_is_not_followed(
    folder: Path, open_config: Open, tmp_path: Path, there: bool
) -> None:
    open_config().model = "openai:old"
    link, target = saved_file(folder), tmp_path / "target"
    link.unlink()
    if there:
        target.write_text('{"provider": "openai"}', encoding="utf-8")
    link.symlink_to(target)
    config = open_config()
    config.provider = "anthropic"
    assert config.provider == "anthropic"
    assert fault(config) == (NoticeKind.UNSAVED, errno.ELOOP)
    assert link.is_symlink()
    assert target.exists() == there
    assert not there or json.loads(target.read_text(encoding="utf-8")) == {"provider": "openai"}


# Contents that are not ours


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"provider": "openai"',
        b"[]",
        b"null",
        b"\xff\xfe\x00\xd8",
        bytes(100),
        b"[" * 100_000,
        b'{"models": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"tuning": ' + b'{"a": ' * 900 + b"1" + b"}" * 900 + b"}",
        b'{"version": "2"}',
        b'{"tuning": {"ask": {"temperature": NaN}}}',
        b'{"tuning": {"ask": {"temperature": 1e999}}}',
    ],
    ids=[
        *("empty", "cut", "list", "null", "no text", "zeros", "nested", "lists", "objects", "version"),
        *("no number", "number beyond all"),
    ],
)
def test_damaged_settings_are_set_aside_and_kept(folder: Path, open_config: Open, content: bytes) -> None:
    open_config().model = "openai:old"
    saved_file(folder).write_bytes(content)
    config = open_config()
    (kept,) = other_files(folder, "corrupt")
    assert kept.read_bytes() == content
    assert config.notice == SettingsNotice(NoticeKind.RESET, kept.name)
    assert (config.provider, config.model) == ("local", "tiny")
    config.model = "openai:new"
    assert fault(config)[0] is NoticeKind.RESET, "the user still has to be told"
    assert (open_config().model, open_config().notice) == ("new", None)
    assert kept.read_bytes() == content


def test_damage_twice_keeps_both(folder: Path, open_config: Open) -> None:
    open_config().model = "openai:old"
    path = saved_file(folder)
    for content in (b"one", b"two"):
        path.write_bytes(content)
        open_config()
    assert sorted(kept.read_bytes() for kept in other_files(folder, "corrupt")) == [b"one", b"two"]


@pytest.mark.parametrize("content", [None, b"damaged"])
def test_a_file_that_disappears_or_breaks_while_in_use_is_rewritten(
    folder: Path, open_config: Open, content: bytes | None
) -> None:
    config = open_config()
    config.model = "openai:mine"
    path = saved_file(folder)
    path.unlink() if content is None else path.write_bytes(content)
    config.set_override("ask", "other")
    again = open_config()
    assert (again.provider, again.model, again.override("ask")) == ("openai", "mine", "openai:other")
    assert config.notice is None if content is None else fault(config)[0] is NoticeKind.RESET


@pytest.mark.parametrize(
    "wrong",
    [
        {"provider": ["openai"], "models": [1], "overrides": "x", "base_urls": None, "key_references": 3},
        {"provider": "gone", "models": {"local": 7}, "overrides": {"ask": ["m"]}, "base_urls": {"openai": {}}},
    ],
    ids=["sections", "entries"],
)
def test_values_of_the_wrong_type_count_as_not_set(folder: Path, open_config: Open, wrong: dict) -> None:
    open_config().model = "openai:old"
    saved_file(folder).write_text(json.dumps(wrong), encoding="utf-8")
    config = open_config()
    assert (config.provider, config.model) == ("local", "tiny")
    assert (config.override("ask"), config.base_url("openai")) == (None, None)
    assert dict(config.key_references) == {}
    config.set_override("ask", "m")
    config.set_base_url("openai", "https://llm.example.org/v1")
    again = open_config()
    assert (again.override("ask"), again.base_url("openai")) == ("local:m", "https://llm.example.org/v1")


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_settings_of_a_newer_version_are_read_and_never_rewritten(
    folder: Path, open_config: Open, when: str
) -> None:
    config = open_config()
    config.model = "openai:old"
    newer = b'{"version": 99, "provider": "anthropic", "models": {"anthropic": "claude-9"}, "dreams": [1]}'
    saved_file(folder).write_bytes(newer)
    if when == "before":
        config = open_config()
        assert (config.provider, config.model) == ("anthropic", "claude-9")
    config.model = "openai:mine"
    assert (config.provider, config.model) == ("openai", "mine")
    assert fault(config)[0] is NoticeKind.NEWER
    assert saved_file(folder).read_bytes() == newer


def test_unknown_fields_survive(folder: Path, open_config: Open) -> None:
    open_config().model = "openai:old"
    path = saved_file(folder)
    data = json.loads(path.read_text(encoding="utf-8")) | {"dreams": {"of": [1, None, "ü"]}}
    data["models"]["a provider to come"] = "m"
    path.write_text(json.dumps(data), encoding="utf-8")
    open_config().provider = "anthropic"
    assert json.loads(path.read_text(encoding="utf-8")) == data | {"provider": "anthropic"}
    assert data["version"] == 1


def test_a_byte_order_mark_is_not_damage(folder: Path, open_config: Open) -> None:
    open_config().model = "openai:old"
    saved_file(folder).write_text(saved_file(folder).read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert (open_config().model, open_config().notice) == ("old", None)
