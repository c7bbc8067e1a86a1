"""TLS: which certificates are accepted, which name is asked for, and which variables count."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from byok_widgets import ProviderError
from byok_widgets.config import BaseUrl
from byok_widgets.providers import PROVIDERS, Endpoint
from byok_widgets.providers.transport import EnvironmentVariableError, http_client
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.providers.asking import QUESTION
from tests.providers.transport.byte_server import OK, Play, run, serving, whole
from tests.providers.transport.certificates import Authority


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


def failure(of: str, url: str) -> ProviderError:
    """Return the error of a call through the SDK."""
    there = Endpoint(BaseUrl.parse(url.rstrip("/")), Secret(fake_key(of)))
    with pytest.raises(ProviderError) as caught:
        asyncio.run(PROVIDERS[of].complete(QUESTION, there, lambda _: None))
    return caught.value


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_a_call_over_tls(transport: str, trusted: Authority) -> None:
    async def test() -> None:
        body = b"x" * 300_000
        async with serving(whole(body), tls=trusted.server("localhost", "127.0.0.1")) as server:
            for _ in range(3):
                assert (await http_client().get(server.url)).content == body
            assert server.connections == {"own": 1, "httpx": 3}[transport]

    run(test)


def test_a_body_that_ends_with_its_connection_over_tls(transport: str, trusted: Authority) -> None:
    async def test() -> None:
        async with serving(Play((OK + b"\r\n", b"hello"), "close"), tls=trusted.server("127.0.0.1")) as server:
            assert (await http_client().get(server.url)).content == b"hello"

    run(test)


def test_the_host_is_named_in_the_handshake(transport: str, trusted: Authority) -> None:
    named: list[str | None] = []

    async def test() -> None:
        tls = trusted.server("localhost")
        tls.sni_callback = lambda _connection, name, _context: named.append(name)
        async with serving(whole(), tls=tls) as server:
            await http_client().get(f"https://localhost:{server.port}/")

    run(test)
    assert named == ["localhost"]


def test_http_1_1_is_what_is_negotiated(transport: str, trusted: Authority) -> None:
    async def test() -> None:
        tls = trusted.server("127.0.0.1")
        tls.set_alpn_protocols(["h2", "http/1.1"])
        async with serving(whole(), tls=tls) as server:
            assert (await http_client().get(server.url)).http_version == "HTTP/1.1"

    run(test)


@pytest.mark.parametrize(
    ("names", "days", "is_trusted"),
    [
        (("127.0.0.1",), (-9, -2), True),
        (("127.0.0.1",), (2, 9), True),
        (("other.example",), (-1, 2), True),
        (("127.0.0.1",), (-1, 2), False),
    ],
    ids=["expired", "not yet valid", "of another host", "of an unknown authority"],
)
def test_a_certificate_that_is_not_valid_stops_the_call(
    transport: str,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    days: tuple[int, int],
    is_trusted: bool,
) -> None:
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))

    async def test() -> None:
        async with serving(whole(), tls=authority.server(*names, days=days)) as server:
            with pytest.raises(httpx2.ConnectError) as caught:
                await http_client().get(server.url)
            assert any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain(caught.value))
            assert server.requests == []

    run(test)


def test_a_folder_with_certificates_can_be_named(
    transport: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("this machine has no openssl to name files in such a folder")
    command = [openssl, "x509", "-hash", "-noout", "-in", str(authority.file)]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    shutil.copy(authority.file, tmp_path / f"{name}.0")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    async def test() -> None:
        async with serving(whole(), tls=authority.server("127.0.0.1")) as server:
            assert (await http_client().get(server.url)).content == b"hello"

    run(test)


MISSING = [
    ("SSL_CERT_FILE", "{folder}/gone.pem", "does not exist"),
    ("ssl_cert_file", "{folder}/gone.pem", "does not exist"),
    ("SSL_CERT_FILE", "{folder}/empty.pem", "holds no certificate"),
    ("SSL_CERT_FILE", "{folder}", "cannot be read"),
    ("SSL_CERT_DIR", "{folder}/gone", "does not exist"),
]


@pytest.mark.parametrize(("name", "value", "what"), MISSING)
@pytest.mark.parametrize("of", ["openai", "anthropic"])
def test_certificates_that_are_missing_are_an_error_that_says_what_to_do(
    transport: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, of: str, name: str, value: str, what: str
) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    monkeypatch.setenv(name, value.format(folder=tmp_path))
    error = failure(of, "https://127.0.0.1:9/v1")
    assert (error.kind, error.retryable) == ("certificate", False)
    assert name in error.problem
    assert what in error.problem
    assert "unset it" in error.fix


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, value, _ in MISSING])
def test_missing_certificates_do_not_matter_to_plain_http(
    transport: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value.format(folder=tmp_path))

    async def test() -> None:
        async with serving(whole()) as server:
            assert (await http_client().get(server.url)).content == b"hello"

    run(test)


def test_a_variable_that_was_corrected_counts_at_the_next_call(
    transport: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        async with serving(whole(), tls=authority.server("127.0.0.1")) as server:
            monkeypatch.setenv("SSL_CERT_FILE", "/gone.pem")
            for _ in range(2):
                with pytest.raises(EnvironmentVariableError):
                    await http_client().get(server.url)
            monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
            assert (await http_client().get(server.url)).content == b"hello"

    run(test)


def test_no_secret_of_a_connection_is_written_to_a_file(
    transport: str, trusted: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))

    async def test() -> None:
        async with serving(whole(), tls=trusted.server("127.0.0.1")) as server:
            assert (await http_client().get(server.url)).content == b"hello"

    run(test)
    assert not (tmp_path / "keys").exists()


def test_cancelling_over_tls_closes_the_connection(transport: str, trusted: Authority) -> None:
    async def test() -> None:
        async with serving(Play((), "silence"), tls=trusted.server("127.0.0.1")) as server:
            call = asyncio.create_task(http_client().get(server.url))
            async with asyncio.timeout(5):
                while not server.requests:
                    await asyncio.sleep(0.002)
            call.cancel()
            async with asyncio.timeout(2):
                await server.gone.wait()

    run(test)


def test_many_first_calls_read_the_certificates_once(trusted: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    from byok_widgets.providers.transport import routing

    made: list[object] = []
    tls_context = routing.tls_context
    monkeypatch.setattr(routing, "tls_context", lambda environment: made.append(1) or tls_context(environment))

    async def test() -> None:
        async with serving(whole(), tls=trusted.server("127.0.0.1")) as server:
            await asyncio.gather(*(http_client().get(server.url) for _ in range(20)))

    run(test)
    assert len(made) == 1
