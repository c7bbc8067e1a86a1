"""Makes garbage collection cost less: none while many objects are made that stay, few during many calls."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_MANY_OBJECTS = 20_000
"""A few megabytes."""
_MANY_CALLS = 16


@contextmanager
def without_collection() -> Iterator[None]:
    """Do without garbage collection meanwhile, in the whole process; where it is off, it stays off.

    The import of an SDK makes hundreds of thousands of objects that stay: looking at them again and again takes a
    tenth of its time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        _count_as_old()
        gc.enable()


def _count_as_old() -> None:
    """Make all objects old at once, so that not the next collection, but only a full one looks at them."""
    if not gc.get_freeze_count():  # else somebody keeps objects frozen: they would thaw
        gc.freeze()
        gc.unfreeze()


class _FewCollections:
    """Who wants few collections now, and after how many new objects there was one before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = self._before = 0

    def begin(self) -> None:
        """Collect rarely from now on, unless that is so already, or there is no collection at all."""
        with self._lock:
            now, *older = gc.get_threshold()
            if not self._users:
                self._before = now if 0 < now < _MANY_OBJECTS else 0
                if self._before:
                    gc.set_threshold(_MANY_OBJECTS, *older)
            self._users += 1

    def end(self) -> None:
        """Collect as often as before, unless somebody has changed that meanwhile or still wants few."""
        with self._lock:
            now, *older = gc.get_threshold()
            self._users -= 1
            if not self._users and self._before and now == _MANY_OBJECTS:
                gc.set_threshold(self._before, *older)


_FEW = _FewCollections()


@contextmanager
def few_collections() -> Iterator[None]:
    """Let garbage collections be rare meanwhile, in the whole process.

    Hundreds of calls under way hold many objects, and leave hardly any garbage: looking at all of them after each
    few hundred new ones takes as long as everything else about a cell of a comparison.
    """
    _FEW.begin()
    try:
        yield
    finally:
        _FEW.end()


class CallsUnderWay:
    """Lets garbage collections be rare while many calls are under way; entered once for each of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def __enter__(self) -> None:
        with self._lock:
            self._count += 1
            if self._count == _MANY_CALLS:
                _FEW.begin()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._count == _MANY_CALLS:
                _FEW.end()
            self._count -= 1
