"""A run that the person stopped ends its cell with a line of text, not with the red card of an error.

It is still a keyboard interrupt: the cells after it do not run.
"""

from __future__ import annotations

from typing import Any

from byok_widgets.errors import RunInterrupted


def watch(shell: Any) -> None:
    """Have this IPython shell show it so, unless somebody else has a say in how exceptions are shown."""
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc((RunInterrupted,), _show)


def _show(shell: Any, kind: type, stopped: RunInterrupted, trace: Any, tb_offset: int | None = None) -> list[str]:
    del kind, trace, tb_offset
    lines = stopped._render_traceback_()
    print("\n".join(lines))
    shell._last_traceback = lines  # noqa: SLF001 - what the reply to the page holds; else an earlier error's
    return lines
