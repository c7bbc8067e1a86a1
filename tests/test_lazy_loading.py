"""Names that are loaded when they are first used, and what importing the package does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

import byok_widgets.nodes
import byok_widgets.schema

_LOADED = """\
import sys
from byok_widgets import Flow
print(*sorted(name for name in sys.modules if name.startswith("byok_widgets.")))"""


@pytest.mark.parametrize("package", [byok_widgets.nodes, byok_widgets.schema])
def test_every_public_name_is_there(package):
    assert all(getattr(package, name) is not None for name in package.__all__)


@pytest.mark.parametrize("package", [byok_widgets.nodes, byok_widgets.schema])
def test_another_name_is_not_there(package):
    with pytest.raises(AttributeError, match=rf"'{package.__name__}' has no attribute 'nothing'"):
        package.nothing  # noqa: B018


def test_a_flow_loads_what_its_first_answer_needs_and_no_more():
    done = subprocess.run([sys.executable, "-c", _LOADED], check=True, capture_output=True, text=True)
    loaded = done.stdout.split()
    later = ("session", "diagnostics", "widgets", "nodes.action", "nodes.extraction", "graph.svg", "graph.layout")
    later += ("schema.extraction_schema", "providers.local.model_server")
    found = [name for name in loaded for part in later if f"{name}.".startswith(f"byok_widgets.{part}.")]
    assert not found
    assert "byok_widgets.nodes.conversation" in loaded
