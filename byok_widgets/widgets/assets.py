"""The page's code: built from `byok_widgets/js`, sent once per kernel, and referenced by every widget."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import ipywidgets
import traitlets

from byok_widgets.widgets.marimo import in_marimo
from byok_widgets.widgets.pulse import PULSE

_BUILT = Path(__file__).parents[1] / "js" / "widgets" / "built"
_lock = threading.Lock()


@cache
def built(name: str) -> str:
    """Return a built file: `widgets.js`, `widgets.css` or `loader.js`."""
    return (_BUILT / name).read_text(encoding="utf-8")


class KernelState(ipywidgets.Widget):  # type: ignore[misc]
    """State that the kernel writes and pages show.

    Any client of the kernel can send an update. One that named another key to encrypt for, or other code to run,
    would be passed on to all other pages, so all but `from_page` is refused, and set right where it was changed.
    """

    from_page: ClassVar[frozenset[str]] = frozenset()
    """Names of the traits that a page may set."""

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page may set from its update, and answer the rest with what holds."""
        taken = {name: value for name, value in sync_data.items() if self._takes(name, value)}
        refused = set(sync_data) - set(taken)
        if taken:
            super().set_state(taken)
        if refused & set(self.keys):
            self.send_state(refused & set(self.keys))

    def _takes(self, name: str, value: object) -> bool:
        """Whether a page may set this. What has the wrong type must not be echoed, nor quoted by an error."""
        if name not in self.from_page:
            return False
        try:
            self.traits()[name].validate(self, value)
        except traitlets.TraitError:
            return False
        return True


class PageCode(KernelState):
    """The code and the style sheet of all widgets. It has no view: the widgets refer to it.

    Attributes:
        script: An ES module with the views of all widgets.
        style: Their style sheet.
    """

    script = traitlets.Unicode("").tag(sync=True)
    style = traitlets.Unicode("").tag(sync=True)

    _shared: PageCode | None = None

    @classmethod
    def shared(cls) -> PageCode:
        """Return this kernel's instance; a new one if it was closed."""
        with _lock:
            if cls._shared is None or cls._shared.comm is None:
                cls._shared = cls(script=built("widgets.js"), style=built("widgets.css"))
            return cls._shared

    def __repr__(self) -> str:
        return "PageCode()"


class PageWidget(KernelState, anywidget.AnyWidget):
    """A widget that is rendered by one of the views in the shared code.

    Attributes:
        view: Name of the view.
        page_code: The model that holds the code; `None` if the frontend cannot refer to other models.
    """

    _esm = built("loader.js")

    view = traitlets.Unicode("").tag(sync=True)
    page_code = traitlets.Instance(PageCode, allow_none=True).tag(sync=True, **ipywidgets.widget_serialization)

    def __init__(self, **traits: Any) -> None:
        if in_marimo():  # it has no models other than a widget's own, and deduplicates code itself
            self._esm, self._css = built("widgets.js"), built("widgets.css")
        else:
            traits["page_code"] = PageCode.shared()
        super().__init__(**traits)
        self.on_msg(_answer_ping)


def _answer_ping(widget: PageWidget, content: Any, _buffers: object) -> None:
    if isinstance(content, Mapping) and content.get("kind") == "ping":
        PULSE.keep(widget)
