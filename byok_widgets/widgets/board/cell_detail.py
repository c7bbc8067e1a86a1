"""One cell of the board, opened: what was asked, what came, and what was expected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from byok_widgets.compare.results.figures import percent, seconds
from byok_widgets.compare.tasks.told_checks import told_checks
from byok_widgets.display.reading_order import in_order
from byok_widgets.display.value_words import quoted
from byok_widgets.widgets.board.board_messages import shown

if TYPE_CHECKING:
    from byok_widgets.cases.case import Case
    from byok_widgets.compare.cells.result_cell import ResultCell
    from byok_widgets.compare.comparison import Comparison
    from byok_widgets.widgets.page_messages.board import BoardCheck, BoardDetail, BoardTurn, BoardUtterance
    from byok_widgets.widgets.page_messages.chat import RequestPart

_BY = {"user": "caller", "assistant": "flow"}


def detail(comparison: Comparison, case_at: int, variant_at: int, repeat: int) -> BoardDetail | None:
    """Return what is shown of a cell; `None` where there is no such place."""
    results = comparison.results
    if not (0 <= case_at < len(results.cases) and 0 <= variant_at < len(results.variants)):
        return None
    case, variant = results.cases[case_at], results.variants[variant_at]
    cell, score = results.cell(variant, case, repeat), results.score(variant, case, repeat)
    output = {} if cell is None else cell.output
    return {
        "kind": "cell",
        "case": case_at,
        "variant": variant_at,
        "repeat": repeat,
        "said": said_in(case),
        "status": "" if cell is None else cell.status,
        "message": "" if cell is None else shown(cell.message),
        "score": "" if score is None else percent(score),
        "answer": shown(str(output.get("text") or "")),
        "reasoning": shown(str(output.get("reasoning") or "")),
        "checks": _checks(case, cell),
        "turns": _turns(comparison, case, cell),
        "request": [] if cell is None else _request(cell.request),
        "facts": "" if cell is None else _facts(cell),
    }


def said_in(case: Case) -> list[BoardUtterance]:
    """Return what is said in a case."""
    if case.transcript:
        return [
            {"by": _BY.get(message.role, message.role), "text": shown(message.content)}
            for message in case.transcript
        ]
    said = (case.simulated.said,) if case.simulated else case.caller or (case.text,)
    return [{"by": "caller", "text": shown(text)} for text in said]


def _checks(case: Case, cell: ResultCell | None) -> list[BoardCheck]:
    return [
        {
            "name": shown(check.name),
            "expected": shown(quoted(check.expected)),
            "found": shown(quoted(check.found)),
            "holds": check.holds,
        }
        for check in told_checks(case, cell)
    ]


def _turns(comparison: Comparison, case: Case, cell: ResultCell | None) -> list[BoardTurn]:
    """Return the turns of a cell, with what is to be told of them, such as a parting from the baseline."""
    turns = list(cell.output.get("turns") or ()) if cell else []
    notes = comparison.turn_notes(case, cell) if cell and turns else {}
    return [_turn(turn, notes.get(turn["number"], "")) for turn in turns]


def _turn(turn: Mapping[str, Any], note: str) -> BoardTurn:
    learned = [f"{name} = {quoted(value)}" for _, found in turn["learned"] for name, value in found.items()]
    return {
        "said": shown(turn["said"] or ""),
        "reply": shown(turn["reply"]),
        "path": shown(in_order(turn["path"])),
        "learned": shown(", ".join(learned)),
        "apart": shown(note) if note else "",
    }


def _request(request: Mapping[str, Any]) -> list[RequestPart]:
    if not request:
        return []
    settings = ", ".join(f"{name}={value!r}" for name, value in request["settings"].items())
    schema = json.dumps(request["schema"], ensure_ascii=False, indent=2) if request["schema"] else ""
    parts = [("system", request["system"]), *((role, text) for role, text in request["messages"])]
    parts += [(f"schema ({request['mode']})", schema), ("settings", settings)]
    return [{"name": shown(name), "text": shown(text)} for name, text in parts if text]


def _facts(cell: ResultCell) -> str:
    tokens = [
        f"{count:,} tokens {which}"
        for count, which in ((cell.input_tokens, "in"), (cell.output_tokens, "out"))
        if count is not None
    ]
    money = "not priced" if cell.usd is None else f"${cell.usd:.6f}" if cell.usd else "free"
    times = [f"first token {seconds(cell.first_token_s)}", f"total {seconds(cell.total_s)}"]
    times += [f"own wait {seconds(cell.wait_s)}"] if cell.wait_s >= 0.01 else []
    again = [f"{cell.retries} retries"] if cell.retries else []
    return shown(" · ".join([cell.model, *times, *tokens, money, *again]))
