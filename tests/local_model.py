"""The real local models for tests: fetched once into the person's cache folder, or the test is skipped."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest

from byok_widgets import LocalModelError
from byok_widgets.providers.local import models

REQUIRE_ALL = "BYOK_WIDGETS_REQUIRE_ALL"
"""Set to 1, a model that cannot be had is a failure and not a skip."""
_CACHE = os.environ.get(models.CACHE_VARIABLE)
"""As it was before any test set it to an empty folder: the files are large."""


def require_model(model_id: str = "smollm2-135m") -> Path:
    """Return the file of a model; skip the test, or fail it under `REQUIRE_ALL`, when it cannot be had."""
    reason, path = _fetched(model_id)
    if path is None and os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(reason, pytrace=False)
    if path is None:
        pytest.skip(reason)
    return path


@functools.cache
def _fetched(model_id: str) -> tuple[str, Path | None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(models.CACHE_VARIABLE, raising=False)
        if _CACHE:
            patch.setenv(models.CACHE_VARIABLE, _CACHE)
        try:
            return "", models.fetch(model_id)
        except LocalModelError as error:
            return str(error), None
