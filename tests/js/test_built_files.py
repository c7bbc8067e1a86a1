"""The page's code as it ships: built from its source, with its types, once in each archive, and without node."""

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
from tests.js import page_types

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "byok_widgets" / "js"
GEAR, WIDGETS = SOURCE / "gear", SOURCE / "widgets"
MADE = ("node_modules", "lib", "built")
SHARED = "share/jupyter/labextensions/byok-widgets/"
OURS = "byok_widgets/js/widgets/built/"


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_gear_is_of_this_version_and_of_this_source():
    built, source = read(GEAR / "built" / "package.json"), read(GEAR / "package.json")
    made = built["jupyterlab"].pop("_build")
    assert built == source
    assert (GEAR / "built" / made["load"]).is_file()
    schemas = files_below(GEAR / "built" / "schemas" / "byok-widgets")
    assert schemas == {"gear.json": (GEAR / "schema" / "gear.json").read_bytes()}


def test_all_parts_have_the_version_of_the_package():
    lock = read(SOURCE / "package-lock.json")
    parts = [lock, *(read(folder / "package.json") for folder in (SOURCE, GEAR, WIDGETS))]
    assert {part["version"] for part in parts} == {byok_widgets.__version__}


def test_the_lock_file_names_no_registry_and_proves_each_package():
    packages = read(SOURCE / "package-lock.json")["packages"]
    fetched = {
        name: package for name, package in packages.items() if "node_modules/" in name and not package.get("link")
    }
    assert len(fetched) > 100
    assert [name for name, package in fetched.items() if "resolved" in package] == []
    assert [name for name, package in fetched.items() if not package["integrity"].startswith("sha512-")] == []


NAMED_IN_AN_ERROR = b"Please report this to https://github.com/markedjs/marked."


def test_built_files_name_no_machine_and_no_other_server():
    for folder in (GEAR / "built", WIDGETS / "built"):
        for name, data in files_below(folder).items():
            assert b"\r" not in data, name
            assert str(PROJECT).encode() not in data, name
            if name.endswith((".js", ".css")):
                assert b"https://" not in data.replace(NAMED_IN_AN_ERROR, b""), name


def test_what_is_bundled_has_its_licence_beside_it():
    for listed in (GEAR / "built" / "static", WIDGETS / "built"):
        packages = read(listed / "third-party-licenses.json")["packages"]
        assert all(package["licenseId"] and package["extractedText"] for package in packages)


def test_the_types_of_the_page_are_those_of_the_kernel():
    assert page_types.TARGET.read_text(encoding="utf-8") == page_types.typescript()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_building_it_again_gives_the_same_bytes(tmp_path):
    npm = shutil.which("npm")
    major = (
        subprocess.run(["node", "--version"], check=False, capture_output=True, text=True).stdout if npm else ""
    )
    if not major.startswith(f"v{read(SOURCE / 'package.json')['engines']['node']}."):
        pytest.skip("this Node is not the one that builds")
    work = tmp_path / "another folder"
    shutil.copytree(SOURCE, work, ignore=shutil.ignore_patterns(*MADE))
    subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=work, check=True, timeout=500)
    subprocess.run([npm, "run", "build"], cwd=work, check=True, timeout=100)
    for part in ("gear", "widgets"):
        assert files_below(work / part / "built") == files_below(SOURCE / part / "built")


@pytest.fixture
def shipped(tmp_path):
    """Build both archives of a copy in which somebody has worked on the page's code; returns the names in each."""
    copy = tmp_path / "project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "node_modules"))
    shutil.copy(PROJECT / ".gitignore", copy)
    for made in ("node_modules", "gear/lib"):
        (copy / "byok_widgets" / "js" / made).mkdir(exist_ok=True)
        (copy / "byok_widgets" / "js" / made / "left.js").write_text("left")
    linked = copy / "byok_widgets" / "js" / "node_modules" / "widgets"  # as npm links a workspace
    linked.symlink_to("../widgets")
    tools, out = tmp_path / "tools", tmp_path / "out"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", tools, "hatchling"], check=True)
    nowhere = os.environ | {"PYTHONPATH": str(tools), "PATH": str(tmp_path)}
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", out], cwd=copy, check=True, env=nowhere)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as zipped, tarfile.open(sdist) as tarred:
        return zipped.namelist(), tarred.getnames()


@pytest.mark.slow
def test_a_wheel_holds_the_built_files_once_and_an_sdist_can_make_that_wheel(shipped):
    wheel, sdist = shipped
    gear = {*files_below(GEAR / "built"), "install.json"}
    assert {name.partition(SHARED)[2] for name in wheel if SHARED in name} == gear
    assert {name for name in wheel if name.startswith("byok_widgets/js/")} == {
        OURS + name for name in files_below(WIDGETS / "built")
    }
    assert sum("remoteEntry" in name for name in sdist) == 1
    for source in ("gear/src/side.ts", "widgets/src/index.ts", "package-lock.json"):
        assert any(name.endswith(f"byok_widgets/js/{source}") for name in sdist)
    assert [name for name in (*wheel, *sdist) if "left.js" in name or "node_modules" in name] == []
