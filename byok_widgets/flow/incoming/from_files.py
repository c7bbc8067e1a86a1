"""`FROM_FILES`: settings from flow files that wait until the user adopts them or keeps their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from byok_widgets.flow.incoming.questions import Choice, Question
from byok_widgets.frontend import frontend
from byok_widgets.nodes.flow_context import FlowContext


class SettingsFromFiles:
    """The settings of files that wait for an answer, by the flow that they are meant for."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[FlowContext, str, Callable[[], None]]] = {}

    def ask(self, context: FlowContext, differences: list[str], take: Callable[[], None]) -> None:
        """Add settings that wait, and say so in the running cell."""
        text = f"The file of flow {context.config.name!r} has other settings than are used here: "
        text += f"{'; '.join(differences)}. Yours stay, and no key is used elsewhere, unless you take the file's"
        self._waiting[id(context)] = (context, f"{text}.", take)
        frontend().tell(f"{text}: in the settings panel, or with Flow.load(..., trust=True).")
        context.config.notify("file")

    def forget(self, context: FlowContext) -> None:
        """Remove the settings that wait for a flow."""
        if self._waiting.pop(id(context), None):
            context.config.notify("file")

    def text(self, context: FlowContext) -> str:
        """Return what waits, in words; empty where nothing does."""
        return self._waiting[id(context)][1] if id(context) in self._waiting else ""

    def questions(self, context: FlowContext) -> list[Question]:
        """Return what the person is asked where this flow is shown."""
        if id(context) not in self._waiting:
            return []
        _, text, take = self._waiting[id(context)]
        choices = (
            Choice("Keep mine", partial(self.forget, context)),
            Choice("Use those of the file", partial(self._take, context, take)),
        )
        return [Question("file", text, choices)]

    def _take(self, context: FlowContext, take: Callable[[], None]) -> None:
        take()
        self.forget(context)


FROM_FILES = SettingsFromFiles()
"""The one of this kernel."""
