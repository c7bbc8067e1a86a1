"""`check`: runs what students handed in, and compares variables with what they should be.

Each notebook has a process, a folder and a home of its own, and a limit of time: none can spoil another. There is
no key and no model, so that answers come from the cassettes of the class.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from byok_widgets.attributes.strict import nearest
from byok_widgets.child_python import python_module
from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error, read_file
from byok_widgets.providers.local.default_model import MODEL_VARIABLE
from byok_widgets.secrets.quoting import as_given
from byok_widgets.teaching.expected import MOST_BYTES, read_values
from byok_widgets.teaching.one_notebook import Job
from byok_widgets.teaching.values import MOST_CHARS, same

LIMIT_S = 300.0
"""Time limit for one notebook, in seconds, unless another is given."""
_MORE_S = 60.0
"""How much longer its process may take, to start and to end."""
_NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens there, so what goes that way fails at once
_KEPT = (
    *("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LANG", "LC_ALL", "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT"),
    MODEL_VARIABLE,  # recordings are of the model that flows used
)
"""What a notebook sees of the environment: no key, whatever its name is."""

_PLACES = (
    *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"),
    *("BYOK_WIDGETS_CONFIG_DIR", "BYOK_WIDGETS_CACHE_DIR"),
)
_WAYS_OUT = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "PIP_INDEX_URL")


@dataclass(frozen=True)
class Checked:
    """The outcome of one notebook.

    Attributes:
        path: The notebook.
        error: What ended a cell, or why it did not run; empty if nothing did.
        values: Its variables; one that is missing is not in it.
        expected: What they should be.
        seconds: How long it ran.
    """

    path: Path
    error: str
    values: Mapping[str, Any]
    expected: Mapping[str, Any]
    seconds: float

    def is_right(self, name: str) -> bool:
        """Whether a variable is what it should be."""
        return name in self.values and same(self.values[name], self.expected[name])

    @property
    def right(self) -> int:
        """How many variables are what they should be."""
        return sum(map(self.is_right, self.expected))

    @property
    def is_complete(self) -> bool:
        """Whether all are, and no cell failed."""
        return not self.error and self.right == len(self.expected)


def expected_values(path: Path, names: Sequence[str], *, limit_s: float = LIMIT_S) -> dict[str, Any]:
    """Return what variables should be: from a JSON file, or from a solution, which is run.

    Args:
        path: A JSON file with an object, or a notebook.
        names: The variables; of a JSON file all, if none is named.
        limit_s: Time limit for the solution, in seconds.

    Raises:
        ConfigError: It cannot be read, the solution fails, or a variable is missing in it.
    """
    if path.suffix == ".ipynb":
        if not names:
            raise ConfigError(
                "No variables to compare were named.", kind="check", fix="Name them: --variable found.values"
            )
        done = _run(path, path.parent, dict.fromkeys(names), limit_s, {})
        found, problem = dict(done.values), done.error
    else:
        found, problem = read_values(path), ""
    missing = [name for name in names if name not in found]
    if problem or missing or not found:
        problem = problem or (_missing(missing, found) if missing else "it contains no variables")
        raise ConfigError(f"{path.name} cannot be used for the comparison: {problem}.", kind="check")
    return {name: found[name] for name in names or found}


def _missing(names: Sequence[str], known: Mapping[str, Any]) -> str:
    near = nearest(names[0], known)
    return f"{', '.join(names)} is missing in it" + (f" (the nearest is {near!r})" if near else "")


def submissions(places: Sequence[Path]) -> list[Path]:
    """Return the notebooks that are named or are somewhere in a folder.

    Raises:
        ConfigError: There is none.
    """
    found = [path for place in places for path in (sorted(place.rglob("*.ipynb")) if place.is_dir() else [place])]
    kept = [path for path in found if ".ipynb_checkpoints" not in path.parts]
    if not kept:
        raise ConfigError("No notebooks were found.", kind="check", fix="Name notebooks, or a folder of them.")
    return list(dict.fromkeys(kept))


def require_there(places: Sequence[Path]) -> None:
    """Check that files and folders exist, before anything runs.

    Raises:
        ConfigError: One does not; the error names the nearest that is there.
    """
    for place in places:
        if not os.path.lexists(place):
            near = nearest(place.name, _names_in(place.parent))
            hint = f"; the nearest is {as_given(near)}" if near else ""
            raise ConfigError(
                f"{as_given(str(place))} does not exist{hint}.", kind="check", fix="Correct the path."
            )


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def check(
    paths: Sequence[Path],
    expected: Mapping[str, Any],
    *,
    material: Path,
    limit_s: float = LIMIT_S,
    jobs: int | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Checked]:
    """Run notebooks, several at once, and yield the outcome of each, in their order.

    Args:
        paths: The notebooks.
        expected: The variables that count, and what they should be.
        material: The folder whose files are beside each notebook when it runs, cassettes among them.
        limit_s: Time limit for each, in seconds.
        jobs: How many run at once; by default as many as there are cores.
        settings: Variables of the environment that they have besides.
    """
    run = partial(_run, material=material, expected=expected, limit_s=limit_s, settings=settings or {})
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        yield from pool.map(run, paths)


def _run(
    path: Path, material: Path, expected: Mapping[str, Any], limit_s: float, settings: Mapping[str, str]
) -> Checked:
    with tempfile.TemporaryDirectory(prefix="byok-check-", ignore_cleanup_errors=True) as folder:
        try:
            job = _laid_out(Path(folder), path, material, [*expected], limit_s)
        except OSError as error:
            return Checked(path, f"it cannot be read: {describe_os_error(error)}", {}, expected, 0.0)
        command = python_module("byok_widgets.teaching.one_notebook")
        process = subprocess.Popen(  # noqa: S603 - this package's own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**_environment(Path(folder)), **settings},
            cwd=folder,
        )
        ended = "its process ended before all cells had run"
        try:
            process.communicate(json.dumps(job).encode(), timeout=limit_s + _MORE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            ended = f"it was ended after {limit_s + _MORE_S:g} s, its start included"
        outcome = _told(Path(job["outcome"]))
        values = {name: json.loads(text) for name, text in _told(Path(job["values"])).items() if _is_json(text)}
        problem, seconds = outcome.get("error", ended), outcome.get("seconds")
        took_s = float(seconds) if isinstance(seconds, float) else limit_s
        return Checked(path, str(problem), values, expected, took_s)


def _laid_out(folder: Path, path: Path, material: Path, names: list[str], limit_s: float) -> Job:
    """Put a notebook and its material into a folder of its own."""
    work, results = folder / "work", folder / "results"
    for each in (work, results, folder / "home"):
        each.mkdir()
    for beside in material.iterdir():
        if beside.is_file() and beside.suffix != ".ipynb" and not beside.is_symlink():
            shutil.copy(beside, work / beside.name)
    content = read_file(path, most_bytes=MOST_BYTES)
    (work / path.name).write_bytes(content)
    return Job(
        notebook=str(work / path.name),
        names=names,
        values=str(results / "values.json"),
        outcome=str(results / "outcome.json"),
        limit_s=limit_s,
    )


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment with a new home, no key, no model and no way out that this package would take."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    home = str(folder / "home")
    # in CI, replays do not wait as long as the model did
    return kept | dict.fromkeys(_PLACES, home) | dict.fromkeys(_WAYS_OUT, _NOWHERE) | {"CI": "1"}


def _told(path: Path) -> dict[str, Any]:
    # what a student's notebook ran may have written there, too
    with contextlib.suppress(OSError, ValueError, RecursionError):
        told = json.loads(read_file(path, most_bytes=MOST_BYTES))
        if isinstance(told, dict):
            return told
    return {}


def _is_json(text: object) -> bool:
    """Whether a value can be compared; one that is too long was cut and is not."""
    if not isinstance(text, str) or len(text) > MOST_CHARS:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
