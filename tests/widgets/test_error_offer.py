"""What follows the text of an error in a cell: what a page needs for a card that leads to the settings."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from byok_widgets.errors import ByokError, ConfigError, MissingKeyError
from byok_widgets.widgets import error_offer


class Shell:
    """A kernel's shell, as far as events and outputs go."""

    def __init__(self, *, allow_stdin: bool = True) -> None:
        self.kernel = SimpleNamespace(get_parent=lambda _: {"content": {"allow_stdin": allow_stdin}})
        self.published: list[dict[str, Any]] = []
        self.display_pub = SimpleNamespace(publish=self.published.append)
        self.events = SimpleNamespace(register=self._register)
        self.heard: list[Any] = []

    def _register(self, event: str, callback: Any) -> None:
        assert event == "post_run_cell"
        self.heard.append(callback)

    def ends_with(self, error: BaseException | None) -> list[Any]:
        for callback in self.heard:
            callback(SimpleNamespace(error_in_exec=error))
        return [output[error_offer.MIME_TYPE] for output in self.published]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    return _running(Shell(), monkeypatch)


def _running(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    for _ in range(2):  # each flow that is made asks for it
        error_offer.watch(shell)
    return shell


@pytest.mark.parametrize(
    ("error", "facts"),
    [
        (MissingKeyError("x").at(flow="dentist", node="ask"), {"flow": "dentist", "settings": True}),
        (MissingKeyError("x", fix="Run flow.settings()."), {"flow": "", "settings": True}),
        (ConfigError("x", kind="dialogue"), {"flow": "", "settings": False}),
    ],
    ids=["settings of a flow", "its fix names the settings", "nothing to set"],
)
def test_an_error_of_ours_is_followed_by_what_leads_to_the_settings(
    error: ByokError, facts: dict[str, Any], shell: Shell
) -> None:
    (told,) = shell.ends_with(error)
    assert {name: told[name] for name in facts} == facts
    assert shell.published[0]["text/plain"] == "", "the text above says it where nothing draws the card"


def test_the_card_has_the_parts_of_the_error_in_their_order_and_nothing_that_could_act(shell: Shell) -> None:
    error = ConfigError("No \x1b[31mmodel.", kind="no_model", cause="None is set.", fix="Choose one.")
    (told,) = shell.ends_with(error.at(flow="dentist", node="ask"))
    saved = json.loads(json.dumps(told, sort_keys=True))  # as the file of a notebook is written
    names, texts = zip(*saved["parts"], strict=True)
    assert names == ("problem", "where", "cause", "fix", "traceback")
    assert texts[3] == "Choose one."
    assert "\x1b" not in json.dumps(told)
    assert "ConfigError" in texts[4]


@pytest.mark.parametrize("error", [None, ValueError("x")])
def test_other_cells_are_followed_by_nothing(error: BaseException | None, shell: Shell) -> None:
    assert shell.ends_with(error) == []


def test_where_nobody_listens_nothing_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _running(Shell(allow_stdin=False), monkeypatch).ends_with(MissingKeyError("x")) == []


def test_a_shell_without_a_kernel_is_left_alone() -> None:
    shell = SimpleNamespace(kernel=None)
    error_offer.watch(shell)
