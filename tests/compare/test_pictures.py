"""Pictures of a comparison: the same figures as SVG, as PNG, as Vega-Lite and as a table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.compare.pictures import Picture, Pictures
from byok_widgets.compare.pictures.picture import VEGA_LITE
from byok_widgets.errors import ConfigError
from tests.scripted_server import Say, ScriptedServer

pytest.importorskip("scipy")
BIG, MIDDLE, CHEAP = "openai:gpt-4o", "openai:gpt-4.1", "openai:gpt-4o-mini"
WRONG = 12 / 30
USAGE = {"prompt_tokens": 100, "completion_tokens": 20}


@pytest.fixture
def pictures(priced: Flow, server: ScriptedServer) -> Pictures:
    """The best model costs most; the other two are wrong equally often, on one field of two."""

    def answer(request: dict[str, Any]) -> Say:
        right = request["model"] == "gpt-4o" or "7" not in str(request["messages"])
        return Say(json.dumps({"name": "Ana", "day": "Tue" if right else "Mon"}), usage=USAGE)

    server.script(answer)
    read = priced.extraction("both", name=str, day=["Mon", "Tue"])
    cases = [
        {"name": f"c{n}", "text": f"Ana, Tue {n}", "values": {"name": "Ana", "day": "Tue"}} for n in range(60, 90)
    ]
    found: Pictures = read.compare([BIG, MIDDLE, CHEAP], cases, baseline=BIG, margin=0.1, wait=True).pictures()
    return found


def of(pictures: Pictures, name: str) -> Picture:
    return next(picture for picture in pictures if picture.name == name)


def test_each_has_the_forms_that_notebooks_show(pictures: Pictures) -> None:
    assert [picture.name for picture in pictures] == ["Differences", "Cost and score", "Latency", "Fields"]
    for picture in pictures:
        bundle = picture._repr_mimebundle_()
        assert '<img src="data:image/svg+xml;base64,' in bundle["text/html"]
        assert bundle["text/html"].count("<tr>") == 1 + len(picture.rows)
        assert bundle["text/plain"] == picture.words
        assert bundle[VEGA_LITE]["description"] == picture.words
        assert bundle[VEGA_LITE]["data"]["values"] == [dict(row) for row in picture.rows]


def test_vega_lite_draws_them_and_a_png_comes_of_each(pictures: Pictures) -> None:
    vl_convert = pytest.importorskip("vl_convert")
    for picture in pictures:
        drawn = vl_convert.vegalite_to_svg(picture.vega_lite, vl_version="5.20", allowed_base_urls=[])
        assert "undefined" not in drawn
        assert "NaN" not in drawn
        assert picture.png().startswith(b"\x89PNG")


def test_the_figures_are_those_of_the_comparison(pictures: Pictures) -> None:
    apart = {row["variant"]: row for row in of(pictures, "Differences").rows}
    assert set(apart) == {"gpt-4.1", "gpt-4o-mini"}
    for row in apart.values():
        assert row["difference"] == pytest.approx(-50 * WRONG, abs=0.01)
        assert row["low"] < row["difference"] < row["high"]
        assert row["verdict"] == "worse"
    band = of(pictures, "Differences").vega_lite["layer"][0]
    assert band["data"]["values"] == [{"low": -10.0, "high": 0}]
    points = {row["variant"]: row for row in of(pictures, "Cost and score").rows}
    assert {name: row["efficient"] for name, row in points.items()} == {
        "gpt-4o": True,
        "gpt-4.1": False,
        "gpt-4o-mini": True,
    }
    assert points["gpt-4o"]["score"] == 1.0
    shares = {(row["variant"], row["field"]): row["share"] for row in of(pictures, "Fields").rows}
    assert shares["gpt-4.1", "name"] == 1.0
    assert shares["gpt-4.1", "day"] == pytest.approx(1 - WRONG)


def test_a_png_without_what_makes_it_says_so(pictures: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byok_widgets.compare.pictures.picture.find_spec", lambda name: None)
    assert "image/png" not in pictures[0]._repr_mimebundle_()
    with pytest.raises(ConfigError) as raised:
        pictures[0].png()
    assert raised.value.kind == "missing_package"
