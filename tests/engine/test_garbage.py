"""What makes many objects is done without garbage collection, which is as it was afterwards."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import textwrap
import weakref
from collections.abc import Iterator

import pytest

from byok_widgets.engine import ENGINE
from byok_widgets.engine.garbage import few_collections, without_collection


class Node:
    """Refers to itself: only a collection removes it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    frozen, threshold = gc.get_freeze_count(), gc.get_threshold()
    gc.unfreeze()  # what the start of the tests has frozen
    yield
    gc.enable()
    gc.set_threshold(*threshold)
    if frozen:
        gc.freeze()


def test_no_collection_runs_meanwhile_and_none_looks_at_what_was_made_after_it() -> None:
    seen: list[int] = []
    gc.callbacks.append(lambda phase, _info: seen.append(1) if phase == "start" else None)
    try:
        with without_collection():
            made: list[list[int]] = [[] for _ in range(100_000)]
        assert not seen
        assert not {id(each) for each in made} & {id(each) for each in gc.get_objects(generation=0)}
    finally:
        gc.callbacks.pop()
    assert gc.isenabled()


def test_garbage_that_arose_meanwhile_is_found_later() -> None:
    with without_collection():
        gone = weakref.ref(Node())
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert gone() is None


def test_it_is_on_again_after_an_error() -> None:
    with pytest.raises(ImportError), without_collection():
        raise ImportError
    assert gc.isenabled()


def test_where_it_is_off_it_stays_off() -> None:
    gc.disable()
    with without_collection():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_what_somebody_has_frozen_stays_frozen() -> None:
    gc.freeze()
    before = gc.get_freeze_count()
    with without_collection():
        pass
    assert gc.get_freeze_count() >= before > 0


def _collections_among(objects: int) -> int:
    seen: list[str] = []
    gc.callbacks.append(lambda phase, _info: seen.append(phase))
    try:
        made: list[list[int]] = [[] for _ in range(objects)]
    finally:
        gc.callbacks.pop()
    del made
    return seen.count("start")


def test_collections_are_rare_meanwhile_and_as_often_as_before_afterwards() -> None:
    often = _collections_among(50_000)
    with few_collections():
        rare = _collections_among(50_000)
        with few_collections():
            pass
        assert _collections_among(50_000) == rare, "one of two has ended"
    assert 1 <= rare < often / 5
    assert _collections_among(50_000) == pytest.approx(often, abs=2)


@pytest.mark.parametrize("first", [0, 100_000])
def test_nothing_is_made_of_a_collection_that_is_off_or_rarer(first: int) -> None:
    gc.set_threshold(first, 10, 10)
    with few_collections():
        assert gc.get_threshold()[0] == first
    assert gc.get_threshold()[0] == first


def test_collections_are_rare_while_many_calls_are_under_way() -> None:
    often, seen = _collections_among(50_000), list[int]()

    async def many(count: int) -> None:
        waiting = [asyncio.create_task(ENGINE.arun(asyncio.sleep(30))) for _ in range(count)]
        await asyncio.sleep(0)
        seen.append(_collections_among(50_000))
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(many(3))
    asyncio.run(many(100))
    few, rare = seen
    assert few == pytest.approx(often, abs=2)
    assert 1 <= rare < often / 5
    assert _collections_among(50_000) == pytest.approx(often, abs=2)


def test_what_somebody_sets_meanwhile_stays() -> None:
    with few_collections():
        gc.set_threshold(1_000, 5, 5)
    assert gc.get_threshold() == (1_000, 5, 5)


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_the_first_call_imports_its_sdk_without_collections(name: str) -> None:
    code = f"""
        import gc, sys
        from byok_widgets.config import BaseUrl
        from byok_widgets.engine import ENGINE
        from byok_widgets.errors import ProviderError
        from byok_widgets.providers import PROVIDERS, Endpoint
        from byok_widgets.secrets import Secret
        collected = []
        gc.callbacks.append(lambda phase, info: collected.append({name!r} in sys.modules))
        there = Endpoint(BaseUrl.parse("http://127.0.0.1:9"), Secret("x" * 40))
        before = len(sys.modules)
        try:
            ENGINE.run(PROVIDERS[{name!r}].list_models(there))
        except ProviderError as error:
            assert error.kind == "refused", error
        assert gc.isenabled() and len(sys.modules) - before > 300
        assert collected.count(True) < 40, collected.count(True)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=60)
