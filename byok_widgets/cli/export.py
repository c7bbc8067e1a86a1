"""`byok-widgets export`: writes a flow in the format of another builder, and lists what it cannot express."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

_DESCRIPTION = """\
Writes a flow in the format of another builder, and lists what that format cannot express."""


def add_command(commands: Any) -> None:
    """Add the command to the parser."""
    made = commands.add_parser(
        "export", help="write a flow in the format of another builder", description=_DESCRIPTION
    )
    made.set_defaults(parser=made)
    made.add_argument("flow", type=Path, metavar="FLOW", help="the flow, such as dentist.flow.json")
    made.add_argument("target", metavar="TARGET", help="pipecat, retell or python")
    made.add_argument(
        "--out", type=Path, default=Path(), metavar="FOLDER", help="the folder; by default the current one"
    )
    made.add_argument(
        "--functions", action="append", default=[], metavar="MODULE", help="a module with the functions of actions"
    )


def run(given: argparse.Namespace) -> int:
    """Write the files, print what is lost, and return the exit code.

    Raises:
        ConfigError: There is no such flow or target, or a file cannot be written.
    """
    from byok_widgets.cli.action_functions import functions_of
    from byok_widgets.flow import Flow

    flow = Flow.load(given.flow, fresh=True)
    for name, function in functions_of(flow.nodes, given.functions).items():
        flow.nodes[name].bind(function)
    made = flow.export(given.target)
    for place in made.save(given.out):
        print(place)
    print(*(made.losses or ["Nothing is lost."]), sep="\n")
    return 0
