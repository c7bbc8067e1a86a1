"""A warning, shown once per cell, that a cell contains an API key.

It reads each cell that is about to run and says where running it writes the key; it blocks and changes nothing,
and shows no part of the key. It can start with the first flow: it needs no UI library, and takes a microsecond for
most cells.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable
from typing import Any

from byok_widgets.display import markup
from byok_widgets.secrets.key_formats import exact_key

_OFF = frozenset({"0", "off", "no", "false"})
_INSTEAD = (
    "Better: delete it there, and paste it once into flow.settings(). Or set an environment variable before "
    "Jupyter starts and enter its name there, like env:MY_API_KEY."
)
_QUIET = "byok_widgets.warn_about_keys(False) turns these notes off."

_guards: weakref.WeakKeyDictionary[Any, KeyLeakWarning] = weakref.WeakKeyDictionary()
_chosen: list[bool] = []


def warn_about_keys(on: bool) -> None:  # noqa: FBT001 - `warn_about_keys(False)` reads well
    """Turn the warnings about keys in cells on or off, in this kernel.

    They are on, unless the environment variable `BYOK_WIDGETS_GUARD` is `0` or `off`. Nothing else depends on it.
    """
    _chosen[:] = [on]


def watch(shell: Any) -> None:
    """Watch the cells of this IPython shell from now on, and check those that have already run."""
    if shell is None or shell in _guards:
        return
    known = _guards[shell] = KeyLeakWarning(shell)
    shell.events.register("pre_run_cell", known.before_run)
    known.look_back()


class KeyLeakWarning:
    """Knows for which cells of a shell the warning was shown; keeps nothing of their text."""

    def __init__(self, shell: Any) -> None:
        self._shell: Any = weakref.ref(shell)
        self._seen: set[object] = set()

    def before_run(self, info: Any) -> None:
        """Read the cell that is about to run."""
        try:
            if _holds_key(info.raw_cell) and self._is_news(info.raw_cell, getattr(info, "cell_id", None)):
                self._tell("this cell", stored=info.store_history)
        except Exception:  # noqa: BLE001, S110 - a warning must not stop a cell, and the traceback would show it
            pass

    def look_back(self) -> None:
        """Read the cells that have run, including the running one."""
        try:
            cells = self._shell().history_manager.input_hist_raw
            numbers = [at for at, cell in enumerate(cells) if _holds_key(cell) and self._is_news(cell, None)]
            if numbers:
                self._tell(" and ".join(f"In [{number}]" for number in numbers), stored=True)
        except Exception:  # noqa: BLE001, S110 - as above
            pass

    def _is_news(self, cell: str, cell_id: object) -> bool:
        names = {hash(cell), cell_id} - {None}
        is_new = self._seen.isdisjoint(names)
        self._seen |= names
        return is_new

    def _tell(self, where: str, *, stored: bool) -> None:
        found = f"There is an API key in {where}. {self._consequence(stored=stored)}".rstrip()
        lines = (found, _INSTEAD, _QUIET)
        self._shell().display_pub.publish({"text/plain": "\n".join(lines), "text/html": _as_html(lines)})

    def _consequence(self, *, stored: bool) -> str:
        shell = self._shell()
        history = shell.history_manager
        on_disk = history.enabled and history.hist_file != ":memory:"
        written = [*(["In[]"] if stored else []), *(["the history on disk"] if stored and on_disk else [])]
        saved = "saving the notebook writes it into the file" if getattr(shell, "kernel", None) else ""
        ran = f"running it writes the key into {' and '.join(written)}" if written else ""
        both = ", and ".join(part for part in (ran, saved) if part)
        return f"{both[:1].upper()}{both[1:]}." if both else ""


def _holds_key(cell: str) -> bool:
    return exact_key(cell).search(cell) is not None and _is_on()


def _is_on() -> bool:
    return _chosen[0] if _chosen else os.environ.get("BYOK_WIDGETS_GUARD", "").strip().lower() not in _OFF


def _as_html(lines: Iterable[str]) -> str:
    first, *rest = map(markup.text, lines)
    return f'<div role="note"><strong>{first}</strong><br>{"<br>".join(rest)}</div>'
