"""`byok-widgets class` and `byok-widgets grade`: the folder for a class, and the check of submissions."""

from __future__ import annotations

import argparse
import importlib.util
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byok_widgets.cli import tutorials
from byok_widgets.cli.fetch import fetch_with_bar
from byok_widgets.errors import ConfigError
from byok_widgets.files.saved_file import save_file
from byok_widgets.providers.local.default_model import MODEL_VARIABLE, default_model

if TYPE_CHECKING:
    from byok_widgets.teaching.class_folder import ClassFolder

_CLASS = """\
Writes a folder for the students of a class: notebooks with their recordings, the package with the versions that
are installed here, the local model, a README, and start.py, which opens all that with settings that start clean.
By default it contains the tutorials; name notebooks to use those instead."""

_GRADE = """\
Runs notebooks from top to bottom and compares variables with their expected values. Each runs in a process of its
own with a time limit, with no key, no model and the recordings beside EXPECTED. A notebook that runs here can do
whatever you can: check notebooks from strangers in a container."""

_GRADE_EPILOG = """\
exit code:
  0  all notebooks are as expected
  1  some are not
  2  the arguments were wrong, or the solution fails

examples:
  byok-widgets grade solution.ipynb handed-in/ --variable found.values --csv points.csv
  byok-widgets grade expected.json handed-in/ana.ipynb handed-in/leo.ipynb"""


def add_commands(commands: Any) -> None:
    """Add the commands to the parser."""
    made = commands.add_parser("class", help="write a folder for the students of a class", description=_CLASS)
    made.set_defaults(parser=made)
    made.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder")
    made.add_argument(
        "pages", nargs="*", default=[], type=Path, metavar="NOTEBOOK", help="your notebooks, and files they need"
    )
    size = made.add_mutually_exclusive_group()
    size.add_argument(
        "--small", dest="local", action="store_const", const="smollm2-135m", help="the small local model"
    )
    size.add_argument("--no-model", dest="local", action="store_const", const="", help="no local model")
    made.add_argument("--model", metavar="PROVIDER:MODEL", help="a model that the class may use live")
    made.add_argument("--key", default="", metavar="env:NAME", help="the variable that holds its key")
    made.add_argument("--proxy", default="", metavar="URL", help="the address of the class's proxy")
    check = commands.add_parser(
        "grade",
        help="run what students handed in, and compare variables",
        description=_GRADE,
        epilog=_GRADE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.set_defaults(parser=check)
    check.add_argument(
        "expected", type=Path, metavar="EXPECTED", help="a solution, *.ipynb, or a JSON file of values by variable"
    )
    check.add_argument("places", nargs="+", type=Path, metavar="NOTEBOOK", help="notebooks, or folders of them")
    check.add_argument(
        "--variable",
        action="append",
        default=[],
        metavar="NAME",
        help="a variable to compare, or a part of one, such as found.values; may be given several times",
    )
    check.add_argument(
        "--limit",
        type=_seconds,
        default=300.0,
        metavar="SECONDS",
        help="time limit for a notebook (%(default)g)",
    )
    check.add_argument(
        "--jobs", type=_jobs, metavar="N", help="how many notebooks run at once (one for each core)"
    )
    check.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON")
    check.add_argument("--csv", type=Path, metavar="FILE", help="write the result as CSV")


def run_class(given: argparse.Namespace) -> int:
    """Write the folder and return the exit code.

    Raises:
        ConfigError: It cannot be written, or what was given does not fit together.
    """
    from byok_widgets.teaching.class_folder import LiveModel, prepare

    if (given.key or given.proxy) and not given.model:
        given.parser.error("--key and --proxy need --model")
    live = LiveModel.of(given.model, given.key, given.proxy) if given.model else None
    local = default_model() if given.local is None else given.local
    pages = given.pages or tutorials.sources()
    made = prepare(given.folder, pages, live=live, local=local, fetch=fetch_with_bar)
    print(f"{made.folder}: {len(made.files)} files. README.md there tells the students how to start.")
    for sentence in made.unsearched:
        print(f"Not searched for API keys: {sentence}")
    for name in made.unrecorded:
        print(f"Not recorded: {name}. Record it with: byok-widgets record {shlex.quote(name)}")
    for name in made.elsewhere:
        print(
            f"Not recorded with {local}: {name}. What students change in its notebook goes to another local model."
        )
    if given.pages:
        _try_out(made)
    return 0


def _try_out(made: ClassFolder) -> None:
    """Run the recorded notebooks as a student has them, without a model, and print what ends a cell."""
    from byok_widgets.teaching import checking

    if importlib.util.find_spec("nbclient") is None:
        return
    settings = {name: value for name, value in made.settings.items() if name == MODEL_VARIABLE}
    for found in checking.check(made.recorded, {}, material=made.folder, settings=settings):
        if found.error:
            print(
                f"{found.path.name}, run as a student has it: {found.error}.\n"
                "If the notebook was changed after it was recorded, record it again: "
                f"byok-widgets record {shlex.quote(found.path.name)}\n"
                "A recording answers the model that it was made with: name that in the notebook (flow.model = …), "
                "and replay the recording there."
            )


def run_grade(given: argparse.Namespace) -> int:
    """Check the notebooks and return the exit code.

    Raises:
        ConfigError: There is nothing to compare with, nothing to check, or nothing here runs notebooks.
    """
    if importlib.util.find_spec("nbclient") is None:
        raise ConfigError(
            "Running notebooks requires nbclient and ipykernel, which are not installed.",
            kind="no_jupyterlab",
            fix='Install it with: pip install "byok-widgets[lab]"',
        )
    from byok_widgets.teaching import checking, report
    from byok_widgets.teaching.expected import require_mentioned

    checking.require_there([given.expected, *given.places])
    paths = checking.submissions(given.places)
    expected = checking.expected_values(given.expected, given.variable, limit_s=given.limit)
    if given.expected.suffix != ".ipynb":
        require_mentioned(expected, paths)
    material = given.expected.parent
    found = list(checking.check(paths, expected, material=material, limit_s=given.limit, jobs=given.jobs))
    print(report.table(found))
    for place, written in ((given.json, report.to_json), (given.csv, report.to_csv)):
        if place:
            save_file(place, written(found).encode(), kind="check")
    return 0 if all(each.is_complete for each in found) else 1


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if 0 < seconds <= 86_400:
        return seconds
    raise argparse.ArgumentTypeError(f"{text!r} is not a time limit; give a number of seconds above 0")


def _jobs(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 256:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of notebooks; give a whole number from 1 to 256")
