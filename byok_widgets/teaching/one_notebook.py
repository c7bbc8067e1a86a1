"""Runs one notebook and writes its outcome to a file, in a separate process for each.

Run as `python -m byok_widgets.teaching.one_notebook`. Standard input is one line of JSON, the `Job`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, TypedDict

_MOST_MEMORY_BYTES = 8_000_000_000
_LARGEST_FILE_BYTES = 500_000_000
_LAST_CELL_S = 20
_OUTPUTS_S = 30
"""How long outputs may come after a cell has ended: on a busy machine the usual 4 s lose errors."""
_CUT = {"ename": "Timeout", "evalue": "", "traceback": []}
"""What nbclient takes for the reply of a cell that it has interrupted."""
_TELL = """\
from byok_widgets.teaching.values import tell as _tell
_tell({place!r}, {names!r}, globals())"""


_NOT_RECORDED = ("LocalModelError", "ReplayMissError")
"""What a call raises that was not recorded: with `missing="live"`, and without."""


_FAULTS = {
    **dict.fromkeys(("NotJSONError", "ValidationError"), "it is not a notebook"),
    "DeadKernelError": "its kernel ended before all cells had run",
}
"""What keeps a notebook from being run, in words."""


class Job(TypedDict):
    """What is to be run.

    Attributes:
        notebook: The notebook; its folder is where it runs.
        names: The variables whose values are wanted.
        values: The file for the values.
        outcome: The file for the outcome.
        limit_s: Time limit for the whole notebook, in seconds.
    """

    notebook: str
    names: list[str]
    values: str
    outcome: str
    limit_s: float


class Outcome(TypedDict):
    """The outcome of the notebook.

    Attributes:
        error: What ended a cell, such as `NameError in cell 3`, or why it did not run; empty if nothing did.
        seconds: How long it ran.
    """

    error: str
    seconds: float


def main() -> None:
    """Run the notebook that standard input names."""
    job: Job = json.loads(sys.stdin.readline())
    _limit_resources()
    began_at = time.monotonic()
    try:
        error = asyncio.run(_error_of(job))
    except Exception as fault:  # noqa: BLE001 - a file can be anything, and the report says what it was
        name = type(fault).__name__
        error = _FAULTS.get(name, f"it cannot be run ({name})")
    outcome: Outcome = {"error": error, "seconds": round(time.monotonic() - began_at, 1)}
    Path(job["outcome"]).write_text(json.dumps(outcome), encoding="utf-8")


async def _error_of(job: Job) -> str:
    """Run a notebook; returns what went wrong first, in words."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(job["notebook"], as_version=4)  # type: ignore[no-untyped-call]
    folder = str(Path(job["notebook"]).parent)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        allow_errors=True,  # the cells after one that fails may still give the right values
        iopub_timeout=_OUTPUTS_S,
        interrupt_on_timeout=True,  # otherwise a timeout raises, and the values so far are lost with the kernel
        error_on_timeout=_CUT,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": folder}},
    )
    async with client.async_setup_kernel():
        group = getattr(getattr(client.km, "provisioner", None), "pgid", None)
        try:
            return await _cells_error(client, job)
        finally:
            _kill(group)


async def _cells_error(client: Any, job: Job) -> str:
    """Run the cells while there is time, and let the kernel write down the values that there are then."""
    import nbformat

    error, number, until = "", 0, time.monotonic() + job["limit_s"]
    for place, cell in enumerate(client.nb.cells):
        number += cell.cell_type == "code"
        client.timeout = max(1, math.ceil(until - time.monotonic()))  # nbclient takes 0 for no limit
        await client.async_execute_cell(cell, place)
        if time.monotonic() >= until:
            error = f"cell {number} was ended: all took longer than {job['limit_s']:g} s"
            break
        error = error or _fault(cell, number)
    last = nbformat.v4.new_code_cell(  # type: ignore[no-untyped-call]
        _TELL.format(place=job["values"], names=job["names"])
    )
    client.nb.cells.append(last)
    client.timeout = _LAST_CELL_S
    await client.async_execute_cell(last, len(client.nb.cells) - 1)
    return error


def _fault(cell: Any, number: int) -> str:
    names = [str(output.ename) for output in cell.get("outputs", ()) if output.output_type == "error"]
    if not names:
        return ""
    means = ": a call that was not recorded, and no model runs here" if names[0] in _NOT_RECORDED else ""
    return f"{names[0]} in cell {number}{means}"


def _kill(group: int | None) -> None:
    """End a kernel with what it has started, as far as that stayed in the kernel's group of processes."""
    if group and os.name == "posix" and group != os.getpgrp():  # a kernel in our own group would take us along
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)


def _limit_resources() -> None:
    """Keep a notebook from filling memory and disk, where the system can."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE_BYTES, _LARGEST_FILE_BYTES))


if __name__ == "__main__":
    main()
