"""`Judge`: a model that answers the questions of a case about what a variant made of it.

What it says is kept in the cell, with the judge and the reason: scoring again makes no call, another judge or
another question is asked again, and what another judge said does not count.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from byok_widgets.cases.assertions import JUDGED, Question, question_of
from byok_widgets.cases.case import Case
from byok_widgets.cases.checks import questions_of
from byok_widgets.compare.cells.identity import addresses
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.spending.call_gate import USED_UP
from byok_widgets.compare.spending.prices import TYPICAL_WRITTEN, ExpectedCalls
from byok_widgets.config import ResolvedModel
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.hashing import hashed
from byok_widgets.messages import Message
from byok_widgets.nodes.calls.call import Call
from byok_widgets.nodes.calls.structured_output import ask_structured
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS
from byok_widgets.schema import ExtractionSchema, Field

_INSTRUCTIONS = """\
You check the answer of an assistant. You are given a dialogue, the answer, and a question about the answer. Say
whether the answer to the question is yes, and why, in a few words. Judge only what is there."""
_ASKED = "The dialogue:\n{said}\n\nThe answer:\n{answer}{read}\n\nThe question:\n{question}"
_READ = "\n\nValues that were read:\n{values}"
_FIELDS = {"reason": Field(str, "why, in a few words"), "holds": Field(bool, "whether the answer is yes")}
_WORDS = [_INSTRUCTIONS, _ASKED, _READ, [[name, field.description] for name, field in _FIELDS.items()]]
_MOST_WRITTEN = 500
_TYPICAL_CHARS_PER_TOKEN = 4


class Judge:
    """Asks a flow's judge.

    Attributes:
        ref: The model that judges.
        id: What identifies it: the model, where it is asked, and how.
    """

    _settings: ClassVar[Mapping[str, Any]] = {"temperature": 0.0}

    def __init__(self, context: FlowContext) -> None:
        """Take the judge of a flow.

        Raises:
            ConfigError: The flow has none.
        """
        chosen = context.config.judge_model
        if chosen is None:
            raise ConfigError(
                "Cases have questions for a judge, and no model is chosen that answers them.",
                kind="judge",
                fix="Choose one that is none of those compared: flow.judge_model = ...",
            )
        self._context, self._model = context, context.config.ref(chosen)
        self.ref = str(self._model)
        asked = [_WORDS, context.judge_max_tokens, dict(self._settings)]
        self.id = hashed([self.ref, addresses([self.ref], context), asked])[:12]

    def is_due(self, case: Case, cell: ResultCell) -> bool:
        """Whether a question about a cell was not put to this judge yet."""
        return bool(self.due(case, cell))

    def due(self, case: Case, cell: ResultCell) -> list[Question]:
        """Return the questions about a cell that were not put to this judge yet."""
        return self._open(case, cell) if cell.status == "done" else []

    def expected(self, case: Case, questions: int) -> ExpectedCalls:
        """Return what some questions about a case will probably take."""
        said = [_INSTRUCTIONS, _ASKED, case.said, *(message.content for message in case.dialogue)]
        read = len(" ".join(said)) // _TYPICAL_CHARS_PER_TOKEN + TYPICAL_WRITTEN * max(1, case.most_turns)
        return ExpectedCalls((self.ref,), questions, read)

    async def judged(self, case: Case, cell: ResultCell) -> AsyncIterator[ResultCell]:
        """Put the open questions one after another; yields the cell with all answers so far, after each.

        A question that failed has an error in its place.

        Raises:
            ByokError: There is no money left for the next one.
        """
        entries = [entry for entry in cell.output.get(JUDGED) or () if "holds" in entry]
        for question in self._open(case, cell):
            answer = await self._answer(question, case, cell)
            about = {"question": question.text} | ({} if question.turn is None else {"turn": question.turn})
            entries.append({"judge": self.ref, "judge_id": self.id, **about, **answer})
            yield replace(cell, output={**cell.output, JUDGED: [*entries]})

    def seen(self, cell: ResultCell) -> ResultCell:
        """Return a cell with the answers of this judge alone: what another one said does not count."""
        answers = cell.output.get(JUDGED)
        if not answers or all(map(self._is_own, answers)):
            return cell
        return replace(cell, output={**cell.output, JUDGED: [*filter(self._is_own, answers)]})

    def _open(self, case: Case, cell: ResultCell) -> list[Question]:
        known = {
            question_of(entry)
            for entry in cell.output.get(JUDGED) or ()
            if self._is_own(entry) and "holds" in entry
        }
        return [question for question in questions_of(case, cell.output) if question not in known]

    def _is_own(self, entry: Mapping[str, Any]) -> bool:
        return bool(entry.get("judge_id") == self.id)

    async def _answer(self, question: Question, case: Case, cell: ResultCell) -> dict[str, Any]:
        call = Call(
            node="judge",
            resolved=ResolvedModel(self._model, "judge override"),
            system=_INSTRUCTIONS,
            messages=(Message("user", _asked(question, case, cell)),),
            max_tokens=self._context.judge_max_tokens or _MOST_WRITTEN,
            settings={name: value for name, value in self._settings.items() if self._takes(name)},
        )
        try:
            found = await ask_structured(call, _schema(), self._context, on_progress=ignore)
        except ByokError as error:
            if error.kind == USED_UP:
                raise
            return {"error": error.problem}
        values = found.checked.values
        if "holds" in found.checked.problems or values.get("holds") is None:
            return {"error": "The judge gave no answer."}
        return {"holds": bool(values["holds"]), "reason": values.get("reason") or ""}

    def _takes(self, name: str) -> bool:
        provider = PROVIDERS[self._model.provider]
        return name in provider.settings and provider.supports(self._model.model).get(name, ()) is not None


def _schema() -> ExtractionSchema:
    return ExtractionSchema.of(fields=dict(_FIELDS), name="judgement")


def _asked(question: Question, case: Case, cell: ResultCell) -> str:
    turns = _turns_until(cell, question.turn)
    output = cell.output if question.turn is None else {**turns[-1], "text": turns[-1]["reply"]}
    said = _dialogue(case, turns)
    values = {name: value for name, value in (output.get("values") or {}).items() if value is not None}
    read = _READ.format(values=json.dumps(values, ensure_ascii=False)) if values else ""
    return _ASKED.format(said=said, answer=output.get("text") or "", read=read, question=question.text)


def _turns_until(cell: ResultCell, number: int | None) -> list[Mapping[str, Any]]:
    """Return the turns of a conversation up to one of them; none where it was not reached."""
    turns = list(cell.output.get("turns") or ())
    at = next((at for at, turn in enumerate(turns) if turn.get("number") == number), -1)
    return turns if number is None else turns[: at + 1]


def _dialogue(case: Case, turns: Sequence[Mapping[str, Any]]) -> str:
    if turns:
        return "\n".join(f"user: {turn['said'] or ''}\nassistant: {turn['reply']}" for turn in turns)
    return "\n".join(f"{message.role}: {message.content}" for message in case.dialogue) or case.said
