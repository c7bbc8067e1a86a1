"""`byok-widgets site`: a course as a static site, which runs in a browser's tab."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from byok_widgets.cli import tutorials

_DESCRIPTION = """\
Builds a static site in which notebooks run in the browser's tab by their recordings, with no server, no key and
no account: JupyterLite with Python as WebAssembly. It takes minutes, fetches packages from npm and PyPI, and
needs the extra "site". By default it contains the tutorials; name files to use those instead."""


def add_command(commands: Any) -> None:
    """Add the command to the parser."""
    made = commands.add_parser(
        "site", help="build a static site that runs notebooks in the browser", description=_DESCRIPTION
    )
    made.set_defaults(parser=made)
    made.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder")
    made.add_argument(
        "pages", nargs="*", default=[], type=Path, metavar="FILE", help="notebooks, cassettes and other files"
    )


def run(given: argparse.Namespace) -> int:
    """Build the site and return the exit code.

    Raises:
        ConfigError: It cannot be built.
    """
    from byok_widgets.site.build import build

    made = build(given.folder, given.pages or tutorials.sources())
    size = f"{made.size_bytes / 1e6:.0f} MB"
    print(f"{made.folder}: {size}, {made.wheels} packages. Any server of files can publish it,")
    print("if it sends *.wasm as application/wasm and *.mjs as text/javascript. To look at it here:")
    print(f"  python -m http.server --bind 127.0.0.1 --directory {made.folder}")
    return 0
