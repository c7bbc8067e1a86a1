"""The panel's troubleshooting section: what `flow.check()` finds, each with a button that fixes it.

The check runs in the background, since it may have to wait for a keyring. Nothing is changed without a click.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import traitlets

from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ByokError
from byok_widgets.findings import Finding
from byok_widgets.secrets import redact
from byok_widgets.widgets import assets
from byok_widgets.widgets.background import PANEL_WORK, start
from byok_widgets.widgets.panel import quick_fixes, troubleshooting_messages, visitor
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.text_field import error_text

if TYPE_CHECKING:
    from byok_widgets.diagnostics.check import Check
    from byok_widgets.widgets.page_messages.troubleshooting import (
        CheckState,
        FindingFacts,
        Focus,
        TroubleshootingAnswer,
        TroubleshootingFacts,
    )
    from byok_widgets.widgets.panel.key_section import KeySection
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_FAILED = "That did not work, and nothing was changed."
_TOGETHER_S = 0.25  # changes within this time are checked together: a cell may create a hundred nodes


class Troubleshooting(assets.PageWidget):
    """What should be fixed in a flow, and what most often goes wrong with its provider.

    Attributes:
        facts: `state`, which is `"unchecked"`, `"checking"`, `"failed"` or `"checked"`; `said`, what the last
            check found, in words; `count`, the same for the summary, empty before the first check; `note`;
            `findings`, each with an `id`, its `kind`, `level`, `problem` and `fix`, and what fixes it: `by` and
            `argument` as in a `Fix`, and a `button` or `code`; and the `rows` of `troubleshooting_messages`.
    """

    view = traitlets.Unicode("troubleshooting").tag(sync=True)

    facts = traitlets.Dict().tag(sync=True)

    def __init__(self, flow: PanelFlow, key: KeySection) -> None:
        self._flow, self._key = flow, key
        self._lock = threading.RLock()
        self._asked = 0  # how often a check was requested
        self._running = False
        self._pressed = False  # the user is waiting for the result
        self._found: Check | None = None
        self._failed = False
        self._numbers = count(1)
        self._ids: dict[Finding, str] = {}
        super().__init__()
        self.on_msg(self._receive)
        key.view.observe(lambda _: self._paint(), ["has_key", "can_check"])

    def __repr__(self) -> str:
        return "Troubleshooting()"

    def refresh(self) -> None:
        """Show the flow's current settings, and check them again if they were checked before."""
        if self._found is not None:
            self._check()
        self._paint()

    def _check(self, *, pressed: bool = False) -> None:
        with self._lock:
            self._asked += 1
            self._pressed |= pressed
            if self._running:
                return
            self._running = True
        start(self._look())

    async def _look(self) -> None:
        """Check until no check was requested in the meantime."""
        while True:
            if not self._pressed:
                await asyncio.sleep(_TOGETHER_S)
            asked = self._asked
            found = await PANEL_WORK.run(self._looked)
            with self._lock:
                self._found, self._failed = self._found if found is None else found, found is None
                self._running = again = asked != self._asked
                self._pressed &= again
            self._paint()
            if not again:
                return

    def _looked(self) -> Check | None:
        try:
            return self._flow.check()
        except Exception:  # noqa: BLE001 - a cell may be in the middle of building the flow
            return None

    def _paint(self) -> None:
        with self._lock:
            if self.comm is None:  # closed in the meantime
                return
            findings = [finding for finding in self._found or () if visitor.hears_of(self._flow, finding)]
            suggestions = self._found.suggestions if self._found is not None else ()
            shown = [*findings, *(finding for finding in suggestions if visitor.hears_of(self._flow, finding))]
            self._ids = {known: self._ids.get(known) or f"f{next(self._numbers)}" for known in shown}
            target, key = EndpointTarget.of(self._flow), self._key.view
            unchecked = "" if self._found is None else self._found.note
            counted = "" if self._found is None else troubleshooting_messages.count(len(findings))
            facts: TroubleshootingFacts = {
                "state": self._state(),
                "said": self._said(counted),
                "count": counted,
                "note": f"{troubleshooting_messages.FREE} {unchecked}".strip(),
                "findings": [self._shown(finding) for finding in shown],
                "rows": troubleshooting_messages.rows(
                    target, self._flow.model, has_key=key.has_key, can_check=key.can_check
                ),
            }
            self.facts = dict(facts)

    def _state(self) -> CheckState:
        if self._pressed:
            return "checking"
        if self._failed:
            return "failed"
        return "unchecked" if self._found is None else "checked"

    def _said(self, counted: str) -> str:
        words = {"checking": troubleshooting_messages.CHECKING, "failed": troubleshooting_messages.NOT_FINISHED}
        return words.get(self._state(), f"{counted[:1].upper()}{counted[1:]}." if counted else "")

    def _shown(self, finding: Finding) -> FindingFacts:
        by = finding.by
        button = quick_fixes.button(by, self._flow) if by else ""
        code = sanitize(by.argument) if by and by.kind == "paste" else ""
        return {
            "id": self._ids[finding],
            "kind": finding.kind,
            "level": finding.level,
            "problem": redact(sanitize(finding.problem)),
            "fix": "" if button else redact(sanitize(finding.fix)),
            "by": by.kind if by else "",
            "argument": sanitize(by.argument) if by else "",
            "button": sanitize(button),
            "code": code,
            "dots": "..." in code,
        }

    def _receive(self, _widget: object, content: Any, _buffers: Sequence[Any]) -> None:
        if not isinstance(content, Mapping):
            return
        request = str(content.get("id"))[:32]
        text, focus = self._act(content)
        where: Focus = {**focus, "name": sanitize(focus["name"])} if "name" in focus else focus
        answer: TroubleshootingAnswer = {
            "kind": "answer",
            "id": request,
            "text": redact(sanitize(text)),
            "focus": where,
        }
        self.send(answer)

    def _act(self, content: Mapping[str, Any]) -> tuple[str, Focus]:
        """Handle a message; return what to say and where the focus goes next."""
        kind = content.get("kind")
        try:
            if kind == "check":
                self._check(pressed=True)
                self._paint()
            elif kind == "check_key":
                self._key.check(EndpointTarget.of(self._flow).name)
                return troubleshooting_messages.CHECKING_KEY, {"field": "key"}
            elif kind == "apply_fix":
                known = {number: finding for finding, number in self._ids.items()}
                finding = known.get(str(content.get("finding")))
                return (
                    quick_fixes.apply(finding, self._flow) if finding else (troubleshooting_messages.CHANGED, {})
                )
        except ByokError as fault:
            return error_text(fault), {}
        except Exception:  # noqa: BLE001 - a click must not end in a traceback that nobody sees
            return _FAILED, {}
        return "", {}
