"""Real dialogues through an extraction node on both local models: each a valid result, or our own error.

The dialogues are no part of the project; where their folder is absent the test is skipped. Slot F1 is printed and
is no condition: the models are small, and the figures are theirs.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from byok_widgets import Extraction, ExtractionError, Flow, ProviderError
from tests.local_model import require_model

DATA = Path(__file__).parents[1].parent / "shared" / "data"
CASES = DATA / "dialogues.jsonl"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.model,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not CASES.is_file(), reason="the dialogues are not beside the project"),
]


def _cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]


def _schema(domain: str) -> dict[str, Any]:
    return json.loads((DATA / "slot_schemas" / f"{domain}.schema.json").read_text(encoding="utf-8"))


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return " ".join(value.casefold().split()) == " ".join(wanted.casefold().split())
    return type(value) is type(wanted) and value == wanted


def _count(case: dict[str, Any], values: dict[str, Any]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, value in values.items():
        wanted = case["gold"].get(name)
        accepted = [wanted, *case.get("gold_alternatives", {}).get(name, [])] if wanted is not None else []
        counts["right"] += value is not None and any(_same(value, one) for one in accepted)
        counts["given"] += value is not None
        counts["wanted"] += wanted is not None
    return counts


def _f1(counts: Counter[str]) -> str:
    precision = counts["right"] / max(1, counts["given"])
    recall = counts["right"] / max(1, counts["wanted"])
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"precision {precision:.2f}, recall {recall:.2f}, F1 {f1:.2f}"


@pytest.mark.parametrize("model", ["smollm2-135m", "qwen2.5-coder-0.5b"])
def test_each_dialogue_gives_a_result_or_our_error(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    require_model(model)
    flow = Flow(f"dialogues on {model}")
    flow.model = f"local:{model}"
    schemas = {case["domain"]: _schema(case["domain"]) for case in _cases()}
    nodes = {domain: flow.extraction(domain, schema, max_tokens=256) for domain, schema in schemas.items()}
    plain, grounded, errors, repairs = Counter[str](), Counter[str](), [], 0
    for case in _cases():
        try:
            result = nodes[case["domain"]].run(case["turns"], deadline_s=600)
        except (ExtractionError, ProviderError) as error:
            errors.append(f"{case['id']}: {error.kind}: {error.problem}")
            plain["wanted"] += len(case["gold"])
            grounded["wanted"] += len(case["gold"])
            continue
        assert isinstance(result, Extraction)
        jsonschema.validate(dict(result.values), schemas[case["domain"]])
        assert set(result.values) == set(schemas[case["domain"]]["properties"])
        repairs += "asked twice" in " ".join(result.reply.notices)
        plain += _count(case, dict(result.values))
        sure = {name: value for name, value in result.values.items() if result.status[name] == "found"}
        grounded += _count(case, {**dict.fromkeys(result.values), **sure})
    with capsys.disabled():
        print(f"\n{model}: {_f1(plain)}; without ungrounded values {_f1(grounded)}")
        print(f"{len(_cases())} dialogues, {len(errors)} errors, {repairs} repaired", *errors, sep="\n  ")
    assert len(errors) <= len(_cases()) // 5
