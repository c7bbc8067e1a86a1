"""One flow in two kernels: what the other one changes is told, and holds here only when somebody takes it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from byok_widgets.config import FlowConfig
from tests.config.conftest import PROVIDERS, Open

_KERNEL = """
import sys
from pathlib import Path
from byok_widgets.config import FlowConfig
config = FlowConfig("dentist", providers=sys.argv[2].split(), folder=Path(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""


class OtherKernel:
    """A process of its own that has the same flow open."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, line: str) -> None:
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


@contextmanager
def other_kernel(folder: Path) -> Iterator[OtherKernel]:
    command = [sys.executable, "-c", _KERNEL, str(folder), " ".join(PROVIDERS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield OtherKernel(process)
        process.stdin.close()
        assert process.wait(20) == 0


@pytest.fixture
def other(folder: Path, mine: FlowConfig) -> Iterator[OtherKernel]:
    with other_kernel(folder) as kernel:
        yield kernel


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def mine(folder: Path, seen: list[str]) -> FlowConfig:
    config = FlowConfig(
        "dentist", providers=PROVIDERS, folder=folder, on_elsewhere=lambda: seen.append("elsewhere")
    )
    config.model = "openai:mine"
    return config


def saved(folder: Path) -> dict[str, object]:
    (path,) = folder.glob("*.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_provider_of_another_kernel_is_never_taken_with_a_change_of_ones_own(
    mine: FlowConfig, other: OtherKernel, folder: Path, seen: list[str]
) -> None:
    told: list[str] = []
    mine.observe(told.extend)
    other.run('config.model = "anthropic:theirs"')
    mine.update_settings("ask", {"max_tokens": 9})
    assert (mine.provider, mine.model) == ("openai", "mine")
    assert mine.resolve("ask").ref.provider == "openai"
    assert mine.elsewhere.changes == ("provider", "model")
    assert (mine.elsewhere.theirs.provider, mine.elsewhere.theirs.model) == ("anthropic", "theirs")
    assert (told, seen) == (["model_settings", "elsewhere"], ["elsewhere"])
    file = saved(folder)
    assert file["provider"] == "anthropic", "a change of mine carries no provider of mine to the other"
    assert file["tuning"] == {"ask": {"max_tokens": 9}}
    mine.update_settings("ask", {"max_tokens": 10})
    assert seen == ["elsewhere"], "it is told once"
    other.run('config.model = "openrouter:newer"')
    mine.update_settings("ask", {"max_tokens": 11})
    assert seen == ["elsewhere", "elsewhere"]


@pytest.mark.parametrize(
    ("line", "change"),
    [
        ('config.provider = "anthropic"', "provider"),
        ('config.set_base_url("openai", "https://llm.example.org/v1")', "base_url"),
        ('config.set_override("ask", "anthropic:dear")', "override"),
        ('config.judge_model = "anthropic:dear"', "override"),
        ('config.update_settings("ask", {"seed": 1})', "model_settings"),
    ],
)
def test_whatever_decides_what_runs_waits_for_a_choice(
    mine: FlowConfig, other: OtherKernel, line: str, change: str
) -> None:
    before = dict(mine.current.document)
    other.run(line)
    mine.look_elsewhere()
    assert mine.elsewhere.changes == (change,)
    assert mine.current.document == before
    mine.take_theirs()
    assert mine.elsewhere is None
    assert mine.current.document != before


def test_theirs_can_be_taken_and_mine_can_be_kept(
    mine: FlowConfig, other: OtherKernel, folder: Path, open_config: Open
) -> None:
    other.run('config.model = "anthropic:theirs"')
    mine.look_elsewhere()
    mine.keep_mine()
    assert (mine.elsewhere, mine.provider) == (None, "openai")
    assert (open_config().provider, open_config().model) == ("openai", "mine")
    other.run("config.look_elsewhere()")
    other.run('assert config.elsewhere.theirs.provider == "openai" and config.provider == "anthropic"')
    other.run("config.keep_mine()")
    told: list[str] = []
    mine.look_elsewhere()
    mine.observe(told.extend)
    mine.take_theirs()
    assert (mine.provider, mine.model, mine.elsewhere) == ("anthropic", "theirs", None)
    assert told == ["provider", "model", "elsewhere"]


def test_a_choice_of_ones_own_that_agrees_settles_it(mine: FlowConfig, other: OtherKernel) -> None:
    other.run('config.provider = "anthropic"')
    mine.look_elsewhere()
    mine.provider = "anthropic"
    assert mine.elsewhere is None


def test_where_the_other_kernel_stored_a_key_is_known_without_a_question(
    mine: FlowConfig, other: OtherKernel, seen: list[str]
) -> None:
    other.run('config.key_references["openai|api.example.org"] = "keyring"')
    mine.set_override("ask", "m")
    assert dict(mine.key_references) == {"openai|api.example.org": "keyring"}
    assert (mine.elsewhere, seen) == (None, [])


def test_looking_at_a_file_that_nobody_changed_tells_nothing(mine: FlowConfig, seen: list[str]) -> None:
    mine.update_settings("ask", {"stop": ("a", "b")})  # saved as a list
    mine.look_elsewhere()
    mine.set_override("ask", None)
    assert (mine.elsewhere, seen) == (None, [])


def test_settings_that_are_not_saved_read_and_write_nothing(folder: Path, open_config: Open) -> None:
    open_config().model = "openai:saved"
    before = saved(folder)
    fresh = FlowConfig("dentist", providers=PROVIDERS, folder=folder, saved=False)
    assert fresh.provider == "local"
    fresh.model = "anthropic:fresh"
    fresh.look_elsewhere()
    assert (fresh.model, fresh.path, fresh.notice, fresh.elsewhere) == ("fresh", None, None, None)
    assert saved(folder) == before
