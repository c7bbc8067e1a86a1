"""`PanelHead`: the panel's title, what a person must know, and the questions that are open for the flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ByokError
from byok_widgets.flow.incoming.earlier import EARLIER
from byok_widgets.flow.incoming.from_files import FROM_FILES
from byok_widgets.flow.incoming.other_kernel import sentence
from byok_widgets.flow.incoming.questions import Choice, Question
from byok_widgets.secrets import redact
from byok_widgets.widgets import assets
from byok_widgets.widgets.panel import visitor
from byok_widgets.widgets.panel.text_field import error_text
from byok_widgets.widgets.progress_words import waiting

if TYPE_CHECKING:
    from byok_widgets.widgets.page_messages.panel import PanelHeadMessage, QuestionFacts
    from byok_widgets.widgets.panel.panel_flow import PanelFlow


class PanelHead(assets.PageWidget):
    """The panel's title, notice and questions, and the look of the whole panel.

    Attributes:
        title: The title.
        notice: What a person must know, such as that settings are not saved; empty when all is well.
        note: What this panel is for, where that is not plain, and whether calls are recorded or replayed.
        questions: What the person is asked: each with its `kind`, its `text` and the texts of its `choices`.
    """

    view = traitlets.Unicode("head").tag(sync=True)

    title = traitlets.Unicode("").tag(sync=True)
    notice = traitlets.Unicode("").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    questions: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)

    def __init__(self, flow: PanelFlow, **texts: str) -> None:
        super().__init__(**texts)
        self._flow, self._own_note = flow, self.note
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return "PanelHead()"

    def refresh(self) -> None:
        """Show what there is to know and to decide now."""
        self.notice = redact(sanitize(str(self._flow.config.notice or "")))
        tape = self._flow.context.tape
        told = [redact(sanitize(tape.told))] if tape else []
        own = visitor.NOTE if visitor.is_one(self._flow) else self._own_note
        self.note = " ".join(filter(None, [*told, own]))
        self.questions = [dict(_facts(question)) for question in _questions(self._flow)]

    def tell_wait(self) -> None:
        """Tell what the flow's calls wait for: the page counts the seconds down."""
        message: PanelHeadMessage = {"kind": "wait_over"}
        if wait := self._flow.context.waits.longest:
            text = f"A call of this flow is waiting. {waiting(wait.kind)}"
            message = {"kind": "wait", "text": text, "seconds": wait.wait_s}
        self.send(message)

    def _receive(self, _widget: object, content: Any, _buffers: Sequence[Any]) -> None:
        if not isinstance(content, Mapping) or content.get("kind") != "answer_question":
            return
        asked, answer = content.get("question"), content.get("choice")
        for question in _questions(self._flow):
            for choice in question.choices:
                if (question.kind, sanitize(choice.label)) == (asked, answer):
                    self._do(choice)
                    return
        self.refresh()  # it was answered in another panel meanwhile

    def _do(self, choice: Choice) -> None:
        try:
            choice.act()
        except ByokError as fault:
            self.notice = redact(sanitize(error_text(fault)))
        else:
            self.refresh()


def _questions(flow: PanelFlow) -> list[Question]:
    if visitor.is_one(flow):
        return []
    change = flow.config.elsewhere
    asked = [*FROM_FILES.questions(flow.context), *EARLIER.questions(flow.context)]
    if change is None:
        return asked
    choices = (Choice("Use theirs", flow.config.take_theirs), Choice("Keep mine", flow.config.keep_mine))
    return [Question("elsewhere", sentence(flow.config, change), choices), *asked]


def _facts(question: Question) -> QuestionFacts:
    choices = [sanitize(choice.label) for choice in question.choices]
    return {"kind": question.kind, "text": redact(sanitize(question.text)), "choices": choices}
