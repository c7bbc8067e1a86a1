"""`byok-widgets bundle`: writes a folder that serves a flow on another machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

_DESCRIPTION = """\
Writes a folder with all that serves a flow on another machine: the flow, the functions of its actions, the
packages with their versions, a Dockerfile, a compose file, a systemd unit, and a README that says how to start.
No key is in it: it names the environment variables that hold them there."""


def add_command(commands: Any) -> None:
    """Add the command to the parser."""
    made = commands.add_parser(
        "bundle", help="write a folder that serves a flow on another machine", description=_DESCRIPTION
    )
    made.set_defaults(parser=made)
    made.add_argument("flow", type=Path, metavar="FLOW", help="the flow, such as dentist.flow.json")
    made.add_argument(
        "--out", type=Path, metavar="FOLDER", help="the folder; by default it is named like the file"
    )
    made.add_argument(
        "--functions", action="append", default=[], metavar="MODULE", help="a module with the functions of actions"
    )


def run(given: argparse.Namespace) -> int:
    """Write the folder and return the exit code.

    Raises:
        ConfigError: The flow cannot be bundled.
    """
    from byok_widgets.bundle.bundle import bundle

    made = bundle(given.flow, given.out, functions=given.functions)
    print(f"{made.folder}: {len(made.files)} files. README.md there says how to start; this serves the flow:")
    print(f"  {made.command}")
    print("The Dockerfile, the compose file and the systemd unit were not run here.")
    return 0
