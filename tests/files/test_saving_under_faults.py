"""All that saves: killed while it writes, without space, and with two kernels at once."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.config import FlowConfig
from tests.files.saving import SAVERS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks, signals and limits of POSIX")


def run(*arguments: str, **environment: str) -> str:
    command = [sys.executable, "-m", "tests.files.saving", *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("rounds", [8, pytest.param(250, marks=pytest.mark.slow)])
@pytest.mark.parametrize("saver", SAVERS)
def test_a_program_that_is_killed_while_it_saves_loses_nothing(saver: str, rounds: int, tmp_path: Path) -> None:
    assert int(run("kill", saver, str(tmp_path), str(rounds))) > 1, "some versions were saved"


@pytest.mark.parametrize("saver", SAVERS)
def test_without_space_the_last_version_stays_and_it_is_told(saver: str, tmp_path: Path) -> None:
    number, _, told = run("fill", saver, str(tmp_path)).partition(" ")
    assert (number, "nothing was said" in told) == ("1", False), told


@pytest.mark.parametrize("saver", [saver for saver in SAVERS if saver not in ("cells", "cassette")])
def test_whatever_the_system_refuses_the_last_version_stays_and_it_is_told(saver: str, tmp_path: Path) -> None:
    assert run("fail", saver, str(tmp_path)) == "3\n"


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="needs a C compiler on Linux")
def test_whatever_the_system_refuses_no_cell_of_a_comparison_is_lost(tmp_path: Path) -> None:
    library = tmp_path / "faults.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    (tmp_path / "cells").mkdir()
    said = run("fail", "cells", str(tmp_path / "cells"), LD_PRELOAD=str(library))
    assert said == "3\n", "the second was written with the third"


@pytest.mark.parametrize("saver", SAVERS)
def test_a_clock_that_jumps_changes_nothing(saver: str, tmp_path: Path) -> None:
    assert run("jump", saver, str(tmp_path)) == "6\n"


@pytest.mark.parametrize("number", [errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EACCES])
def test_a_file_that_could_not_be_saved_is_told_with_what_is_kept_and_what_to_do(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    flow, path = Flow("dentist", fresh=True), tmp_path / "dentist.flow.json"
    flow.conversation("bye", "Bye.", static=True, end=True)
    is_full = number != errno.EACCES
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", refuse)
        for kept in (False, True):
            with pytest.raises(ConfigError) as caught:
                flow.save(path)
            assert ("unchanged" in caught.value.problem) is kept
            assert ("space" in caught.value.fix) is is_full
            assert list(tmp_path.iterdir()) == ([path] if kept else [])
            path.write_text("the old one", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "the old one"


_WRITES = """
import sys
from pathlib import Path
from byok_widgets.config import FlowConfig
config = FlowConfig("dentist", providers=("local",), folder=Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    config.set_override(sys.argv[2], f"local:{number}")
print(config.notice)
"""


@pytest.mark.parametrize("writes", [30, pytest.param(500, marks=pytest.mark.slow)])
def test_two_kernels_that_write_at_once_keep_what_each_has_set(writes: int, tmp_path: Path) -> None:
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITES, str(tmp_path), node, str(writes)], stdout=subprocess.PIPE, text=True
        )
        for node in ("ask", "read")
    ]
    for kernel in kernels:
        kernel.communicate(timeout=240)
        assert kernel.returncode == 0
    saved = FlowConfig("dentist", providers=("local",), folder=tmp_path)
    assert [saved.override(node) for node in ("ask", "read")] == [f"local:{writes - 1}"] * 2
