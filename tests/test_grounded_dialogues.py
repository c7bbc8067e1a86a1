"""Grounding on real dialogues: right values are said, values of other dialogues are not. No model is asked.

The dialogues are no part of the project; where their folder is absent the test is skipped.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from byok_widgets.grounding.dialogue import Dialogue, Kind
from byok_widgets.messages import Message
from byok_widgets.nodes.extraction.evidence_lookup import look_up
from byok_widgets.nodes.extraction.refusal import Refusal
from byok_widgets.schema import ExtractionSchema

DATA = Path(__file__).parents[1].parent / "shared" / "data"
CASES = DATA / "dialogues.jsonl"

pytestmark = pytest.mark.skipif(not CASES.is_file(), reason="the dialogues are not beside the project")


def _kind(properties: dict[str, Any], name: str, value: Any) -> tuple[Kind, list[Any]]:
    if "enum" in properties[name]:
        return "choice", [member for member in properties[name]["enum"] if member is not None]
    if isinstance(value, bool):
        return "other", []
    return ("number" if isinstance(value, int) else "text"), []


def test_right_values_are_taken_from_a_model_that_invents_values() -> None:
    taken, refused = Counter[str](), Counter[str]()
    refusal = Refusal.of("auto", invents=True)
    assert refusal is not None
    for case in map(json.loads, CASES.read_text(encoding="utf-8").splitlines()):
        definition = json.loads((DATA / "slot_schemas" / f"{case['domain']}.schema.json").read_text("utf-8"))
        dialogue = [Message(turn["role"], turn["content"]) for turn in case["turns"]]
        properties = definition["properties"]
        checked = ExtractionSchema.of(definition).check_answer(
            json.dumps(dict.fromkeys(properties) | case["gold"])
        )
        not_taken = set(refusal.refused(checked.parts, look_up(checked, dialogue)))
        for name, value in case["gold"].items():
            (refused if name in not_taken else taken)[_kind(properties, name, value)[0]] += 1
    assert not refused["text"], "no right text is refused"
    assert refused.total() <= 0.02 * taken.total()


def test_right_values_are_said_and_those_of_other_dialogues_are_not() -> None:
    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    schemas = {
        case["domain"]: json.loads((DATA / "slot_schemas" / f"{case['domain']}.schema.json").read_text("utf-8"))
        for case in cases
    }
    right, wrong = Counter[str](), Counter[str]()
    for case in cases:
        dialogue = Dialogue(Message(turn["role"], turn["content"]) for turn in case["turns"])
        properties = schemas[case["domain"]]["properties"]
        gold, more = case["gold"], case.get("gold_alternatives", {})
        accepted = {name: [value, *more.get(name, [])] for name, value in gold.items()}
        for name, values in accepted.items():
            for value in values:
                kind = _kind(properties, name, value)
                right[f"{kind[0]} {dialogue.look_up(value, *kind).mark}"] += 1
        for other in cases:
            for name, value in other["gold"].items() if other["domain"] == case["domain"] else ():
                known = [str(each).casefold() for each in accepted.get(name, ())]
                if str(value).casefold() not in known:
                    wrong[dialogue.look_up(value, *_kind(properties, name, value)).mark] += 1
    texts = sum(count for mark, count in right.items() if mark.startswith("text"))
    assert right["text ungrounded"] <= 0.02 * texts
    assert wrong["ungrounded"] >= 0.6 * wrong.total()
