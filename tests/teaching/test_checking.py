"""`byok-widgets grade`: no notebook spoils another, and variables are compared."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import nbformat
import pytest

from byok_widgets.cli import main
from byok_widgets.teaching.checking import Checked
from byok_widgets.teaching.report import table
from byok_widgets.teaching.values import same
from tests.fake_keys import fake_key

LIMIT_S = "6"


def handed_in(path: Path, *cells: str) -> Path:
    """Write a notebook."""
    path.parent.mkdir(exist_ok=True)
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(made, path)
    return path


def graded(tmp_path: Path, *arguments: str) -> tuple[int, dict[str, dict]]:
    """Check what was handed in; return the exit code, and the result by student."""
    place = tmp_path / "result.json"
    code = main(["grade", "--limit", LIMIT_S, *arguments, "--json", str(place)])
    found = json.loads(place.read_text(encoding="utf-8"))
    return code, {each["notebook"].split("/")[0]: each for each in found}


@pytest.mark.slow  # it starts a kernel
def test_a_call_that_was_not_recorded_is_told_in_words(tmp_path: Path) -> None:
    solution = tmp_path / "expected.json"
    solution.write_text('{"said": "Hello"}', encoding="utf-8")
    asks = "from byok_widgets import Flow\nsaid = Flow('x').conversation('a', 'Be brief.').run('Hi').text"
    into = tmp_path / "handed in"
    into.mkdir()
    handed_in(into / "ana" / "lesson.ipynb", asks)
    _, found = graded(tmp_path, str(solution), str(into), "--limit", "300")
    assert found["lesson.ipynb"]["error"].startswith("LocalModelError in cell 1: a call that was not recorded")


@pytest.mark.slow  # outputs are late by more than nbclient waits for them
def test_an_error_that_comes_late_is_not_lost(tmp_path: Path) -> None:
    late = """\
import threading
thread = get_ipython().kernel.iopub_thread
send = thread.send_multipart
thread.send_multipart = lambda *given, **named: threading.Timer(6, send, given, named).start()
1 / 0"""
    notebook = handed_in(tmp_path / "in" / "a.ipynb", "total = 1", late)
    expected = tmp_path / "expected.json"
    expected.write_text('{"total": 1}', encoding="utf-8")
    code, found = graded(tmp_path, str(expected), str(notebook), "--limit", "300")
    assert code == 1
    assert "ZeroDivisionError" in found["a.ipynb"]["error"]


def test_the_table_says_to_the_end_why_a_notebook_did_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    why = "ReplayMissError in cell 3: a call that was not recorded, and no model runs here"
    assert why in table([Checked(tmp_path / "a.ipynb", why, {}, {"x": 1}, 1.0)])
    torn, expected = tmp_path / "torn.ipynb", tmp_path / "expected.json"
    torn.write_text('{"cells": [', encoding="utf-8")
    expected.write_text('{"x": 1}', encoding="utf-8")
    assert main(["grade", str(expected), str(torn), "--limit", "60"]) == 1
    assert "it is not a notebook" in capsys.readouterr().out


@pytest.mark.slow  # it starts kernels, one of which has to be ended
def test_each_notebook_has_a_process_a_folder_and_a_limit_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = fake_key()
    monkeypatch.setenv("CLASS_KEY", secret)
    solution = tmp_path / "class" / "expected.json"
    solution.parent.mkdir()
    solution.write_text(json.dumps({"total": 3, "names": ["Ana", "Leo"]}), encoding="utf-8")
    (tmp_path / "class" / "numbers.txt").write_text("3", encoding="utf-8")
    into = tmp_path / "handed in"
    into.mkdir()
    students = {
        "ana": ["total = int(open('numbers.txt').read())", "names = ('Ana', 'Leo')"],
        "bad": [
            "import os\nopen('numbers.txt', 'w').write('9')",
            "1 / 0",
            "total = '=1+1\\x1b[2J'\nnames = [os.environ.get('CLASS_KEY')]",
        ],
        "cut": ["total = 3\nwhile True:\n    pass"],
    }
    for name, cells in students.items():
        handed_in(into / name / "lesson.ipynb", *cells)
    (into / "die").mkdir()
    (into / "die" / "lesson.ipynb").write_text("no notebook", encoding="utf-8")
    table = tmp_path / "points.csv"
    code, found = graded(tmp_path, str(solution), str(into), "--csv", str(table))
    assert code == 1
    right = {name: sum(each["right"].values()) for name, each in found.items()}
    assert right == {"ana": 2, "bad": 0, "cut": 1, "die": 0}
    assert [name for name, each in found.items() if each["is_complete"]] == ["ana"]
    assert found["bad"]["error"] == "ZeroDivisionError in cell 2"
    assert found["bad"]["values"]["names"] == [None]
    assert "6 s" in found["cut"]["error"]
    assert found["die"]["error"]
    shown = capsys.readouterr().out
    assert "1 of 4" in shown
    assert "\x1b" not in shown
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["right"] for row in rows] == [str(count) for count in right.values()]
    assert secret not in shown + table.read_text(encoding="utf-8")


def test_a_solution_says_what_is_expected_and_parts_of_a_variable_count(tmp_path: Path) -> None:
    solution = handed_in(
        tmp_path / "class" / "solution.ipynb",
        "from types import SimpleNamespace\nfound = SimpleNamespace(values={'name': 'Ana'})\nshare = 0.3",
    )
    one = handed_in(
        tmp_path / "one" / "a.ipynb",
        "class Found:\n    values = {'name': 'Ana'}\nfound = Found()\nshare = 0.1 + 0.2",
    )
    code, found = graded(tmp_path, str(solution), str(one), "--variable", "found.values", "--variable", "share")
    assert code == 0
    assert found["a.ipynb"]["right"] == {"found.values": True, "share": True}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1]", "does not contain a JSON object"),
        ("no JSON", "it is not JSON"),
        ("{}", "contains no variables"),
        ('{"my total": 1}', "'my total'"),
        ('{"": 1}', "''"),
        ('{"found.": 1}', "'found.'"),
        ('{"class": 1}', "'class'"),
        ('{"total": 1, "total": 2}', "'total' twice"),
        ('{"total": {"a": 1, "a": 2}}', "'a' twice"),
        ('{"total": [NaN]}', "not finite"),
        (json.dumps({"total": "x" * 30_000}), "20,000"),
        ('{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "a notebook"),
        ('{"name": "dentist", "nodes": [], "edges": []}', "a flow"),
    ],
)
def test_what_no_notebook_could_meet_is_refused_before_one_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    expected = tmp_path / "expected.json"
    expected.write_text(content, encoding="utf-8")
    place = tmp_path / "ran"
    assert main(["grade", str(expected), str(handed_in(tmp_path / "a.ipynb", f"open({str(place)!r}, 'w')"))]) == 2
    assert said in capsys.readouterr().err
    assert not place.exists()


def test_a_misspelt_variable_is_told_before_a_notebook_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = tmp_path / "expected.json"
    expected.write_text('{"totl.values": 1}', encoding="utf-8")
    place = tmp_path / "ran"
    for name in "ab":
        handed_in(tmp_path / "in" / f"{name}.ipynb", f"total = open({str(place)!r}, 'w')")
    assert main(["grade", str(expected), str(tmp_path / "in")]) == 2
    assert "'total'" in capsys.readouterr().err
    assert main(["grade", str(expected), str(tmp_path / "in"), "--variable", "total.values"]) == 2
    assert "'totl.values'" in capsys.readouterr().err
    assert not place.exists()


@pytest.mark.parametrize(
    "wrong", [("solutoin.ipynb", "in"), ("solution.ipynb", "inn"), ("solution.ipynb", "in/a.ipyn")]
)
def test_a_misspelt_path_is_told_before_a_notebook_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: tuple[str, str]
) -> None:
    place = tmp_path / "ran"
    for path in (tmp_path / "solution.ipynb", tmp_path / "in" / "a.ipynb"):
        handed_in(path, f"total = open({str(place)!r}, 'w')")
    solution, submitted = (str(tmp_path / each) for each in wrong)
    assert main(["grade", solution, submitted, "--variable", "total"]) == 2
    assert "nearest" in capsys.readouterr().err
    assert not place.exists()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1.0, True),
        (0.1 + 0.2, 0.3, True),
        (True, 1, False),
        ({"a": [1, 2.0]}, {"a": [1.0, 2]}, True),
        ([1], [1, 2], False),
        ("1", 1, False),
        (None, None, True),
    ],
)
def test_values_are_compared_as_data(one: object, other: object, *, expected: bool) -> None:
    assert same(one, other) is expected
