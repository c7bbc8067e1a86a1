"""Pages of the cells in a store: each cell once, in their order, by any filter."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.compare.storage import store
from tests.scripted_server import Say

MODELS = ["compatible:one", "compatible:two"]
_numbers = itertools.count()


@pytest.fixture
def past(server, tmp_path):
    flow = Flow(f"pages {next(_numbers)}", fresh=True)
    flow.set_base_url("compatible", server.base_url)
    flow.model = MODELS[0]

    def answer(request):
        text = str(request["messages"])
        if "number 3" in text:
            return Say(status=401, body={"error": {"message": "No."}})
        return Say(json.dumps({"weekday": "Tue" if request["model"] == "one" else "Mon"}))

    server.script(answer)
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    given = [{"text": f"Tuesday, number {n}.", "values": {"weekday": "Tue"}} for n in range(7)]
    read.compare(MODELS, given, repeat=2, wait=True, store=tmp_path / "cells.sqlite")
    (found,) = flow.comparisons(store=tmp_path / "cells.sqlite")
    return found


def pages(past, **wanted):
    page = past.page(**wanted)
    found = [page]
    while page.next is not None:
        page = past.page(page.next, **wanted)
        found.append(page)
    return found


@pytest.mark.parametrize("size", [1, 14, 100])
def test_each_cell_is_on_one_page(past, size):
    found = pages(past, size=size)
    keys = [cell.key for page in found for cell in page]
    assert len(keys) == len(set(keys)) == 28
    assert keys == sorted(keys)
    assert all(len(page) <= size for page in found)
    assert past.page().next is None
    assert past.page()[0].output["values"]["weekday"] in ("Mon", "Tue")


@pytest.mark.parametrize("size", [1, 100])
def test_filters(past, size):
    def count(**wanted):
        return sum(map(len, pages(past, size=size, **wanted)))

    assert count(status="failed") == 4
    assert count(status="failed", variant=MODELS[1]) == 2
    assert count(variant=MODELS[0]) == 14
    assert count(metric="checks", below=0.5) == 12
    assert count(metric="checks", below=0.5, variant=MODELS[0]) == 0
    assert count(metric="check", below=0.5) == 0, "another metric"


def test_a_page_is_awaited_off_the_loop(past, monkeypatch):
    threads = []
    page = past.store.page
    monkeypatch.setattr(
        past.store, "page", lambda *a, **k: threads.append(threading.current_thread()) or page(*a, **k)
    )
    found = asyncio.run(past.apage(size=5, metric="checks", below=0.5))
    assert [cell.key for cell in found] == [cell.key for cell in past.page(size=5, metric="checks", below=0.5)]
    awaited, plain = threads
    assert awaited is not plain is threading.current_thread()


def test_cells_are_written_while_a_page_is_looked_up(past, monkeypatch):
    done = []
    read_row = store.cell_of  # while the rows of the page are read

    def writing(*row):
        writer = threading.Thread(target=lambda: done.append(past.store.seed_of("others", 7)), daemon=True)
        writer.start()
        writer.join(30)
        return read_row(*row)

    monkeypatch.setattr(store, "cell_of", writing)
    assert len(past.page(size=1)) == 1
    assert set(done) == {7}


def test_what_cannot_be_looked_for_is_told(past):
    wrong = (
        {"variant": "x"},
        {"status": "x"},
        {"metric": "checks"},
        {"below": 0.5},
        {"size": 0},
        {"size": 10_000},
    )
    for wanted in wrong:
        with pytest.raises(ConfigError) as caught:
            past.page(**wanted)
        assert caught.value.kind == "page"
