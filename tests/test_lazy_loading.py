"""Names that are loaded when they are first used, and what importing the package does not load."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import byok_widgets.flow
import byok_widgets.graph.conditions
import byok_widgets.keys
import byok_widgets.nodes
import byok_widgets.providers.adaptation
import byok_widgets.providers.error_mapping
import byok_widgets.providers.local
import byok_widgets.providers.thinking
import byok_widgets.providers.transport
import byok_widgets.schema
import byok_widgets.templates
from tests.fake_keys import fake_key

_PACKAGES = (
    *(byok_widgets.flow, byok_widgets.graph, byok_widgets.graph.conditions, byok_widgets.keys, byok_widgets.nodes),
    *(byok_widgets.providers.adaptation, byok_widgets.providers.error_mapping, byok_widgets.providers.local),
    *(byok_widgets.providers.thinking, byok_widgets.providers.transport, byok_widgets.schema),
    byok_widgets.templates,
)

_FLOW = """\
from byok_widgets import Flow
flow = Flow("dentist")"""
_FIRST_ANSWER = f"""\
import os
{_FLOW}
flow.set_base_url("compatible", os.environ["SERVER"])
flow.use_key("env:A_KEY", provider="compatible")
flow.model = "compatible:any"
assert flow.conversation("ask", "Be brief.").run("Hi").text == "Hello."
"""
_LISTED = """
import sys
print("loaded", *(name for name in sys.modules if name.startswith("byok_widgets.")))"""

_OF_OTHERS = (
    "session diagnostics widgets cli findings grounding graph.conditions graph.edge graph.drawing graph.svg"
    " graph.layout nodes.action nodes.extraction nodes.registry schema.extraction_schema schema.values"
    " flow.file.flow_file flow.file.flow_data flow.file.messages flow.incoming.keys_of_flows keys.sealing"
    " display.value_words"
    " providers.local.catalog providers.local.models providers.local.model_server"
    " providers.error_mapping.error_details providers.error_mapping.translation"
    " templates.expression templates.statements templates.syntax templates.filling templates.rewrites"
)
"""What neither a flow nor a plain first answer needs."""
_OF_A_CALL = (
    "nodes.conversation nodes.calls.model_call templates providers.transport.client providers.response_accumulator"
    " providers.adaptation.resending providers.protocols.answer_parser"
)
"""What a flow needs once it calls a model."""
_LIMITS = {
    "flow": (_FLOW, 176, f"{_OF_OTHERS} {_OF_A_CALL}", ""),
    "answer": (_FIRST_ANSWER, 220, _OF_OTHERS, _OF_A_CALL),
}
"""For a flow, and for its first answer: the code, most modules of ours, those that wait, those that are there.

Each module costs up to a millisecond. A new one that is needed this early may raise its number by one.
"""


@pytest.mark.parametrize("package", _PACKAGES)
def test_every_public_name_is_there(package):
    assert all(getattr(package, name) is not None for name in package.__all__)


@pytest.mark.parametrize("package", _PACKAGES)
def test_another_name_is_not_there(package):
    with pytest.raises(AttributeError, match=rf"'{package.__name__}' has no attribute 'nothing'"):
        package.nothing  # noqa: B018


@pytest.mark.parametrize(("code", "most", "waiting", "there"), _LIMITS.values(), ids=_LIMITS)
def test_what_is_not_needed_yet_is_not_loaded(code, most, waiting, there, server, tmp_path):
    settings = {
        "BYOK_WIDGETS_CONFIG_DIR": str(tmp_path),
        "SERVER": server.base_url,
        "A_KEY": fake_key("compatible"),
    }
    command, environment = [sys.executable, "-c", code + _LISTED], {**os.environ, **settings}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=60)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("loaded ")]
    loaded = [name.removeprefix("byok_widgets.") for name in line.split()[1:]]
    assert [name for name in loaded for part in waiting.split() if f"{name}.".startswith(f"{part}.")] == []
    assert set(there.split()) <= set(loaded)
    assert len(loaded) <= most
