"""`Board`: a comparison while it runs and afterwards, with its cells to look into.

Nothing of it is in a trait, so it is in no widget state and no saved notebook. A view that appears, also after the
page was loaded again, asks for everything; after that it hears what has changed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_args

import traitlets

from byok_widgets.compare.results.case_order import Order
from byok_widgets.compare.running.outlook import Pace
from byok_widgets.display.sanitize import sanitize
from byok_widgets.engine import DaemonExecutor, clock
from byok_widgets.engine.home_thread import call_logged
from byok_widgets.widgets import assets
from byok_widgets.widgets.audience import Mode
from byok_widgets.widgets.board import board_messages, cell_detail
from byok_widgets.widgets.board.rating_by_hand import RatingByHand
from byok_widgets.widgets.board.updates import UPDATES
from byok_widgets.widgets.saved_form import SavedForm

if TYPE_CHECKING:
    from byok_widgets.compare.comparison import Comparison
    from byok_widgets.widgets.page_messages.board import BoardMessage, BoardView

_PAGES = DaemonExecutor("byok-pages", 1)
"""Looks up pages of cases: neither the kernel nor the updates of a run wait for it."""

ROWS_PAUSE_S = 0.5
"""Minimum time between two states of the rows, in seconds."""
SHARE = 80
"""Pause before something is computed again, as a multiple of the time that it took."""
SAVED_PAUSE_S = 15.0
"""Minimum time between two saved forms of a comparison that runs, in seconds."""

# A browser's tab has no threads, and does not tell their time.
_processor_time: Callable[[], float] = getattr(time, "thread_time", time.process_time)


class Board(assets.PageWidget):
    """The board of one comparison.

    Attributes:
        title: What is compared; all else goes by messages.
        saved_form: The class that marks the output with the static form: the page hides it while the board lives.
    """

    view = traitlets.Unicode("board").tag(sync=True)

    title = traitlets.Unicode("").tag(sync=True)
    saved_form = traitlets.Unicode("").tag(sync=True)

    def __init__(self, comparison: Comparison, *, mode: Mode = "visitor") -> None:
        """Show a comparison to its owner, or to visitors, who neither stop nor rate it, nor see what was asked."""
        self._comparison, self._mode = comparison, mode
        self._pace = Pace()
        self._is_new = False
        self._told = self._told_scored = 0
        self._left = ""
        self._on_pages: set[int] = set()
        self._rows_owed, self._rows_at, self._cells_at, self._saved_at = False, 0.0, 0.0, 0.0
        self._actions: Mapping[object, Callable[[Mapping[str, Any]], None]] = {
            "hello": lambda _: self._greet(),
            "page": self._look_up,
            "stop": self._stop,
            "cell": self._tell_cell,
            "rate": RatingByHand(comparison, self._tell, mode=mode).receive,
            "saved_output": lambda _: self._tell({"kind": "saved_output", "output": self._saved_form.output()}),
        }
        name = f"byok-saved-{secrets.token_hex(8)}"
        self._saved_form = SavedForm(name, self._static, lambda mark: self._tell({"kind": "saved", "mark": mark}))
        super().__init__(title=board_messages.shown(comparison.headline), saved_form=name)
        self.on_msg(self._receive)
        self._end_observing = comparison.observe(self._on_change)

    def __repr__(self) -> str:
        return f"Board({self.title!r})"

    def _ipython_display_(self) -> None:
        sentence = f"{self.title}. Run this cell in a notebook to compare."
        self._saved_form.show(self._view_bundle, sentence)

    def close(self) -> None:
        """Close it; the comparison continues."""
        self._end_observing()
        super().close()

    def _view_bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle: Any = super()._repr_mimebundle_() or {}
        return bundle if isinstance(bundle, tuple) else (bundle, {})

    def _static(self) -> dict[str, str]:
        return {
            "text/plain": sanitize(repr(self._comparison)),
            "text/html": sanitize(self._comparison._repr_html_()),
        }

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        message = content if isinstance(content, Mapping) else {}
        kind = message.get("kind")
        act = self._actions.get(kind) if isinstance(kind, str) else None
        if act:
            act(message)

    def _stop(self, _message: Mapping[str, Any]) -> None:
        if self._mode == "owner":  # visitors are shown no button for it
            self._comparison.stop()

    def _greet(self) -> None:
        self._is_new = True
        UPDATES.ask(self._tell_next)

    def _on_change(self) -> None:
        """Note a change; called on the engine's loop."""
        self._rows_owed = True
        UPDATES.ask(self._tell_next)

    def _tell_next(self) -> bool:
        """Tell at most one message of what has changed; whether there is more to tell."""
        results = self._comparison.results
        self._pace.note(clock(), len(results))
        if self._is_new or results.scored != self._told_scored:
            self._tell_all()
        elif self._rows_owed and self._is_due(self._rows_at):
            self._tell_rows()
        elif results.added > self._told and self._is_due(self._cells_at):
            self._cells_at = clock() + SHARE * _seconds(self._tell_cells)
        self._follow()
        return self._rows_owed or self._is_new or results.added > self._told

    def _is_due(self, at: float) -> bool:
        return clock() >= at or not self._comparison.running

    def _tell_all(self) -> None:
        """Tell what is compared; a view then asks for its page, and the rows follow."""
        self._is_new, self._rows_owed, self._rows_at = False, True, 0.0
        results = self._comparison.results
        self._told_scored, self._told = results.scored, results.added
        self._tell(board_messages.everything(self._comparison, self._left, mode=self._mode))

    def _look_up(self, message: Mapping[str, Any]) -> None:
        order, apart, start, count = (message.get(name) for name in ("order", "apart", "start", "count"))
        is_view = order in get_args(Order) and type(apart) is bool
        if is_view and type(start) is int and type(count) is int and start >= 0 and count > 0:
            view: BoardView = {"order": order, "apart": apart, "start": start}  # type: ignore[typeddict-item]
            _PAGES.submit(call_logged, lambda: self._tell_page(view, min(count, board_messages.MOST_CASES)))

    def _tell_page(self, view: BoardView, count: int) -> None:
        order, apart, start = view["order"], view["apart"], view["start"]
        cases = self._comparison.results.order
        shown, chosen = cases.numbers(order, apart=apart, start=start, count=count)
        self._on_pages.update(shown)  # before its cells are looked up: what ends meanwhile is sent
        self._tell(board_messages.page(self._comparison, view, shown, chosen))

    def _tell_cells(self) -> None:
        self._tell({"kind": "cells", "cells": self._new_cells(), "progress": self._progress()})

    def _tell_rows(self) -> None:
        self._rows_owed = False
        self._rows_at = clock() + max(ROWS_PAUSE_S, SHARE * _seconds(self._tell_cells_and_rows))

    def _tell_cells_and_rows(self) -> None:
        """Tell the rows, and before them the cells that they rest on."""
        rows = board_messages.rows(self._comparison, self._pace)
        self._left = rows["progress"]["left"]  # working it out takes long, so cells are sent with what it was then
        if self._comparison.results.added > self._told:
            self._tell_cells()
        self._tell(rows)

    def _new_cells(self) -> list[Any]:
        """Return the cells that are new, as far as a page has them."""
        results = self._comparison.results
        added = results.added_since(self._told)
        self._told += len(added)
        at = {variant.id: number for number, variant in enumerate(self._comparison.variants)}
        places = ((results.order.number_of(case), at[variant]) for variant, case, _ in added)
        return board_messages.cells(self._comparison, (place for place in places if place[0] in self._on_pages))

    def _progress(self) -> Any:
        return board_messages.progress(self._comparison, self._left)

    def _follow(self) -> None:
        """Bring the saved form up to date: now and then while it runs, and at the end."""
        if self._comparison.running and clock() < self._saved_at:
            return
        took = _seconds(lambda: self._saved_form.follow(self._static()))
        self._saved_at = clock() + max(SAVED_PAUSE_S, SHARE * took)

    def _tell_cell(self, message: Mapping[str, Any]) -> None:
        case, variant, repeat = (message.get(name) for name in ("case", "variant", "repeat"))
        if type(case) is int and type(variant) is int and type(repeat) is int:
            found = cell_detail.detail(self._comparison, case, variant, repeat)
            if found is not None:
                self._tell(found if self._mode == "owner" else {**found, "request": []})

    def _tell(self, message: BoardMessage) -> None:
        self.send(message)


def _seconds(act: Callable[[], None]) -> float:
    """Call `act` and return the processor time that it took."""
    began = _processor_time()
    act()
    return _processor_time() - began
