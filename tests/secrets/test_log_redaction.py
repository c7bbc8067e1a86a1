"""Log records of other libraries lose the keys in them, and nothing else."""

from __future__ import annotations

import io
import logging
import secrets
import sys
from collections.abc import Iterator

import pytest

from byok_widgets.secrets import Secret
from byok_widgets.secrets.log_redaction import redact_logs
from tests.fake_keys import fake_key
from tests.key_forms import FORMS, leaks
from tests.recorded_logs import recorded_logs


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with recorded_logs() as written:
        yield written


@pytest.fixture
def library() -> str:
    return f"library_{secrets.token_hex(4)}"


@pytest.mark.parametrize("form", FORMS)
def test_keys_are_removed_from_message_arguments_and_traceback(form: str, library: str, log: io.StringIO) -> None:
    secret = Secret(fake_key("anthropic"))
    echo = FORMS[form](secret.reveal())
    below = logging.getLogger(f"{library}.connection")
    redact_logs(library)
    below.debug("got %r and %s", [(b"x-echo", echo.encode())], echo)
    below.debug("a message without arguments: " + echo)
    below.debug("arguments %d that do not fit", echo)
    below.debug("a mapping: %(name)s", {"name": echo, "other": echo})
    try:
        raise ValueError(echo)
    except ValueError:
        below.exception("that failed")
    assert log.getvalue().count("[API key]") >= 5
    assert "that failed" in log.getvalue()
    assert not leaks(log.getvalue(), secret.reveal())


def test_other_records_stay_as_they_are(library: str, log: io.StringIO) -> None:
    secret = Secret(fake_key())
    logger = logging.getLogger(library)
    redact_logs(library)
    records: list[logging.LogRecord] = []
    logger.addFilter(lambda record: records.append(record) or True)
    logger.debug("%s of %d", "three", 4)
    assert (records[0].msg, records[0].args) == ("%s of %d", ("three", 4))
    try:
        raise ValueError("nothing secret")
    except ValueError:
        logger.exception("no key")
        assert records[1].exc_info == sys.exc_info()
    del secret


def test_each_logger_gets_the_filter_once_and_others_do_not(library: str) -> None:
    own, below, other = (logging.getLogger(name) for name in (library, f"{library}.a.b", f"{library}s"))
    redact_logs(library)
    redact_logs(library)
    assert [len(logger.filters) for logger in (own, below, other)] == [1, 1, 0]
