"""`build`: writes a course as a static site, whose kernel runs in the browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from byok_widgets.bundle.wheel import wheel, wheel_name
from byok_widgets.child_python import python_module
from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error
from byok_widgets.files.published_files import read_pages, require_no_keys
from byok_widgets.site import stand_ins
from byok_widgets.site.lock import write_lock
from byok_widgets.site.wheels import gather

PYODIDE = "314.0.7"
_CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
_KERNEL = "@jupyterlite/pyodide-kernel-extension"
_OLD_STUB = "widgetsnbextension-3"
_SETTINGS = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "byok_widgets",
        "litePluginSettings": {f"{_KERNEL}:kernel": {"disablePyPIFallback": True}},
    },
}
"""Nothing is fetched from anywhere but the site."""
_TOOLS = ("jupyterlite-core", "jupyterlite-pyodide-kernel", "jupyter-server", "jupyterlab-server", "packaging")
_FIX = 'Install what builds sites with: pip install "byok-widgets[site]"'


@dataclass(frozen=True)
class Site:
    """A site that was built.

    Attributes:
        folder: Where it is.
        size_bytes: How large its files are together.
        wheels: How many packages its kernel has.
    """

    folder: Path
    size_bytes: int
    wheels: int


def build(folder: Path, pages: Sequence[Path], *, tell: Callable[[str], object] = print) -> Site:
    """Build a site from packages of the registries.

    Args:
        folder: It is new or empty.
        pages: Notebooks, cassettes and what else is to be found there.
        tell: Called with a line for each step, since the whole takes minutes.

    Raises:
        ConfigError: A tool or a package is missing, the folder is not empty, or a page holds an API key.
    """
    _require_tools()
    _require_empty(folder)
    files = read_pages(pages, kind="site")
    for sentence in require_no_keys(files, fix="Take it out: anyone who opens the site could read it."):
        tell(f"Not searched for API keys: {sentence}")
    with tempfile.TemporaryDirectory(prefix="byok-site-") as work:
        lite = Path(work)
        pyodide = lite / "static" / "pyodide"
        pyodide.mkdir(parents=True)
        tell(f"Fetching Pyodide {PYODIDE} ...")
        _unpack_core(pyodide)
        tell("Fetching the packages of the kernel ...")
        wheels = gather(pyodide, _own_wheels(pyodide))
        write_lock(pyodide, wheels)
        _lay_out(lite, files)
        tell("Building the site ...")
        _build(lite, folder)
    _require_kernel(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Site(folder, size, len(wheels))


def _require_empty(folder: Path) -> None:
    try:
        problem = "it is not empty" if folder.exists() and any(folder.iterdir()) else ""
    except OSError as error:
        problem = describe_os_error(error)
    if problem:
        raise ConfigError(f"{str(folder)!r} cannot be used: {problem}.", kind="site", fix="Choose a new folder.")


def _require_tools() -> None:
    """Check that all is here that takes part, also what is not imported but only found by others."""
    missing = [name for name in _TOOLS if not _is_installed(name)]
    if missing:
        raise ConfigError(f"What is not installed here: {', '.join(missing)}.", kind="site", fix=_FIX)
    if misfit := next(_misfits(), ""):  # such a site is built, and its kernel finds no files
        raise ConfigError(f"What builds sites does not fit together: {misfit}.", kind="site", fix=_FIX)
    if shutil.which("npm") is None:
        fix = "Install Node.js: Pyodide comes from its registry."
        raise ConfigError("npm is not installed here.", kind="site", fix=fix)


def _misfits() -> Iterator[str]:
    """Yield which tools need another version of one that is installed."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    for name in _TOOLS:
        for need in map(Requirement, distribution(name).requires or ()):
            if canonicalize_name(need.name) in _TOOLS and (not need.marker or need.marker.evaluate({"extra": ""})):
                there = distribution(need.name).version
                if not need.specifier.contains(there, prereleases=True):
                    version = distribution(name).version
                    yield f"{name} {version} needs {need.name}{need.specifier}, and {there} is installed"


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _unpack_core(pyodide: Path) -> None:
    """Put Python itself into the site."""
    with tempfile.TemporaryDirectory() as work:
        command = ["npm", "pack", f"pyodide@{PYODIDE}", "--silent", "--pack-destination", work]
        _run(command, f"Pyodide {PYODIDE}")
        with tarfile.open(next(Path(work).glob("*.tgz"))) as archive:
            for name in _CORE:
                packed = archive.extractfile(f"package/{name}")
                assert packed is not None  # noqa: S101 - for the type checker: it is a file
                (pyodide / name).write_bytes(packed.read())


def _own_wheels(pyodide: Path) -> list[Path]:
    """Put the wheels into the site that no registry has for the browser: ours, the kernel's, and stand-ins."""
    own = pyodide / wheel_name()
    own.write_bytes(wheel())
    copied = [Path(shutil.copy(path, pyodide)) for path in _kernel_wheels()]
    return [own, *copied, stand_ins.rpds(pyodide), stand_ins.markupsafe(pyodide)]


def _kernel_wheels() -> list[Path]:
    folder = Path(sys.prefix, "share", "jupyter", "labextensions", _KERNEL, "static", "pypi")
    return sorted(path for path in folder.glob("*.whl") if not path.name.startswith(_OLD_STUB))


def _lay_out(lite: Path, files: Mapping[str, bytes]) -> None:
    contents = lite / "contents"
    contents.mkdir()
    for name, content in files.items():
        (contents / name).write_bytes(content)
    (lite / "jupyter-lite.json").write_text(json.dumps(_SETTINGS), encoding="utf-8")


def _build(lite: Path, folder: Path) -> None:
    command = python_module("jupyterlite_core", "build", "--no-sourcemaps", "--lite-dir", str(lite))
    command += ["--contents", str(lite / "contents"), "--output-dir", str(folder.absolute())]
    _run(command, "the site", within=lite)  # it keeps notes of its own where it runs


def _run(command: Sequence[str], what: str, *, within: Path | None = None) -> None:
    done = subprocess.run(command, cwd=within, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed tool
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise ConfigError(f"{what[0].upper()}{what[1:]} cannot be built: {' '.join(last)}", kind="site")


def _require_kernel(folder: Path) -> None:
    """Check that the site has a kernel: without jupyter_server one is built that has none, and no error."""
    settings = json.loads((folder / "jupyter-lite.json").read_text(encoding="utf-8"))
    found = [each["name"] for each in settings["jupyter-config-data"].get("federated_extensions", ())]
    missing = [name for name in (_KERNEL, "@jupyter-widgets/jupyterlab-manager", "anywidget") if name not in found]
    if missing:
        raise ConfigError(f"The site was built without {', '.join(missing)}.", kind="site", fix=_FIX)
