"""The tutorials: they run from top to bottom with no key, and read well when they have run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from byok_widgets.providers import local_models
from tests.local_model import require_model

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
CACHE = local_models.cache_folder().parent
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_model("smollm2-135m")
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("BYOK_WIDGETS_LOCAL_MODEL", "smollm2-135m")
    monkeypatch.setenv("BYOK_WIDGETS_CACHE_DIR", str(CACHE))  # the home is new, the models stay where they are


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_kept_in_the_project_has_no_output_and_no_key(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    assert not re.search(r"sk-[A-Za-z0-9_-]{20,}", path.read_text(encoding="utf-8"))


@pytest.mark.model
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("environment")
def test_it_runs_and_reads_well(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, store_widget_state=True).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
    assert not any(output.output_type == "error" for output in outputs)
    assert not any(word in text for text in texts for word in ("Traceback", "\x1b", "object at 0x"))
    assert sum(len(text) for text in texts) > 500


@pytest.mark.model
@pytest.mark.usefixtures("environment")
def test_they_pass_nbval() -> None:
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "-q", "-p", "no:cacheprovider", *map(str, NOTEBOOKS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"\d+ passed", done.stdout)
