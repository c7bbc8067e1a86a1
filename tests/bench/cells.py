"""What reading each cell for keys costs beside compiling it: CPU time on cells of 20,000 characters."""

from __future__ import annotations

from types import SimpleNamespace

from tests.bench.rows import Row, interleaved

_PIECES = {
    "plain lines": "x = 1  # a line of code\n",
    "words like keys": "import sklearn; sk_1; 'sk-learn'\n",
}
_CHARACTERS = 20_000


def cell_rows() -> list[Row]:
    """Return one row for each kind of cell."""
    from IPython.core.interactiveshell import InteractiveShell

    import byok_widgets

    shell = InteractiveShell.instance()
    byok_widgets.Flow("read for keys")

    def row(name: str, piece: str) -> Row:
        text = piece * (_CHARACTERS // len(piece))
        cell = SimpleNamespace(raw_cell=text, cell_id=None, store_history=True)
        return interleaved(
            f"guard beside compile, {name}",
            lambda: compile(text, "<cell>", "exec"),
            lambda: shell.events.trigger("pre_run_cell", cell),
            repeats=20,
            must=0.5,
            moonshot=0.25,
        )

    try:
        return [row(name, piece) for name, piece in _PIECES.items()]
    finally:
        InteractiveShell.clear_instance()  # else the rows after these would show their answers in it
