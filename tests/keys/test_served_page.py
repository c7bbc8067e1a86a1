"""Threads of marimo apps: one that loads the package before any cell does is no owner's."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASK = """
import sys, threading, types
cells = {}
mode = types.SimpleNamespace(mode=sys.argv[1])
marimo = types.ModuleType("marimo")
marimo.running_in_notebook = lambda: threading.current_thread() in cells
marimo.app_meta = lambda: mode
sys.modules["marimo"] = marimo

def ask():
    from byok_widgets.keys.served_page import is_served_page
    print(is_served_page())

def run(is_cell):
    thread = threading.Thread(target=ask)
    cells.update({thread: True} if is_cell else {})
    thread.start()
    thread.join()

for kind in sys.argv[2:]:
    ask() if kind == "script" else run(kind == "cell")
"""


@pytest.mark.parametrize(
    ("mode", "asked", "expected"),
    [
        ("run", ["thread", "cell", "thread"], [True, True, True]),
        ("edit", ["thread", "cell", "thread"], [True, False, False]),
        ("edit", ["script", "thread"], [False, False]),
    ],
)
def test_who_asks_first(mode: str, asked: list[str], expected: list[bool]) -> None:
    done = subprocess.run([sys.executable, "-c", ASK, mode, *asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(each) for each in expected]
