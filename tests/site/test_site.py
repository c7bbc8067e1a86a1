"""The packages of a site, as far as no registry is asked; `tests/browser/test_tab.py` builds a whole one."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from byok_widgets.bundle.wheel import wheel, wheel_name
from byok_widgets.cli import main
from byok_widgets.site import build, stand_ins
from byok_widgets.site.lock import write_lock
from byok_widgets.site.wheels import LEFT_OUT, Wheel

WITH_STAND_IN = """
import sys
sys.path.insert(0, sys.argv[1])
import rpds
assert rpds.__file__.startswith(sys.argv[1])
from jsonschema import Draft202012Validator
schema = {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}
validator = Draft202012Validator(schema)
print(validator.is_valid({"a": 1}), validator.is_valid({"a": "x"}))
"""


def test_the_stand_in_for_rpds_is_enough_for_schemas_with_references(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITH_STAND_IN, str(stand_ins.rpds(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_what_a_tab_needs_leaves_out_what_has_no_wheel_there(tmp_path: Path) -> None:
    own = tmp_path / wheel_name()
    own.write_bytes(wheel())
    needs = {name for name, _ in Wheel(own).needs}
    assert {"pydantic", "jinja2", "ipywidgets", "micropip"} <= needs
    assert "httptools" not in needs, "its marker excludes it"
    assert "cryptography" in LEFT_OUT
    assert "jupyterlab" not in needs, "extras are not taken"


def test_the_lock_names_each_wheel_with_its_digest_and_what_it_needs(tmp_path: Path) -> None:
    own = tmp_path / wheel_name()
    own.write_bytes(wheel())
    (tmp_path / "pyodide-lock.json").write_text('{"info": {"python": "3.14.2"}, "packages": {"old": {}}}')
    write_lock(tmp_path, [Wheel(own), Wheel(stand_ins.rpds(tmp_path))])
    lock = json.loads((tmp_path / "pyodide-lock.json").read_text(encoding="utf-8"))
    assert lock["info"] == {"python": "3.14.2"}
    assert set(lock["packages"]) == {"byok-widgets", "rpds-py"}
    entry = lock["packages"]["byok-widgets"]
    assert entry["sha256"] == hashlib.sha256(wheel()).hexdigest()
    assert entry["imports"] == ["byok_widgets"]
    assert lock["packages"]["rpds-py"]["imports"] == ["rpds"]


def test_a_folder_that_is_not_empty_and_a_missing_tool_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "_TOOLS", ("packaging", "no-such-tool"))
    assert main(["site", str(tmp_path / "new")]) == 2
    assert "no-such-tool" in capsys.readouterr().err
    tool = tmp_path / "tools" / "site_tool-1.0.dist-info"
    tool.mkdir(parents=True)
    needs = 'Requires-Dist: packaging>=9999; extra != "a"\nRequires-Dist: packaging<1; extra == "dev"\n'
    (tool / "METADATA").write_text(f"Metadata-Version: 2.1\nName: site-tool\nVersion: 1.0\n{needs}")
    monkeypatch.syspath_prepend(str(tool.parent))
    monkeypatch.setattr(build, "_TOOLS", ("packaging", "site-tool"))
    assert main(["site", str(tmp_path / "new")]) == 2
    assert "site-tool 1.0 needs packaging>=9999" in capsys.readouterr().err
    monkeypatch.setattr(build, "_TOOLS", ())
    (tmp_path / "file").touch()
    monkeypatch.setattr(build.shutil, "which", lambda name: name)
    assert main(["site", str(tmp_path)]) == 2
    assert "not empty" in capsys.readouterr().err
