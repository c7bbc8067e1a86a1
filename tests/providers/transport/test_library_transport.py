"""Whatever makes calls behaves the same on the library's own transport: bounds, errors and words included."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from byok_widgets.providers.transport.environment import SWITCH

TESTS = Path(__file__).parents[2]
FOLDERS = ("providers", "nodes", "session", "flow", "engine", "secrets", "diagnostics", "widgets")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("folder", FOLDERS)
def test_the_tests_pass_on_the_library_s_own_transport(folder: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "0",
        "-q",
        "-x",
        "--ignore",
        str(TESTS / "providers" / "local"),
    ]
    ran = subprocess.run(
        [*command, str(TESTS / folder)],
        env={**os.environ, SWITCH: "httpx"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:]
