"""`without_collection`: what makes many objects that stay is done without looking for garbage among them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
