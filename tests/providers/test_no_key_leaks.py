"""No part of a key in anything that is left of a failed call: error, stack with local variables, pickle or log."""

from __future__ import annotations

import base64
import io
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import anthropic._utils._logs
import openai._utils._logs
import pytest

from byok_widgets.config import BaseUrl
from byok_widgets.engine import ENGINE
from byok_widgets.errors import ByokError
from byok_widgets.providers import PROVIDERS, Endpoint
from byok_widgets.providers.exchange import Answer
from byok_widgets.secrets import Secret
from tests.browser.leaks import hits
from tests.providers.asking import QUESTION, endpoint, letter, talk
from tests.providers.fault_rows import FLAGGED, ROWS
from tests.providers.fault_server import FaultServer, Reply, page, says, stream

NAMES = ("openai", "anthropic", "openrouter", "compatible")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Record all that any library logs, however low, with stacks and raw arguments."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Everything())
    names = [None, *logging.root.manager.loggerDict]
    before = {name: logging.getLogger(name).level for name in names}
    monkeypatch.setenv("OPENAI_LOG", "debug")
    monkeypatch.setenv("ANTHROPIC_LOG", "debug")
    monkeypatch.setattr(logging.root, "handlers", [handler])
    openai._utils._logs.setup_logging()
    anthropic._utils._logs.setup_logging()
    for name in names:
        logging.getLogger(name).setLevel(1)
    yield written
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


class Everything(logging.Formatter):
    """Writes a record with all that hangs on it."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.name} {super().format(record)} {record.__dict__!r}"


@pytest.fixture(params=NAMES)
def of(request: pytest.FixtureRequest) -> str:
    """Return the name of each provider."""
    return str(request.param)


@pytest.fixture
def there(of: str, faulty: FaultServer) -> Endpoint:
    """Return an address with a fresh key; no frame of a test holds the key itself."""
    return endpoint(PROVIDERS[of], faulty)


def outcome(of: str, there: Endpoint) -> Answer | ByokError:
    try:
        return ENGINE.run(PROVIDERS[of].complete(QUESTION, there, lambda _: None))
    except ByokError as error:
        return error


def check(of: str, there: Endpoint) -> ByokError | None:
    try:
        ENGINE.run(PROVIDERS[of].check_key(there))
    except ByokError as error:
        return error
    return None


def remains(of: str, result: Answer | ByokError | None) -> Iterator[str]:
    """Give all texts that are left of a call."""
    yield repr(result)
    yield repr(vars(PROVIDERS[of]))
    if isinstance(result, ByokError):
        yield str(result)
        yield result._repr_html_()
        yield "\n".join(result._render_traceback_())
        yield json.dumps(vars(result), default=repr)
        yield pickle.dumps(result).decode("latin-1")
        yield "".join(traceback.TracebackException.from_exception(result, capture_locals=True).format())


def echoes(key: str) -> list[Reply]:
    """Return answers of a server that gives away the key it was sent, in the forms in which servers do."""
    data = key.encode()
    forms = [key, f"Bearer {key}", f"{key[:8]}****{key[-4:]}", key[:30], key[20:60], quote(key), data.hex()]
    forms += [base64.b64encode(b"x" * shift + data).decode() for shift in range(3)]
    forms += [repr({"authorization": f"Bearer {key}"}), json.dumps({"key": key})]
    replies = []
    for form in forms:
        error = {"type": "authentication_error", "code": 401, "message": f"Wrong: {form}!"}
        replies += [says({"type": "error", "error": error}, status) for status in (200, 401, 404, 500)]
        replies += [Reply(form.encode(), 500, "text/plain"), Reply(form.encode()), page().but(body=form.encode())]
        replies += [stream({"error": error}), stream({"type": "error", "error": error}, named=True)]
        replies += [stream(f"event: x\ndata: {form}\n\n".encode())]
        replies += [Reply(b"<p>" + form.encode(), 502, "text/html")]
        behind = {"raw": form, "provider_name": form, "error_type": form}
        replies += [says({"error": {"code": 502, "message": form, "metadata": behind}})]
        replies += [says({"error": {"code": 403, "message": form, "metadata": {"reasons": [form]}}})]
        replies += [says({"data": {form: form}}), says({"detail": form})]
    ids = {"x-request-id": key, "request-id": key, "location": f"https://elsewhere.example/?key={key}"}
    replies += [Reply(b"{}", status, headers=ids) for status in (302, 400, 500)]
    return replies


def test_nothing_of_a_key_is_left_of_any_fault(
    faulty: FaultServer, there: Endpoint, of: str, log: io.StringIO
) -> None:
    left: list[str] = []
    rows = [row for row in (*ROWS, *FLAGGED) if row.of == of]
    assert rows
    for row in rows:
        faulty.script(row.reply)
        left += remains(of, outcome(of, there))
        assert faulty.asked[0].headers["authorization"].startswith("Bearer ")
    left.append(log.getvalue())
    assert len(left[-1]) > 10_000
    assert leaks(left, there) == []


def test_nothing_of_a_key_is_left_when_a_server_gives_it_away(
    faulty: FaultServer, there: Endpoint, of: str, log: io.StringIO
) -> None:
    left: list[str] = []
    for reply in echoes(there.key.reveal()):
        faulty.script(reply)
        result = outcome(of, there)
        assert isinstance(result, ByokError)
        left += [*remains(of, result), *remains(of, check(of, there))]
    assert leaks(left, there) == []


def test_nothing_of_a_key_is_left_when_it_cannot_be_sent(
    faulty: FaultServer, there: Endpoint, of: str, log: io.StringIO
) -> None:
    left: list[str] = []
    for odd in ("\n", " ", "“", "é", "\x00", "\ud83d", "\u200b"):
        broken = Secret(odd.join((there.key.reveal()[:20], there.key.reveal()[20:])))
        faulty.script(talk("Hi"))
        result = outcome(of, replace(there, key=broken))
        assert isinstance(result, ByokError)
        assert result.kind == "bad_key_format"
        assert faulty.asked == []
        left += remains(of, result)
    left.append(log.getvalue())
    assert leaks(left, there) == []


def test_nothing_of_a_key_is_left_when_nobody_answers(there: Endpoint, of: str, log: io.StringIO) -> None:
    closed = FaultServer()
    closed.close()
    left: list[str] = []
    for url in (f"http://{closed.host}/v1", "https://no-such-host.invalid"):
        result = outcome(of, Endpoint(BaseUrl.parse(url), there.key))
        assert isinstance(result, ByokError)
        left += remains(of, result)
    left.append(log.getvalue())
    assert leaks(left, there) == []


def test_the_hunt_would_find_it(faulty: FaultServer, there: Endpoint, of: str) -> None:
    faulty.script(letter("Hi") if of == "anthropic" else talk("Hi"))
    assert isinstance(outcome(of, there), Answer)
    assert leaks([str(faulty.asked[0].headers)], there) == ["0"]


def leaks(texts: list[str], there: Endpoint) -> list[str]:
    """Return the numbers of the texts that hold a piece of the key."""
    places = ((str(number), text.encode("utf-8", "surrogatepass")) for number, text in enumerate(texts))
    return hits(places, there.key.reveal())
