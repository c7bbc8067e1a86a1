"""Wheels for packages that have none for the browser."""

from __future__ import annotations

import subprocess
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from byok_widgets.child_python import python_module

_TAG = "py3-none-any"

_MAPS = '''\
"""The part of rpds that jsonschema and referencing use, without its compiled part."""


class HashTrieMap(dict):
    """A mapping whose changes are copies."""

    @classmethod
    def convert(cls, value):
        return value if isinstance(value, cls) else cls(value)

    def insert(self, key, value):
        return type(self)({**self, key: value})

    def remove(self, key):
        copy = type(self)(self)
        del copy[key]
        return copy

    discard = remove

    def update(self, *others, **named):
        copy = type(self)(self)
        for other in (*others, named):
            dict.update(copy, other)
        return copy

    def __hash__(self):
        return hash(frozenset(self.items()))


class HashTrieSet(frozenset):
    """A set whose changes are copies."""

    def insert(self, value):
        return type(self)(self | {value})

    def remove(self, value):
        return type(self)(self - {value})

    discard = remove

    def update(self, *others):
        return type(self)(self.union(*others))


class List(tuple):
    """A list whose changes are copies, and whose first item is the newest."""

    def __new__(cls, *items):
        return super().__new__(cls, items[0] if len(items) == 1 else items)

    def push_front(self, value):
        return type(self)((value, *self))

    def drop_first(self):
        return type(self)(self[1:])

    @property
    def first(self):
        return self[0]

    @property
    def rest(self):
        return self.drop_first()
'''


def rpds(folder: Path) -> Path:
    """Write a stand-in for rpds, and return its wheel."""
    return _write(folder, "rpds_py", "2026.1.0", {"rpds.py": _MAPS.encode()})


def markupsafe(folder: Path) -> Path:
    """Write markupsafe without its compiled part, which it does without, and return its wheel.

    Raises:
        subprocess.CalledProcessError: It cannot be downloaded.
    """
    command = python_module("pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:")
    subprocess.run([*command, "--dest", str(folder), "markupsafe"], check=True)  # noqa: S603 - pip, and nothing else
    compiled = next(folder.glob("[mM]arkup[sS]afe-*.whl"))
    with ZipFile(compiled) as archive:
        kept = [name for name in archive.namelist() if not name.endswith((".so", ".pyd", ".c"))]
        files = {name: archive.read(name) for name in kept if name.startswith("markupsafe/")}
    version = compiled.name.split("-")[1]
    compiled.unlink()
    return _write(folder, "markupsafe", version, files)


def _write(folder: Path, name: str, version: str, files: dict[str, bytes]) -> Path:
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n"
    tags = f"Wheel-Version: 1.0\nGenerator: byok-widgets\nRoot-Is-Purelib: true\nTag: {_TAG}\n"
    whole = files | {f"{info}/METADATA": metadata.encode(), f"{info}/WHEEL": tags.encode()}
    record = "".join(f"{place},,\n" for place in [*whole, f"{info}/RECORD"])
    path = folder / f"{name}-{version}-{_TAG}.whl"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for place, content in (whole | {f"{info}/RECORD": record.encode()}).items():
            archive.writestr(place, content)
    return path
