"""The pytest plugin: collects files of cases beside a flow file, each case as a test.

It is loaded by every pytest run in an environment with this package, so it imports nothing until there is such a
file. `-p no:byok-widgets` switches it off.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byok_widgets.file_tests.pairs import flow_of, flows_beside, is_cases

if TYPE_CHECKING:
    import pytest


class Hooks:
    """The hooks that a `conftest.py` may implement."""

    def pytest_byok_flow(self, flow: Any, path: Path) -> None:
        """Change a flow that was read from a file before it is tested, such as to give actions their functions.

        Args:
            flow: The flow: `flow.node("slot").function = find_slot`.
            path: Its file.
        """


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the hooks known."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; each can be set in the configuration file, too."""
    group = parser.getgroup("byok-widgets", "tests of conversation flows")
    for name, kind, text in _OPTIONS:
        parser.addini(f"byok_{name}", text, type=kind, default=[] if kind == "args" else "")
        action: dict[str, Any] = {"action": "append"} if kind == "args" else {}
        group.addoption(f"--byok-{name.replace('_', '-')}", dest=f"byok_{name}", default=None, help=text, **action)


_OPTIONS: tuple[tuple[str, Any, str], ...] = (
    ("runs", "string", "how often each case is run (default 1)"),
    ("budget", "string", "maximum cost of each file of cases, in US dollars"),
    ("max_calls", "string", "maximum number of model calls for each file of cases"),
    ("replay", "string", "the cassette beside the flow file that answers are taken from"),
    ("record", "string", "the cassette beside the flow file that answers are recorded in"),
    ("key", "args", "the variable that holds a key, as PROVIDER=env:NAME"),
    ("base_url", "args", "where a provider's calls go, as compatible=http://127.0.0.1:8000/v1"),
)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Return the tests of a file of cases beside a flow file; nothing for any other file."""
    if not is_cases(file_path):
        return None
    flow = flow_of(file_path)
    if flow is None and not flows_beside(file_path):
        _say_alone(file_path)
        return None
    from byok_widgets.file_tests.items import CasesFile

    return CasesFile.from_parent(parent, path=file_path, flow_path=flow)


def _say_alone(cases: Path) -> None:
    """Warn of a file of cases without a flow; no error, since it may be a file of another program."""
    import pytest

    text = f"{cases.name} was not collected: no flow file (*.flow.json) is beside it."
    warnings.warn_explicit(text, pytest.PytestCollectionWarning, str(cases), 1)
