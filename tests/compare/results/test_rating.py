"""Rating by hand: blind, in an order that stays, stored by whom, and scored only when asked for."""

from __future__ import annotations

import itertools
import json

import pytest

from byok_widgets import ConfigError, Flow
from tests.fake_keys import fake_key
from tests.scripted_server import Say

MODELS = ["compatible:good", "compatible:bad"]


def answer(request):
    if "Is it polite?" in str(request["messages"]):
        return Say(json.dumps({"reason": "so", "holds": "Welcome" in str(request["messages"])}))
    number = str(request["messages"][-1]["content"]).split()[-1]
    return Say(f"Welcome {number}" if request["model"] == "good" or number == "0" else f"Go away {number}")


def cases(count, **more):
    return [{"name": f"c{n}", "text": f"Hello, number {n}", **more} for n in range(count)]


_numbers = itertools.count()


@pytest.fixture
def flow():
    return Flow(f"rating {next(_numbers)}")


@pytest.fixture
def greet(flow, server):
    flow.set_base_url("compatible", server.base_url)
    flow.model = MODELS[0]
    server.script(answer)
    return flow.conversation("greet", "Greet the caller.")


def compared(greet, count=20, **more):
    return greet.compare(MODELS, cases(count, assertions=[{"contains": "e"}]), **more)


def order(rating):
    texts = []
    while rating.current:
        texts.append(rating.current.output["text"])
        rating.skip()
    return texts


def rate_all(rating, good=5, bad=1):
    while rating.current:
        rating.rate(good if "Welcome" in rating.current.output["text"] else bad)


def test_the_order_is_shuffled_and_stays_and_equal_replies_are_one(greet):
    comparison = compared(greet)
    first = order(comparison.rating())
    assert first == order(comparison.rating("Ana"))
    assert len(first) == len(set(first)) == 39, "both say the same to number 0"
    leads = {texts[0].startswith("Welcome") for texts in zip(first[::2], first[1::2], strict=False)}
    assert leads == {True, False}, "no variant always comes first"


def test_ratings_are_kept_by_whom_and_taken_back(greet):
    comparison = compared(greet, 3)
    rating = comparison.rating("Ana")
    rating.rate(5)
    rating.rate(1)
    last = rating.left
    rating.undo()
    assert rating.left == last + 1
    rating.rate(2)
    rating.skip()
    assert comparison.rating("Ana").left == rating.total - 2, "what was skipped comes again"
    assert comparison.rating("Bo").left == rating.total
    assert sorted(set(comparison.ratings().by["Ana"].values())) == [0.25, 1.0]
    again = compared(greet, 3)
    assert again.ratings().by == comparison.ratings().by, "another call finds them in the store"


@pytest.mark.parametrize("mark", [0, 6, 2.0, True, "3", None])
def test_what_is_no_mark_is_refused_and_the_reply_stays(greet, mark):
    rating = compared(greet, 2).rating()
    with pytest.raises(ConfigError) as caught:
        rating.rate(mark)
    assert caught.value.kind == "rating"
    assert rating.left == rating.total


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, None, 3])
def test_ratings_need_a_name(greet, name):
    with pytest.raises(ConfigError) as caught:
        compared(greet, 2).rating(name)
    assert caught.value.kind == "rating"


def test_a_key_is_no_name(greet):
    key = fake_key("openai")
    with pytest.raises(ConfigError) as caught:
        compared(greet, 2).rating(key)
    assert key not in str(caught.value)


def test_verdicts_rest_on_ratings_once_they_are_asked_for(greet):
    pytest.importorskip("scipy")
    comparison = compared(greet, margin=0.1)
    with pytest.raises(ConfigError):
        comparison.rescore("rating")
    assert comparison.metric.name == "checks"
    rate_all(comparison.rating("Ana"))
    rate_all(comparison.rating("Bo"), good=4)
    comparison.rescore("rating")
    results = {result.variant.name: result for result in comparison.verdicts()}
    assert results[MODELS[1]].verdict == "worse"
    assert results[MODELS[0]].score.estimate == pytest.approx(0.875), "the mean of a 5 and a 4"


def test_a_reply_that_nobody_rated_is_missing(greet):
    comparison = compared(greet, 4)
    comparison.rating().rate(3)
    comparison.rescore("rating")
    scores = [score for *_, score in comparison.results.items()]
    assert set(scores) <= {0.5, None}
    assert None in scores


def test_the_agreement_of_a_judge_with_people_is_shown(greet, flow):
    flow.judge_model = "compatible:judge"
    comparison = greet.compare(MODELS, cases(10, assertions=[{"judge": "Is it polite?"}]))
    rating = comparison.rating()
    rating.rate(3)
    rate_all(rating)
    agreement = comparison.ratings().agreement
    assert agreement.share == 1.0
    assert agreement.kappa == 1.0
    assert agreement.undecided >= 1
    assert f"{agreement.same} of {agreement.replies}" in repr(comparison.ratings())
    assert compared(greet, 2).ratings().agreement is None


def test_shards_bring_their_ratings_along(greet, flow, tmp_path):
    one = compared(greet, 3, store=tmp_path / "one.sqlite")
    one.rating("Ana").rate(4)
    compared(greet, 3, store=tmp_path / "two.sqlite")
    flow.merge_comparisons(tmp_path / "one.sqlite", store=tmp_path / "two.sqlite")
    assert compared(greet, 3, store=tmp_path / "two.sqlite").ratings().by == one.ratings().by
