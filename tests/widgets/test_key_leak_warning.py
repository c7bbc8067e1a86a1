"""The guard: a note, once for each cell, where a key was typed into a cell; and never more than a note."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from traitlets.config import Config

import byok_widgets
from byok_widgets.frontend import frontend
from byok_widgets.widgets import NotebookFrontend, key_leak_warning
from tests.fake_keys import every_format, fake_key

NOTE = "There is an API key in this cell."
Said = Callable[[], str]


@pytest.fixture(autouse=True)
def _nobody_has_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_leak_warning, "_chosen", [])
    monkeypatch.delenv("BYOK_WIDGETS_GUARD", raising=False)


@pytest.fixture
def unused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give an IPython in which nothing of the package was used yet."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    InteractiveShell.clear_instance()
    config = Config({"HistoryManager": {"hist_file": str(tmp_path / "history.sqlite")}})
    made = InteractiveShell.instance(config=config)
    yield made
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(unused: Any) -> Any:
    NotebookFrontend().output_sink()
    return unused


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Return a function that gives what was shown since it was asked last."""
    return lambda: "".join(capsys.readouterr())


def has_piece(key: str, text: str) -> bool:
    return any(key[at : at + 8] in text for at in range(8, len(key) - 8))


def run(shell: Any, cell: str, **options: Any) -> Any:
    return shell.run_cell(cell, store_history=options.pop("store_history", True), **options)


@pytest.mark.parametrize("name", sorted(every_format()))
def test_a_key_in_a_cell_is_noted_and_no_part_of_it_is_shown(shell: Any, said: Said, name: str) -> None:
    key = every_format()[name][1]
    assert run(shell, f"key = '{key}'").success
    note = said()
    assert note.startswith(NOTE)
    assert "flow.settings()" in note
    assert "env:MY_API_KEY" in note
    assert "byok_widgets.warn_about_keys(False)" in note
    assert len(note.splitlines()) == 3
    assert not has_piece(key, note)


CLEAN = [
    "import sklearn as sk\nsk-1",
    "flow.settings()",
    "key = 'sk-...'",
    "key = 'sk-ant-api03-" + "x" * 95 + "'",
    "os.environ['OPENAI_API_KEY']",
    "",
]


@pytest.mark.parametrize("cell", CLEAN)
def test_a_cell_without_a_key_gets_no_note(shell: Any, said: Said, cell: str) -> None:
    run(shell, f"'''{cell}'''")
    assert "There is an API key" not in said()


def test_a_cell_is_noted_once_also_when_it_was_changed(shell: Any, said: Said) -> None:
    cell = f"key = '{fake_key()}'"
    run(shell, cell, cell_id="a")
    assert NOTE in said()
    run(shell, cell, cell_id="a")
    run(shell, f"{cell}\nprint(1)", cell_id="a")
    assert said() == "1\n"
    run(shell, f"{cell}\nprint(2)", cell_id="b")
    assert NOTE in said()


def test_where_cells_have_no_names_the_same_text_is_noted_once(shell: Any, said: Said) -> None:
    cell = f"key = '{fake_key()}'"
    run(shell, cell)
    assert NOTE in said()
    run(shell, cell)
    assert said() == ""
    run(shell, f"other = '{fake_key()}'")
    assert NOTE in said()


def test_the_note_says_where_the_key_was_written_and_nothing_that_is_not_so(shell: Any, said: Said) -> None:
    run(shell, f"'{fake_key()}';")
    assert "Running it writes the key into In[] and the history on disk." in said()
    run(shell, f"'{fake_key()}';", store_history=False)
    assert said().splitlines()[0] == NOTE
    shell.history_manager.enabled = False
    run(shell, f"'{fake_key()}';")
    assert "Running it writes the key into In[]." in said()


def test_cells_that_ran_before_the_package_was_used_are_noted_by_number(unused: Any, said: Said) -> None:
    for cell in (f"one = '{fake_key()}'", "two = 2", f"three = '{fake_key()}'"):
        run(unused, cell)
    assert said() == ""
    byok_widgets.Flow("x").settings()
    note = said()
    assert "There is an API key in In [1] and In [3]." in note
    run(unused, "import byok_widgets; byok_widgets.Flow('x').settings();")
    assert said() == ""
    run(unused, f"one = '{fake_key()}'")
    assert NOTE in said()


def test_the_cell_that_uses_the_package_first_is_noted_too(unused: Any, said: Said) -> None:
    run(unused, f"import byok_widgets; key = '{fake_key()}'; byok_widgets.Flow('x').settings();")
    assert "There is an API key in In [1]." in said()


def test_the_first_flow_is_enough_for_cells_before_with_and_after_it(unused: Any, said: Said) -> None:
    run(unused, f"one = '{fake_key()}'")
    run(unused, "from byok_widgets import Flow")
    assert said() == ""
    run(unused, f"two = '{fake_key()}'; flow = Flow('x')")
    assert said().count("There is an API key in In [1] and In [3].") == 1
    run(unused, "Flow('x'); Flow('y');")
    assert said() == ""
    run(unused, f"three = '{fake_key()}'")
    assert said().count(NOTE) == 1
    run(unused, "flow.check();")
    assert "There is an API key" not in said()


def test_a_key_that_is_given_to_the_flow_itself_is_noted_too(unused: Any, said: Said) -> None:
    assert not run(unused, f"import byok_widgets; byok_widgets.Flow('x', api_key='{fake_key()}')").success
    assert "There is an API key in In [1]." in said()


def test_a_run_is_what_it_would_be_without_the_note(shell: Any, said: Said) -> None:
    key = fake_key()
    before = shell.execution_count
    result = run(shell, f"value = '{key}'.count('-')\nvalue")
    assert result.result == key.count("-")
    assert shell.user_ns["Out"] == {before: result.result}
    assert shell.user_ns["In"][before] == f"value = '{key}'.count('-')\nvalue"
    assert shell.execution_count == before + 1
    assert NOTE in said()
    run(shell, f"%%capture shown\nprint('{fake_key()}'[:3])")
    assert NOTE in said()
    assert shell.user_ns["shown"].stdout == "sk-\n"
    assert isinstance(run(shell, f"'{fake_key()}' +").error_before_exec, SyntaxError)


def test_a_fault_of_the_guard_itself_stops_nothing_and_shows_nothing(
    shell: Any, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the display is broken")

    monkeypatch.setattr(shell.display_pub, "publish", broken)
    assert run(shell, f"key = '{fake_key()}'; print('done')").success
    assert said() == "done\n"


@pytest.mark.parametrize("value", ["0", "off", "No", " false "])
def test_an_environment_variable_turns_it_off(
    shell: Any, said: Said, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("BYOK_WIDGETS_GUARD", value)
    run(shell, f"key = '{fake_key()}'")
    assert said() == ""
    byok_widgets.warn_about_keys(True)
    run(shell, f"key = '{fake_key()}'")
    assert NOTE in said()


def test_a_call_turns_it_off_and_on(shell: Any, said: Said) -> None:
    cell = f"key = '{fake_key()}'"
    byok_widgets.warn_about_keys(False)
    run(shell, cell)
    assert said() == ""
    byok_widgets.warn_about_keys(True)
    run(shell, cell)
    assert NOTE in said()


def test_it_is_registered_once_by_whatever_is_used_first(unused: Any, said: Said) -> None:
    assert not unused.events.callbacks["pre_run_cell"]
    for _ in range(3):
        byok_widgets.Flow("x")
        frontend().output_sink()
        frontend().chat(None)
    assert len(unused.events.callbacks["pre_run_cell"]) == 1
    run(unused, f"key = '{fake_key()}'")
    assert said().count(NOTE) == 1


def test_it_keeps_nothing_of_a_cell(shell: Any) -> None:
    key = fake_key()
    run(shell, f"key = '{key}'")
    (hook,) = shell.events.callbacks["pre_run_cell"]
    assert not has_piece(key, repr(vars(hook.__self__)))


def test_turning_it_off_in_a_program_loads_no_ui_library(tmp_path: Path) -> None:
    code = (
        "import sys, byok_widgets as b; b.guard(False); "
        "print([m for m in ('IPython', 'ipywidgets', 'anywidget', 'openai', 'anthropic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_in_a_real_kernel_the_note_is_shown_above_what_the_cell_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", ":".join(filter(None, sys.path)))
    key = fake_key()
    cells = [
        "import sys, byok_widgets\n'byok_widgets.widgets' in sys.modules",
        "flow = byok_widgets.Flow('x')\nflow.conversation('bye', 'Bye.', static=True);",
        f"key = '{key}'\nlen(key)",
        "len(key)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    outputs = [cell.outputs for cell in notebook.cells]
    assert outputs[0][0]["data"]["text/plain"] == "False", "importing the package loads no widget"
    note, result = outputs[2]
    assert note["data"]["text/plain"].startswith(NOTE)
    assert "saving the notebook writes it into the file" in note["data"]["text/plain"]
    assert note["data"]["text/html"].startswith('<div role="note">')
    assert result["data"]["text/plain"] == str(len(key))
    assert outputs[3] == [result | {"execution_count": 4}]
    assert not has_piece(key, str(outputs))
