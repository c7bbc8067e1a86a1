"""The SDKs are imported where they hold up nobody: the engine's loop goes on meanwhile."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import importlib.abc, sys, threading

class Watch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        seen.setdefault(name.partition(".")[0], threading.current_thread())
        return None

from byok_widgets.config import BaseUrl
from byok_widgets.engine import ENGINE
from byok_widgets.errors import ProviderError
from byok_widgets.providers import PROVIDERS, Endpoint
from byok_widgets.secrets import Secret
from tests.providers.asking import QUESTION

seen, provider = {}, PROVIDERS["NAME"]
there = Endpoint(BaseUrl.parse("http://127.0.0.1:9"), Secret("x" * 40))
sys.meta_path.insert(0, Watch())
engine = ENGINE.submit(CURRENT()).result()
try:
    ENGINE.run(WORK)
except ProviderError as error:
    assert error.kind == "refused", error
for module in ("NAME", "httpx2", "httpcore2", "truststore"):
    assert seen.get(module) is not engine, module
"""


COMPLETE, LIST = "provider.complete(QUESTION, there, lambda _: None)", "provider.list_models(there)"


@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("openai", COMPLETE),
        ("anthropic", LIST),
        pytest.param("openai", LIST, marks=pytest.mark.slow),
        pytest.param("anthropic", COMPLETE, marks=pytest.mark.slow),
    ],
)
def test_an_sdk_is_not_imported_on_the_loop(name: str, work: str) -> None:
    current = "async def current():\n    return threading.current_thread()\n"
    code = CODE.replace("NAME", name).replace("WORK", work).replace("CURRENT", "current")
    code = code.replace("seen, provider", f"{current}\nseen, provider")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
