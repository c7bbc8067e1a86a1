"""A report is HTML; under the name of another kind of file it is not written."""

from __future__ import annotations

import pytest

from byok_widgets.errors import ConfigError
from tests.scripted_server import Say

MODELS = ["openai:gpt-4o", "openai:gpt-4o-mini"]


def cases(count):
    return [{"text": f"Tuesday, number {n}.", "values": {"weekday": "Tue"}} for n in range(count)]


@pytest.fixture
def read(priced, server):
    server.script(Say('{"weekday": "Tue"}'))
    return priced.extraction("read", weekday=["Mon", "Tue"])


@pytest.mark.parametrize("name", ["report.pdf", "report.PNG", "report.tar.gz"])
def test_another_kind_of_file_is_refused_before_anything_is_waited_for(read, tmp_path, monkeypatch, name):
    result = read.compare(MODELS, cases(2), wait=True)
    monkeypatch.setattr(result, "wait", lambda: pytest.fail("it is refused first"))
    with pytest.raises(ConfigError) as caught:
        result.save(tmp_path / name)
    assert caught.value.kind == "report"
    assert not [*tmp_path.glob("report*")]


@pytest.mark.parametrize("name", ["report.html", "report.HTM", "report"])
def test_html_is_written(read, tmp_path, name):
    read.compare(MODELS, cases(2), wait=True).save(tmp_path / name)
    assert (tmp_path / name).read_text().startswith("<!doctype html>")
