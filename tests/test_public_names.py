"""The public names: all of them are there, and earlier ones still work."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import byok_widgets


def test_each_public_name_can_be_had_and_the_list_is_sorted() -> None:
    assert byok_widgets.__all__ == sorted(byok_widgets.__all__)
    for name in byok_widgets.__all__:
        assert getattr(byok_widgets, name) is not None


def test_nothing_else_is_offered() -> None:
    assert dir(byok_widgets) == byok_widgets.__all__
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = byok_widgets.no_such_name


@pytest.mark.parametrize(
    ("earlier", "now"), [("guard", "warn_about_keys"), ("last_stopped", "last_partial_result")]
)
def test_an_earlier_name_works_and_tells_the_present_one(earlier: str, now: str) -> None:
    for _ in range(2):
        with pytest.warns(DeprecationWarning, match=now):
            assert getattr(byok_widgets, earlier) is getattr(byok_widgets, now)


@pytest.mark.parametrize(
    ("earlier", "now"), [("guard", "warn_about_keys"), ("last_stopped", "last_partial_result")]
)
def test_an_import_of_an_earlier_name_warns_once_and_the_changelog_names_it(earlier: str, now: str) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        exec(f"from byok_widgets import {earlier}")
    (warning,) = seen
    assert issubclass(warning.category, DeprecationWarning)
    changelog = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
    (line,) = [line for line in changelog.splitlines() if f"`{earlier}`" in line]
    assert f"`{now}`" in line
    assert "1.0" in f"{warning.message}"
