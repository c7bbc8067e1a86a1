"""`ModelField`: a field for a model id, with a search in the browser; `ModelRows`: the models, held once.

What is typed stays in the browser until it is chosen; then it arrives as one custom message. It is in no trait, so
an API key that is pasted by mistake is in no widget state and reaches no other client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ByokError
from byok_widgets.misplaced_keys import reject_key
from byok_widgets.secrets import redact
from byok_widgets.secrets.detection import key_patterns
from byok_widgets.widgets import assets
from byok_widgets.widgets.page_input import field_text
from byok_widgets.widgets.panel.text_field import error_text

if TYPE_CHECKING:
    from byok_widgets.widgets.page_messages.model_field import ModelAnswer, ModelOutcome

_FAILED = "Not set: that did not work. What you typed is still here."


class ModelRows(assets.KernelState):
    """The models that the fields of one panel offer. It has no view: the fields refer to it.

    Attributes:
        rows: For each model its id, its display name, a line of facts about it, and when it ends.
        provider: Name of the provider whose ids they are.
        key_patterns: Patterns of API keys: the page sends no text that matches one.
    """

    rows: traitlets.List[list[str]] = traitlets.List().tag(sync=True)
    provider = traitlets.Unicode("").tag(sync=True)
    key_patterns: traitlets.List[str] = traitlets.List().tag(sync=True)

    @traitlets.default("key_patterns")
    def _known_key_patterns(self) -> list[str]:
        return key_patterns()

    def __repr__(self) -> str:
        return "ModelRows()"


class ModelField(assets.PageWidget):
    """A text field with a list of models: any id can be typed, and those in the list can be searched and picked.

    `on_choose` is called with what the user chose: a stripped string that is not an API key; empty for none. If it
    raises a `ByokError`, that is shown below the field, and what was typed stays. Afterwards set `value` to the
    current model; a user who is typing at that moment keeps what was typed.

    Attributes:
        description: Text of the label.
        placeholder: Text shown in the empty field.
        value: The model that is set. Written here; the browser only shows it.
        rows: The models on offer.
        problem: Why the last choice was not set; empty when all is well. It ends when `value` changes.
        note: A line below the field, read out when it changes, such as where the list comes from.
        note_at: The moment that `{at}` in the note stands for (ISO 8601).
        action: Text of a button beside the note; empty for none.
    """

    view = traitlets.Unicode("model_field").tag(sync=True)

    description = traitlets.Unicode("").tag(sync=True)
    placeholder = traitlets.Unicode("").tag(sync=True)
    value = traitlets.Unicode("").tag(sync=True)
    rows = traitlets.Instance(ModelRows).tag(sync=True, **ipywidgets.widget_serialization)
    problem = traitlets.Unicode("").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    note_at = traitlets.Unicode("").tag(sync=True)
    action = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        on_choose: Callable[[str], None],
        rows: ModelRows,
        *,
        on_action: Callable[[], None] | None = None,
        **texts: str,
    ) -> None:
        """Offer `rows`; `on_action` is called when the button next to the note is pressed."""
        super().__init__(rows=rows, **texts)
        self._on_choose, self._on_action = on_choose, on_action
        self.observe(lambda _: self.set_trait("problem", ""), "value")
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return f"ModelField({self.description!r})"

    def _receive(self, _widget: object, content: Any, _buffers: Sequence[Any]) -> None:
        kind = content.get("kind") if isinstance(content, Mapping) else None
        if kind == "choose":
            outcome = self._choose(content)
            answer: ModelAnswer = {"kind": "answer", "id": str(content.get("id"))[:32], **outcome}
            self.send(answer)
        elif kind == "action" and self._on_action:
            self._on_action()

    def _choose(self, content: Mapping[str, Any]) -> ModelOutcome:
        """Pass on a choice and return the outcome. No other exception escapes: its frames would contain it."""
        try:
            text = field_text(content, "value").strip()
            reject_key(text)
            self.problem = ""
            self._on_choose(text)
        except ByokError as fault:
            self.problem = redact(sanitize(f"Not set: {error_text(fault)}"))
            return {"outcome": "misplaced" if fault.kind == "misplaced_key" else "refused", "reason": fault.kind}
        except Exception:  # noqa: BLE001 - its text could contain what was typed
            self.problem = _FAILED
            return {"outcome": "refused", "reason": "failed"}
        return {"outcome": "taken"}
