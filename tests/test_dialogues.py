"""Real dialogues through an extraction node on both local models: each a valid result, or our own error.

The dialogues are no part of the project; where their folder is absent the test is skipped. Slot F1 and exact
dialogues are printed before and after what nobody said is refused, with precision and recall of the marks, for
each part of the dialogues and for all so far. That refusing costs nothing is a condition; how well the models read
is not: they are small, and the figures are theirs.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from byok_widgets import Extraction, ExtractionError, Flow, ProviderError
from tests.conftest import FIGURES
from tests.local_model import require_model

DATA = Path(__file__).parents[1].parent / "shared" / "data"
CASES = DATA / "dialogues.jsonl"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.model,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not CASES.is_file(), reason="the dialogues are not beside the project"),
]


PARTS = 12
_so_far: dict[tuple[str, int], list[Counter[str]]] = {}
"""Before, after and marks of the parts that have run, by model and number of examples."""


def _cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]


def _schema(domain: str) -> dict[str, Any]:
    return json.loads((DATA / "slot_schemas" / f"{domain}.schema.json").read_text(encoding="utf-8"))


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return " ".join(value.casefold().split()) == " ".join(wanted.casefold().split())
    return type(value) is type(wanted) and value == wanted


def _is_right(case: dict[str, Any], name: str, value: Any) -> bool:
    wanted = case["gold"].get(name)
    accepted = [wanted, *case.get("gold_alternatives", {}).get(name, [])] if wanted is not None else []
    return any(_same(value, one) for one in accepted)


def _count(case: dict[str, Any], values: dict[str, Any]) -> Counter[str]:
    given = {name: value for name, value in values.items() if value is not None}
    right = sum(_is_right(case, name, value) for name, value in given.items())
    is_exact = right == len(given) == len(case["gold"])
    return Counter(right=right, given=len(given), wanted=len(case["gold"]), exact=is_exact)


def _marks(case: dict[str, Any], result: Extraction) -> Counter[str]:
    """Count the values that are marked as not said, and those that are wrong."""
    stated = {name: value for name, value in _as_written(result).items() if value is not None}
    wrong = {name for name, value in stated.items() if not _is_right(case, name, value)}
    marked = {name for name in stated if result.status[name] == "ungrounded"}
    return Counter(marked=len(marked), wrong=len(wrong), both=len(marked & wrong))


def _as_written(result: Extraction) -> dict[str, Any]:
    return {**result.values, **result.rejected}


def _f1(counts: Counter[str]) -> float:
    return 2 * counts["right"] / max(1, counts["given"] + counts["wanted"])


def _in_words(counts: Counter[str]) -> str:
    precision = counts["right"] / max(1, counts["given"])
    recall = counts["right"] / max(1, counts["wanted"])
    return f"F1 {_f1(counts):.3f} (precision {precision:.3f}, recall {recall:.3f}), exact {counts['exact']}"


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    ("model", "examples"),
    [("smollm2-135m", 0), ("smollm2-135m", 2), ("qwen2.5-coder-0.5b", 0), ("qwen2.5-coder-0.5b", 2)],
)
def test_each_dialogue_gives_a_result_or_our_error(
    model: str, examples: int, part: int, record_property: Callable[[str, object], None]
) -> None:
    require_model(model)
    flow = Flow(f"dialogues on {model}, {examples}", fresh=True)
    flow.model = f"local:{model}"
    schemas = {case["domain"]: _schema(case["domain"]) for case in _cases()}
    nodes = {domain: flow.extraction(domain, schema, max_tokens=256) for domain, schema in schemas.items()}
    asked = []
    for case in _cases():
        if len(nodes[case["domain"]].examples) < examples:
            nodes[case["domain"]].teach(case["turns"], case["gold"])
        else:
            asked.append(case)
    before, after, marks, errors = Counter[str](), Counter[str](), Counter[str](), []
    for case in asked[part::PARTS]:
        try:
            result = nodes[case["domain"]].run(case["turns"], deadline_s=600)
        except (ExtractionError, ProviderError) as error:
            errors.append(f"{case['id']}: {error.kind}: {error.problem}")
            before["wanted"] += len(case["gold"])
            after["wanted"] += len(case["gold"])
            continue
        assert isinstance(result, Extraction)
        jsonschema.validate(dict(result.values), schemas[case["domain"]])
        assert set(result.values) == set(schemas[case["domain"]]["properties"])
        before += _count(case, _as_written(result))
        after += _count(case, dict(result.values))
        marks += _marks(case, result)
        marks["dialogues"] += 1
        marks["repaired"] += "asked twice" in " ".join(result.reply.notices)
    known = _so_far.setdefault((model, examples), [Counter[str](), Counter[str](), Counter[str]()])
    known[:] = [one + other for one, other in zip(known, (before, after, marks), strict=True)]
    lines = [
        f"{model}, {examples} examples, part {part + 1} of {PARTS}: {_figures(before, after, marks)}",
        f"  so far: {_figures(*known)}",
        *(f"  {error}" for error in errors),
    ]
    record_property(FIGURES, "\n".join(lines))
    assert not errors
    assert _f1(after) >= _f1(before)


def _figures(before: Counter[str], after: Counter[str], marks: Counter[str]) -> str:
    precision, recall = marks["both"] / max(1, marks["marked"]), marks["both"] / max(1, marks["wrong"])
    return (
        f"{marks['dialogues']} dialogues, {marks['repaired']} repaired: {_in_words(before)}; "
        f"without what nobody said {_in_words(after)}; "
        f"not said: precision {precision:.3f}, recall of wrong values {recall:.3f}"
    )
