"""Text fields. A key that is pasted into one by mistake goes to this kernel and no further."""

from __future__ import annotations

from typing import Any

import ipywidgets
import traitlets

from byok_widgets.errors import ByokError


def _private() -> Any:
    return traitlets.Unicode("").tag(sync=True, echo_update=False)  # no echo to the other clients of the kernel


class TextField(ipywidgets.Text):  # type: ignore[misc]
    """A line of text, sent when typing is finished."""

    value = _private()

    def __init__(self, **options: Any) -> None:
        super().__init__(continuous_update=False, **options)


def error_text(fault: ByokError) -> str:
    """Return an error in words: what is wrong and, on a line of its own, what to do."""
    return "\n".join(filter(None, (fault.problem, fault.fix)))
