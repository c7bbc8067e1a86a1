"""`byok-widgets bundle`: writes a folder that serves a flow on another machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_command(commands: Any) -> None:
    """Add the command to the parser."""
    made = commands.add_parser("bundle", help="write a folder that serves a flow on another machine")
    made.set_defaults(parser=made)
    made.add_argument("flow", type=Path, help="a *.flow.json")
    made.add_argument("--out", type=Path, metavar="FOLDER", help="the folder, by default named like the file")
    made.add_argument("--functions", action="append", default=[], metavar="MODULE", help="a module of actions")


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
