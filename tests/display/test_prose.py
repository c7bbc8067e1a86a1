"""Texts for people, as a cell shows them."""

from __future__ import annotations

import json

import pytest

from byok_widgets.display.prose import Prose

pretty = pytest.importorskip("IPython.lib.pretty")


def test_a_cell_shows_it_as_it_reads_and_it_is_a_text_otherwise() -> None:
    said = Prose("ask now uses “a”:\nit's better.")
    assert pretty.pretty(said) == repr(said) == str(said)
    assert isinstance(said, str)
    assert json.loads(json.dumps(said)) == said
    assert pretty.pretty([said]) != str(said), "in a list it begins where the list says"
