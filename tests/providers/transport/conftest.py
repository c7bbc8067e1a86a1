"""Both transports, and an environment that names neither proxy nor certificates."""

from __future__ import annotations

import pytest

from byok_widgets.providers.transport.environment import SWITCH
from tests.providers.transport.certificates import Authority

NETWORK_VARIABLES = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"),
)


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NETWORK_VARIABLES, SWITCH):
        for spelling in (name, name.lower()):
            monkeypatch.delenv(spelling, raising=False)


@pytest.fixture(params=["own", "httpx"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return which transport the clients of this test have."""
    monkeypatch.setenv(SWITCH, request.param)
    return request.param


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who has signed the certificates of the test servers."""
    return Authority(tmp_path_factory.mktemp("authority"))
