"""The built gear: it is what its source says, and an installation ships it once and needs no node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import byok_widgets

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "byok_widgets" / "labextension"
MADE = ("node_modules", "lib", "built")
SHARED = "share/jupyter/labextensions/byok-widgets/"


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_built_is_of_this_version_and_of_this_source():
    built, source = read(SOURCE / "built" / "package.json"), read(SOURCE / "package.json")
    made = built["jupyterlab"].pop("_build")
    assert built == source
    assert source["version"] == read(SOURCE / "package-lock.json")["version"] == byok_widgets.__version__
    assert (SOURCE / "built" / made["load"]).is_file()
    assert (
        files_below(SOURCE / "built" / "schemas" / "byok-widgets")["gear.json"]
        == (SOURCE / "schema" / "gear.json").read_bytes()
    )


def test_the_lock_file_names_no_registry():
    packages = read(SOURCE / "package-lock.json")["packages"]
    assert len(packages) > 100
    assert [name for name, package in packages.items() if "resolved" in package] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_building_it_again_gives_the_same_bytes(tmp_path):
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    work = tmp_path / "labextension"
    shutil.copytree(SOURCE, work, ignore=shutil.ignore_patterns(*MADE))
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run([npm, "ci", *quiet], cwd=work, check=True, timeout=500)
    subprocess.run([npm, "run", "build"], cwd=work, check=True, timeout=100)
    assert files_below(work / "built") == files_below(SOURCE / "built")


@pytest.fixture
def shipped(tmp_path):
    """Build both archives of a copy in which somebody has worked on the gear; returns the names in each."""
    copy = tmp_path / "project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "node_modules"))
    shutil.copy(PROJECT / ".gitignore", copy)
    for made in ("node_modules", "lib"):
        (copy / "byok_widgets" / "labextension" / made).mkdir(exist_ok=True)
        (copy / "byok_widgets" / "labextension" / made / "left.js").write_text("left")
    tools, out = tmp_path / "tools", tmp_path / "out"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", tools, "hatchling"], check=True)
    nowhere = os.environ | {"PYTHONPATH": str(tools), "PATH": str(tmp_path)}
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", out], cwd=copy, check=True, env=nowhere)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as zipped, tarfile.open(sdist) as tarred:
        return zipped.namelist(), tarred.getnames()


@pytest.mark.slow
def test_a_wheel_holds_it_once_and_an_sdist_can_make_that_wheel(shipped):
    wheel, sdist = shipped
    built = {*files_below(SOURCE / "built"), "install.json"}
    assert {name.partition(SHARED)[2] for name in wheel if SHARED in name} == built
    assert [name for name in wheel if "labextension/" in name] == []
    assert sum("remoteEntry" in name for name in wheel) == 1
    assert sum("remoteEntry" in name for name in sdist) == 1
    assert any(name.endswith("labextension/src/side.ts") for name in sdist)
    assert [name for name in (*wheel, *sdist) if "left.js" in name or "node_modules" in name] == []
