"""The tutorials: they run from top to bottom with no key, and read well when they have run."""

from __future__ import annotations

import html
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from byok_widgets.cli import main
from byok_widgets.nodes.prompt_version import PROMPT_VERSION
from byok_widgets.providers.local import models
from byok_widgets.recording.cassette import Cassette
from tests.local_model import require_model

PROJECT = Path(__file__).parents[1]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
WIDTH = 88
"""Longest line of code, in characters: JupyterLab shows as much at 1280 pixels with the file browser open."""
VIEW = "application/vnd.jupyter.widget-view+json"
CACHE = models.cache_folder().parent
COMPARES = PROJECT / "notebooks" / "05_which_model_for_which_node.ipynb"
"""Without its recording it runs both local models, for minutes."""
CASSETTES = sorted((PROJECT / "notebooks").glob("*.cassette"))
CELL_S = 280
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new home and folder with the cassettes, and no model: whatever was not recorded fails."""
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("BYOK_WIDGETS_CACHE_DIR", str(tmp_path / "no models"))
    monkeypatch.setenv("CI", "true")  # nobody reads along: answers come at once
    for name in ("PIP_INDEX_URL", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)  # what a tutorial saves is beside it
    for cassette in CASSETTES:
        shutil.copy(cassette, tmp_path)


@pytest.fixture
def model_of_the_demo(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The models of the person's cache, too, and no recordings."""
    require_model("qwen2.5-coder-0.5b")
    require_model("smollm2-135m")
    monkeypatch.setenv("BYOK_WIDGETS_CACHE_DIR", str(CACHE))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_kept_in_the_project_has_no_output_and_no_key(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    assert not re.search(r"sk-[A-Za-z0-9_-]{20,}", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_line_of_code_is_cut_off_on_a_small_screen(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert not [line for cell in cells for line in cell.source.splitlines() if len(line) > WIDTH]


PAGELESS = [NOTEBOOKS[0], *(pytest.param(path, marks=pytest.mark.slow) for path in NOTEBOOKS[1:])]
PAGES = [*NOTEBOOKS, PROJECT / "README.md", PROJECT / "notebooks" / "teaching.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_its_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert links or page == NOTEBOOKS[-1], "the last one leads nowhere"
    assert not [link for link in links if not (page.parent / link).is_file()]


def test_each_tutorial_leads_to_the_next() -> None:
    for page, following in itertools.pairwise(NOTEBOOKS):
        assert f"]({following.name})" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [NOTEBOOKS[0], PROJECT / "README.md"], ids=lambda path: path.stem)
def test_what_a_notebook_of_yesterday_shows_is_explained(page: Path) -> None:
    assert "Error displaying widget: model not found" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_it_replays_is_beside_it_and_was_recorded_with_the_words_of_today(path: Path) -> None:
    """Otherwise record it again: `byok-widgets record notebooks/0*.ipynb`."""
    cassette = Cassette(path.with_suffix(".cassette"), must_exist=True)
    first = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    assert f'flow.replay("{cassette.path.name}"' in first.source
    assert cassette.notices == ()
    assert {entry["own_words"] for entry in cassette.entries()} == {PROMPT_VERSION}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("environment")
def test_it_runs_and_reads_well(path: Path) -> None:
    outputs = _outputs(path)
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
    faults = [output.evalue.splitlines()[0] for output in outputs if output.output_type == "error"]
    assert not faults
    assert not any(word in text for text in texts for word in ("Traceback", "\x1b", "object at 0x"))
    assert sum(len(text) for text in texts) > 500


@pytest.mark.usefixtures("environment")
def test_what_is_only_replayed_needs_no_model_of_the_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BYOK_WIDGETS_LOCAL_MODEL", "smollm2-135m")
    only_replayed = [
        path for path in NOTEBOOKS if f'{path.stem}.cassette\\")"' in path.read_text(encoding="utf-8")
    ]
    assert only_replayed
    for path in only_replayed:
        assert [each.evalue for each in _outputs(path) if each.output_type == "error"] == []


def _outputs(path: Path) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=CELL_S, store_widget_state=True, allow_errors=True).execute()
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("model_of_the_demo")
def test_it_can_be_recorded_anew_on_the_models_of_the_demo(path: Path) -> None:
    own = Path(shutil.copy(path, Path.cwd()))
    assert main(["record", str(own)]) == 0
    recorded, before = (Cassette(each, must_exist=True) for each in (own.with_suffix(".cassette"), _shipped(path)))
    asked = [
        [(entry["node"], entry["request"]["model"]) for entry in each.entries()] for each in (recorded, before)
    ]
    assert set(asked[0]) == set(asked[1])


def _shipped(path: Path) -> Path:
    return path.with_suffix(".cassette")


@pytest.mark.usefixtures("environment")
def test_the_history_can_be_seen_in_the_answers() -> None:
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    NotebookClient(notebook, timeout=120).execute()
    asked = [cell for cell in notebook.cells if cell.cell_type == "code" and "ask.run(question" in cell.source]
    with_history, without = (cell.outputs[0].data["text/plain"] for cell in asked)
    assert "Ana" in with_history
    assert "Tuesday" in with_history
    assert "Ana" not in without


FINDINGS = """
import json
base, small = r.verdicts()
apart = small.difference
print(json.dumps([small.verdict, apart.estimate, apart.low, apart.high, apart.n, r.complete, order.model]))"""


@pytest.mark.usefixtures("environment")
def test_the_comparison_finds_that_the_small_model_is_worse() -> None:
    notebook = nbformat.read(COMPARES, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(FINDINGS))
    NotebookClient(notebook, timeout=600).execute()
    verdict, difference, low, high, n, is_complete, override = json.loads(notebook.cells[-1].outputs[0].text)
    assert (verdict, n, is_complete, override) == ("worse", 24, True, None)
    assert low <= difference <= high < -0.1, "the whole interval lies beyond the margin"
    assert Path("report.html").stat().st_size > 10_000
    few = next(cell for cell in notebook.cells if cell.cell_type == "code" and "cases[:8]" in cell.source)
    assert "too few" in few.outputs[0].text


@pytest.mark.parametrize("path", PAGELESS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("environment")
def test_run_without_a_page_it_reads_well_as_html_without_a_network(path: Path, tmp_path: Path) -> None:
    chromium = _chromium()
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=CELL_S, store_widget_state=True, allow_errors=True).execute()
    for outputs in (cell.get("outputs", []) for cell in notebook.cells):
        assert not [output for output in outputs if VIEW in output.get("data", {})]
    page = tmp_path / "page.html"
    page.write_text(HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    command = [chromium, *arguments, f"--user-data-dir={tmp_path / 'chromium'}", "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    text = " ".join(re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", dom, flags=re.DOTALL).split())
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        shown = output.get("text") or re.sub(r"<[^>]+>", " ", output.data.get("text/html", ""))
        words = html.escape(html.unescape(" ".join(shown.split())), quote=False)
        assert words in text


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return found
    if os.environ.get("BYOK_WIDGETS_REQUIRE_ALL") == "1":
        pytest.fail("there is no Chromium, and BYOK_WIDGETS_REQUIRE_ALL=1 asks for it")
    pytest.skip("there is no Chromium")


STRICT = """\
from byok_widgets import Flow
flow = Flow("strict")
ask = flow.conversation("ask", "What is your name?", static=True)
bye = flow.conversation("bye", "Bye, {{name}}. It costs $5 or $6.", static=True, end=True)
flow.connect(ask, bye)
flow.settings()
---
s = flow.start(variables={"name": "Ana"}, speak_first=True)
turn = s.say("I am Ana")
---
flow.chat(s)
---
s"""


def _differences_between_two_runs(path: Path) -> str:
    """Run a notebook without a page, then run it again by nbval; return what it says of outputs that differ."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=CELL_S, kernel_name="python3").execute()
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CELL_S, check=False)
    return done.stdout if done.returncode else ""


def _differences_each_time(paths: Iterable[Path]) -> list[str]:
    """Return what nbval says of copies, up to the first that is the same twice.

    Some outputs show hundredths of a second, and a busy machine may need one more in one of the two runs.
    """
    return list(itertools.takewhile(bool, map(_differences_between_two_runs, paths)))


def _strict(path: Path) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in STRICT.split("\n---\n")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@pytest.mark.usefixtures("environment")
def test_what_was_run_without_a_page_passes_strict_nbval(tmp_path: Path) -> None:
    paths = [tmp_path / f"strict{number}.ipynb" for number in range(4)]
    found = _differences_each_time(map(_strict, paths))
    assert "Bye, Ana" in json.dumps(nbformat.read(paths[0], as_version=4).cells[1].outputs)
    assert len(found) < len(paths), found[-1][-3000:]


@pytest.mark.slow  # each tutorial is run twice
@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("environment")
def test_what_a_tutorial_shows_is_the_same_twice(path: Path, tmp_path: Path) -> None:
    """In the folder where the first run has left its files; cells that show a port or a moment are tagged."""
    tries = range(3)
    found = _differences_each_time(Path(shutil.copy(path, tmp_path)) for _ in tries)
    assert len(found) < len(tries), found[-1][-3000:]
