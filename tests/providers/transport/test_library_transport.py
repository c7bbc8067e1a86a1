"""The wire tests pass on the library's own transport, too: bounds, errors and words are the same with both."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from byok_widgets.providers.transport.environment import SWITCH

TESTS = Path(__file__).parent.parent


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_wire_tests_pass_on_the_library_s_own_transport() -> None:
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-x", "--ignore", str(TESTS / "local"), str(TESTS)]
    ran = subprocess.run(command, env={**os.environ, SWITCH: "httpx"}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-4000:]
