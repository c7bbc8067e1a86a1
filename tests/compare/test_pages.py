"""Pages of the cells in a store: each cell once, in their order, by any filter."""

from __future__ import annotations

import itertools
import json

import pytest

from byok_widgets import ConfigError, Flow
from tests.scripted_server import Say

MODELS = ["compatible:one", "compatible:two"]
_numbers = itertools.count()


@pytest.fixture
def past(server):
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
    read.compare(MODELS, given, repeat=2, wait=True)
    (found,) = flow.comparisons()
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
