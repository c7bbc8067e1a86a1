"""Proxies of the environment: which calls go through them, and what is said if one cannot be used."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from byok_widgets import ProviderError
from byok_widgets.config import BaseUrl
from byok_widgets.providers import PROVIDERS, Endpoint
from byok_widgets.providers.transport import EnvironmentVariableError, http_client
from byok_widgets.providers.transport.environment import NetworkEnvironment
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.providers.asking import QUESTION
from tests.providers.transport.byte_server import run, serving, whole
from tests.providers.transport.certificates import Authority

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({}, None),
        ({"HTTPS_PROXY": PROXY}, PROXY),
        ({"https_proxy": PROXY}, PROXY),
        ({"ALL_PROXY": PROXY}, PROXY),
        ({"all_proxy": PROXY}, PROXY),
        ({"HTTPS_PROXY": "proxy.example:3128"}, PROXY),
        ({"HTTPS_PROXY": f" {PROXY} "}, PROXY),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": "", "ALL_PROXY": PROXY}, PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, PROXY),
        ({"HTTPS_PROXY": PROXY, "ALL_PROXY": "socks5://other"}, PROXY),
        ({"HTTP_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": "https://proxy.example"}, "https://proxy.example"),
        ({"HTTPS_PROXY": "http://me:p%40ss@proxy.example:3128"}, "http://me:p%40ss@proxy.example:3128"),
        ({"HTTPS_PROXY": "http://[::1]:3128"}, "http://[::1]:3128"),
    ],
)
def test_which_proxy_is_used(variables: dict[str, str], url: str | None) -> None:
    assert NetworkEnvironment.read(variables).proxy_url("api.example.com", 443) == url


@pytest.mark.parametrize(
    ("exceptions", "host", "port", "is_excepted"),
    [
        ("*", "api.example.com", 443, True),
        ("a.example, *", "api.example.com", 443, True),
        ("api.example.com", "api.example.com", 443, True),
        ("API.Example.COM", "api.example.com", 443, True),
        ("api.example.com", "API.example.com", 443, True),
        ("api.example.com", "api.example.com.", 443, True),
        ("example.com", "api.example.com", 443, True),
        (".example.com", "api.example.com", 443, True),
        ("*.example.com", "api.example.com", 443, True),
        (".example.com", "example.com", 443, True),
        ("example.com", "notexample.com", 443, False),
        ("ample.com", "example.com", 443, False),
        ("other.example", "api.example.com", 443, False),
        ("", "api.example.com", 443, False),
        (",, ,", "api.example.com", 443, False),
        (".", "api.example.com", 443, False),
        ("a.example,api.example.com", "api.example.com", 443, True),
        ("a.example api.example.com", "api.example.com", 443, True),
        ("example.com:443", "api.example.com", 443, True),
        ("example.com:8443", "api.example.com", 443, False),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("10.0.0.0/8", "api.example.com", 443, False),
        ("10.1.2.3", "10.1.2.3", 443, True),
        ("fd00::/8", "fd00::7", 443, True),
        ("fd00::7", "fd00::7", 443, True),
        ("[fd00::7]:8443", "fd00::7", 8443, True),
        ("FD00:0:0::7", "fd00::7", 443, True),
        ("[fd00::]/8", "fd00::7", 443, True),
        ("api.example.com.", "api.example.com", 443, True),
        ("10.0.0.0/99", "10.1.2.3", 443, False),
        ("https://api.example.com", "api.example.com", 443, False),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_which_hosts_are_reached_without_it(
    name: str, exceptions: str, host: str, port: int, is_excepted: bool
) -> None:
    read = NetworkEnvironment.read({"HTTPS_PROXY": PROXY, name: exceptions})
    assert (read.proxy_url(host, port) is None) == is_excepted


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
@pytest.mark.parametrize("value", [PROXY, "socks5://127.0.0.1:9", "nonsense", "nonsense://x"])
def test_this_machine_is_reached_without_any_proxy(host: str, value: str) -> None:
    assert NetworkEnvironment.read({"ALL_PROXY": value}).proxy_url(host, 8443) is None


UNUSABLE = [
    ("nonsense://x", "a kind of proxy that is not supported"),
    ("socks4://proxy.example", "a kind of proxy that is not supported"),
    ("http://", "not the address"),
    ("http://proxy.example:port", "not the address"),
    ("http://proxy.example:99999", "not the address"),
    ("http://[::1", "not the address"),
    ("http://user:pass\x01word@proxy.example", "not the address"),
]


@pytest.mark.parametrize(("value", "what"), UNUSABLE)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy"])
def test_a_proxy_that_cannot_be_used_is_an_error_that_names_the_variable(name: str, value: str, what: str) -> None:
    read = NetworkEnvironment.read({name: value})
    with pytest.raises(EnvironmentVariableError) as caught:
        read.proxy_url("api.example.com", 443)
    assert (caught.value.kind, caught.value.variable) == ("proxy", name)
    assert what in caught.value.what
    assert value not in str(caught.value)
    assert read.proxy_url("127.0.0.1", 443) is None


def without_socks(monkeypatch: pytest.MonkeyPatch) -> None:
    from byok_widgets.providers.transport import environment

    find_spec = environment.importlib.util.find_spec
    hidden = lambda name: None if name == "socksio" else find_spec(name)  # noqa: E731
    monkeypatch.setattr(environment.importlib.util, "find_spec", hidden)


@pytest.mark.parametrize(
    "value", ["socks5://me:secret@127.0.0.1:9", "socks5h://127.0.0.1:9", "socks://127.0.0.1:9"]
)
@pytest.mark.parametrize("of", ["openai", "anthropic"])
def test_a_socks_proxy_says_what_is_missing(
    transport: str, monkeypatch: pytest.MonkeyPatch, of: str, value: str
) -> None:
    without_socks(monkeypatch)
    monkeypatch.setenv("ALL_PROXY", value)
    there = Endpoint(BaseUrl.parse(PROVIDERS[of].default_url), Secret(fake_key(of)))
    with pytest.raises(ProviderError) as caught:
        asyncio.run(PROVIDERS[of].complete(QUESTION, there, lambda _: None))
    error = caught.value
    assert (error.kind, error.retryable) == ("proxy", False)
    assert "ALL_PROXY" in error.problem
    assert "byok-widgets[socks]" in error.fix
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("all_proxy", "socks5://127.0.0.1:9"),
        ("HTTP_PROXY", "nonsense"),
        ("HTTPS_PROXY", "nonsense://x"),
        ("SSL_CERT_FILE", "/gone/cacert.pem"),
        ("SSL_CERT_DIR", "/gone"),
        ("SSLKEYLOGFILE", "/gone/keys"),
        ("NO_PROXY", "[::1/99,:,*:x"),
    ],
)
def test_nothing_in_the_environment_breaks_plain_http(
    transport: str, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    async def test() -> None:
        async with serving(whole()) as server:
            assert (await http_client().get(server.url)).content == b"hello"
            assert (await http_client().get(f"http://localhost:{server.port}/")).content == b"hello"

    run(test)


# A proxy at work


@dataclass
class Tunnel:
    """A proxy that connects all names to one port of this machine."""

    to_port: int
    answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n"
    port: int = 0
    heads: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answer)
            if b" 200 " in self.answer:
                ahead, back = await asyncio.open_connection("127.0.0.1", self.to_port)
                await asyncio.gather(_copy(reader, back), _copy(ahead, writer))
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def tunnelling(to_port: int, **more: bytes) -> AsyncIterator[Tunnel]:
    """Run a proxy."""
    tunnel = Tunnel(to_port, **more)
    server = await asyncio.start_server(tunnel.serve, "127.0.0.1", 0)
    tunnel.port = server.sockets[0].getsockname()[1]
    try:
        yield tunnel
    finally:
        server.close()


def test_a_call_goes_through_the_proxy_which_sees_only_the_name(
    transport: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))

    async def test() -> None:
        async with (
            serving(whole(), tls=authority.server("api.example")) as server,
            tunnelling(server.port) as tunnel,
        ):
            monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss@127.0.0.1:{tunnel.port}")
            headers = {"authorization": "Bearer secret"}
            for _ in range(2):
                response = await http_client().get("https://api.example/v1", headers=headers)
                assert response.content == b"hello"
            head, _ = tunnel.heads
            assert head.startswith(b"CONNECT api.example:443 HTTP/1.1\r\n")
            assert b"proxy-authorization: basic " in head.lower()
            assert b"secret" not in head
            assert b"Bearer secret" in server.requests[0]

    run(test)


def test_an_exception_goes_directly(transport: str, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "ip6-localhost,localhost.localdomain,127.0.0.1")

    async def test() -> None:
        async with serving(whole(), tls=authority.server("127.0.0.1")) as server:
            assert (await http_client().get(server.url)).content == b"hello"

    run(test)


@pytest.mark.parametrize("of", ["openai", "anthropic"])
def test_a_proxy_that_refuses_or_is_not_there_is_named(
    transport: str, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    async def test() -> None:
        there = Endpoint(BaseUrl.parse(PROVIDERS[of].default_url), Secret(fake_key(of)))
        async with tunnelling(9, answer=b"HTTP/1.1 407 Sign in\r\ncontent-length: 0\r\n\r\n") as tunnel:
            for url in (f"http://127.0.0.1:{tunnel.port}", "http://127.0.0.1:9"):
                monkeypatch.setenv("HTTPS_PROXY", url)
                await http_client().aclose()  # a client keeps the proxy that worked for it
                with pytest.raises(ProviderError) as caught:
                    await PROVIDERS[of].complete(QUESTION, there, lambda _: None)
                assert caught.value.kind == "proxy"
                assert "HTTPS_PROXY" in caught.value.fix

    run(test)


async def proxy_failure(of: str, monkeypatch: pytest.MonkeyPatch, url: str) -> ProviderError:
    """Return the error of a call through the proxy at an address."""
    monkeypatch.setenv("ALL_PROXY", url)
    there = Endpoint(BaseUrl.parse(PROVIDERS[of].default_url), Secret(fake_key(of)))
    with pytest.raises(ProviderError) as caught:
        await PROVIDERS[of].complete(QUESTION, there, lambda _: None)
    await http_client().aclose()
    return caught.value


@pytest.mark.parametrize("of", ["openai", "anthropic"])
@pytest.mark.parametrize("answer", [b"", b"\0garbage\r\n\r\n", b"HTTP/1.1 2"])
def test_a_proxy_that_breaks_is_named_and_tried_again(
    transport: str, monkeypatch: pytest.MonkeyPatch, of: str, answer: bytes
) -> None:
    async def test() -> None:
        async with tunnelling(9, answer=answer) as tunnel:
            error = await proxy_failure(of, monkeypatch, f"http://127.0.0.1:{tunnel.port}")
        assert (error.kind, error.retryable, error.may_be_charged) == ("proxy", True, False)

    run(test)


def test_a_proxy_that_speaks_no_tls_is_not_taken_for_the_server(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        async with tunnelling(9, answer=b"HTTP/1.1 400 Bad request\r\n\r\n") as tunnel:
            error = await proxy_failure("openai", monkeypatch, f"https://127.0.0.1:{tunnel.port}")
        assert error.kind == "proxy"
        assert "https://" in error.cause
        assert "base URL" not in error.fix

    run(test)


@pytest.mark.parametrize("of", ["openai", "anthropic"])
def test_a_silent_proxy_is_waited_for_no_longer_than_a_connection(
    transport: str, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    monkeypatch.setattr("byok_widgets.providers.transport.CONNECT_TIMEOUT_S", 0.1)

    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            error = await proxy_failure(of, monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert (error.kind, error.may_be_charged) == ("proxy", False)

    run(test)


@pytest.mark.parametrize("of", ["openai", "anthropic"])
@pytest.mark.parametrize("answer", [b"", b"\0\x5b\0\0\0\0\0\0", b"HTTP/1.1 400 X\r\n\r\n", b"\5\xff", b"\5"])
def test_what_is_no_socks_proxy_is_named(
    transport: str, monkeypatch: pytest.MonkeyPatch, of: str, answer: bytes
) -> None:
    pytest.importorskip("socksio")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(3)
        writer.write(answer)
        writer.close()

    async def test() -> None:
        proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
        error = await proxy_failure(of, monkeypatch, f"socks5://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        proxy.close()
        assert error.kind == "proxy"

    run(test)


def test_a_socks_proxy_is_used_if_what_it_needs_is_installed(
    transport: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("socksio")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(3)
        writer.write(b"\x05\x00")
        head = await reader.readexactly(5)
        names.append(await reader.readexactly(head[4] + 2))
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        with contextlib.suppress(OSError, asyncio.CancelledError):
            ahead, back = await asyncio.open_connection("127.0.0.1", ports[0])
            await asyncio.gather(_copy(reader, back), _copy(ahead, writer))

    names: list[bytes] = []
    ports: list[int] = []

    async def test() -> None:
        proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
        monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        async with serving(whole(), tls=authority.server("api.example")) as server:
            ports.append(server.port)
            assert (await http_client().get("https://api.example/v1")).content == b"hello"
            assert names == [b"api.example\x01\xbb"]
        proxy.close()

    run(test)


def test_the_library_is_asked_for_nothing_in_the_environment(
    transport: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own reading of the environment would bring back what is left out here."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))

    async def test() -> None:
        async with serving(whole()) as server:
            assert not http_client().trust_env
            await http_client().get(server.url)
            assert b"authorization" not in server.requests[0].lower()
            assert isinstance(http_client(), httpx2.AsyncClient)

    run(test)
