"""`byok-widgets record`: runs notebooks with live models and records their calls, for replays without a key."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from pathlib import Path
from textwrap import indent
from typing import Any

from byok_widgets.cli.kernel_sockets import transport
from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error, read_file
from byok_widgets.files.published_files import MOST_BYTES
from byok_widgets.recording.cassette import SUFFIX, Cassette
from byok_widgets.recording.costs import Contents
from byok_widgets.recording.whole_notebook import PART
from byok_widgets.secrets import redact_quotes

_DESCRIPTION = """\
Runs each notebook from top to bottom, with live models and your keys, and records its calls. Flows that replay a
cassette are recorded again; the calls of others go into NOTEBOOK.cassette. The notebooks themselves are not
changed, and old cassettes are replaced only when a notebook has run to its end; calls are kept that another
notebook beside it may replay. Cells with the tag not-recorded are left out."""

NOT_RECORDED = "not-recorded"
"""Tag of the cells that are left out."""

_BEGIN = "from byok_widgets.recording import whole_notebook\nwhole_notebook.record_all({path!r})"
_END = "whole_notebook.print_places()"


def add_command(commands: Any) -> None:
    """Add `record` to the command line."""
    parser = commands.add_parser(
        "record", help="run notebooks and record their calls for replays without a key", description=_DESCRIPTION
    )
    parser.set_defaults(parser=parser)
    parser.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK", help="a notebook, *.ipynb")


def run(given: argparse.Namespace) -> int:
    """Record notebooks, one after another, and return the exit code.

    Raises:
        ConfigError: There is no such notebook, or nothing here runs notebooks.
    """
    if importlib.util.find_spec("nbclient") is None:
        raise ConfigError(
            "Running notebooks requires nbclient and ipykernel, which are not installed.",
            kind="no_jupyterlab",
            fix='Install it with: pip install "byok-widgets[lab]"',
        )
    failed = [path for path in given.notebooks if not _record(path)]
    return 1 if failed else 0


def _record(path: Path) -> bool:
    """Record a notebook; return whether it ran to its end."""
    import nbformat
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    notebook = _read(path)
    cassette = path.with_suffix(SUFFIX).absolute()
    begin = nbformat.v4.new_code_cell(_BEGIN.format(path=str(cassette)))  # type: ignore[no-untyped-call]
    end = nbformat.v4.new_code_cell(_END)  # type: ignore[no-untyped-call]
    notebook.cells = [begin, *filter(_is_recorded, notebook.cells), end]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []  # what was saved is not of this run
    print(f"Recording {path.name} ...", file=sys.stderr)
    try:
        _execute(notebook, path.parent)
    except (CellExecutionError, DeadKernelError) as error:
        print(f"{path.name} did not run to its end; the old cassettes are left as they are.", file=sys.stderr)
        print(sanitize(redact_quotes(_reason(notebook, error))), file=sys.stderr)
        for part in path.parent.glob(f"*{SUFFIX}{PART}"):
            _remove(part)
        return False
    places = json.loads(notebook.cells[-1].outputs[0].text)
    taken = [_take(Path(place), notice, path) for place, notice in places.items()]
    return all(taken)


def _reason(notebook: Any, error: Exception) -> str:
    """Return the cell that failed, and its error; the whole traceback is where the notebook is run by hand."""
    for cell in reversed(notebook.cells):  # one before it may be meant to fail
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return f"In this cell:\n{indent(cell.source, '    ')}\n{output.ename}: {output.evalue}"
    return str(error).strip()


def _is_recorded(cell: Any) -> bool:
    """Whether a cell is run: one that shows what happens without a recording must not be recorded."""
    return NOT_RECORDED not in cell.metadata.get("tags", ())


def _execute(notebook: Any, folder: Path) -> None:
    from nbclient import NotebookClient

    client = NotebookClient(
        notebook,
        timeout=None,
        iopub_timeout=60,  # the places of cassettes are an output: on a busy machine, the usual 4 s lose it
        resources={"metadata": {"path": str(folder.absolute())}},
    )
    client.create_kernel_manager().transport = transport()
    client.execute()


def _take(place: Path, notice: str, notebook: Path) -> bool:
    """Replace the old cassette with a finished one, and print the notice; return whether that worked."""
    part = place.with_name(place.name + PART)
    try:
        before = _of_before(part, place, notebook)
        part.replace(place)
    except OSError as error:
        print(f"{place.name} could not be written: {describe_os_error(error)}.", file=sys.stderr)
        return False
    _remove(part)
    found = Contents.of(Cassette(place, must_exist=True))
    calls = f"{found.calls} call{'' if found.calls == 1 else 's'}"
    print(f"{place.name}: {calls} of {', '.join(found.models)}, {found.cost}.")
    print(f"Replay them in its flow with flow.replay({place.name!r}).")
    for sentence in filter(None, (before, notice)):
        print(sentence)
    return True


def _of_before(part: Path, place: Path, notebook: Path) -> str:
    """Keep the calls of the old cassette that other notebooks may replay, and say what became of the old ones.

    Raises:
        OSError: They cannot be written.
    """
    if not place.exists():
        return ""
    try:
        old = Cassette(place, must_exist=True)
    except ConfigError as error:
        return f"Nothing of the old cassette is kept. {error.problem}"
    new = Cassette(part, must_exist=True)
    missing = [entry for entry in old.entries() if entry["digest"] not in new]
    others = [path.name for path in sorted(place.parent.glob("*.ipynb")) if _replays(path, place, notebook)]
    for entry in missing if others else ():
        new.append(entry)
    if not missing:
        return ""
    calls = f"{len(missing)} earlier call{'' if len(missing) == 1 else 's'}"
    if others:
        return f"It keeps {calls} that {notebook.name} does not make, since {', '.join(others)} may replay them."
    return f"It no longer has {calls}, which {notebook.name} does not make any more."


def _replays(path: Path, cassette: Path, recorded: Path) -> bool:
    """Whether a notebook other than the one that was recorded names a cassette."""
    try:
        return not path.samefile(recorded) and os.fsencode(cassette.name) in read_file(path, most_bytes=MOST_BYTES)
    except OSError:  # a broken link, such as an editor's lock, or something that only has such a name
        return False


def _remove(part: Path) -> None:
    """Remove what is left of a cassette that was being written."""
    for path in (part, part.with_name(f".{part.name}.lock")):
        path.unlink(missing_ok=True)


def _read(path: Path) -> Any:
    import nbformat

    try:
        content = read_file(path, most_bytes=MOST_BYTES).decode("utf-8")
        return nbformat.reads(content, as_version=4)  # type: ignore[no-untyped-call]
    except OSError as error:
        problem = describe_os_error(error)
    except (ValueError, AttributeError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        problem = "it is not a notebook"
    raise ConfigError(
        f"{str(path)!r} cannot be run: {problem}.", kind="no_notebook", fix="Give a notebook: *.ipynb."
    )
