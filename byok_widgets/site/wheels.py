"""The packages of a kernel in the browser: wheels from the registry, with all that they need there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

from byok_widgets.child_python import python_module
from byok_widgets.errors import ConfigError

PYTHON = "3.14"
PLATFORM = "pyemscripten_2026_0_wasm32"
"""What Pyodide's kernel is: Python's version, and the platform of its compiled wheels."""

LEFT_OUT = frozenset({"cryptography", "httpcore2", "httptools", "jeepney", "secretstorage", "truststore"})
"""What has no wheel for the browser and is not needed: keys stay in memory, and the browser connects."""

_ALSO = {"httpx2": ("httpx2-jsfetch",), "byok-widgets": ("micropip",)}
"""What a package needs in the browser besides what it says."""

_PINNED = {"pydantic": "==2.14.4"}
"""Versions whose compiled part has a wheel for the browser."""

_MARKERS = {
    "sys_platform": "emscripten",
    "platform_system": "Emscripten",
    "platform_machine": "wasm32",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.2",
    "extra": "",
}


class Wheel:
    """A wheel file.

    Attributes:
        path: Where it is.
        name: Its package, in normal form.
        version: Its version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with ZipFile(path) as archive:
            self._files = archive.namelist()
            place = next(name for name in self._files if name.endswith(".dist-info/METADATA"))
            metadata = HeaderParser().parsestr(archive.read(place).decode("utf-8"))
        self.name = normal(metadata["Name"])
        self.version = str(metadata["Version"])
        self._requires = metadata.get_all("Requires-Dist") or []

    @property
    def needs(self) -> Iterator[tuple[str, str]]:
        """The packages that it needs in the browser, each with its versions."""
        from packaging.requirements import Requirement

        for line in self._requires:
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate(_MARKERS):
                yield normal(wanted.name), str(wanted.specifier)
        yield from ((name, "") for name in _ALSO.get(self.name, ()))

    @property
    def imports(self) -> list[str]:
        """The names by which code imports it."""
        tops = {name.split("/")[0] for name in self._files if name.endswith((".py", ".so"))}
        spoken = {top.split(".")[0] for top in tops if not top.endswith((".dist-info", ".data"))}
        return sorted(name for name in spoken if name.isidentifier())


def gather(folder: Path, given: Iterable[Path]) -> list[Wheel]:
    """Download into a folder what wheels need in the browser, and what that needs.

    Args:
        folder: Where the wheels go.
        given: Wheels that are there already: nothing that they hold is downloaded.

    Returns:
        All wheels, the given ones included.

    Raises:
        ConfigError: A package cannot be downloaded.
    """
    found = {wheel.name: wheel for wheel in map(Wheel, given)}
    own, wanted = frozenset(found), dict(_PINNED)
    waiting = [need for wheel in found.values() for need in wheel.needs]
    while waiting:
        name, versions = waiting.pop(0)
        if name in own or name in LEFT_OUT:
            continue
        wanted[name] = ",".join(filter(None, [wanted.get(name, ""), versions]))
        if name in found and _fits(found[name], wanted[name]):
            continue
        if name in found:
            found.pop(name).path.unlink()
        found[name] = _download(name + wanted[name], folder)
        waiting += found[name].needs
    return sorted(found.values(), key=lambda wheel: wheel.name)


def normal(name: str) -> str:
    """Return the name of a package in normal form."""
    from packaging.utils import canonicalize_name

    return str(canonicalize_name(name))


def _fits(wheel: Wheel, versions: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(versions).contains(wheel.version, prereleases=True)


def _download(requirement: str, folder: Path) -> Wheel:
    """Download the wheel of one package; those for the browser are looked for first."""
    before = set(folder.glob("*.whl"))
    command = python_module("pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:")
    command += ["--dest", str(folder), "--python-version", PYTHON, "--platform", PLATFORM, requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - pip, with names of packages
    new = set(folder.glob("*.whl")) - before
    if done.returncode or len(new) != 1:
        last = done.stderr.strip().splitlines()[-1:] or ["nothing was downloaded"]
        raise ConfigError(f"{requirement} cannot be had for the browser: {last[0]}", kind="site")
    return Wheel(new.pop())
