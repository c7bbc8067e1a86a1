"""The command `byok-widgets`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from byok_widgets import __version__
from byok_widgets.cli import bundle, export, record, scan, serve, site, teaching, test
from byok_widgets.cli.demo import DEFAULT_FOLDER, DEFAULT_PORT, Demo
from byok_widgets.cli.fetch import fetch_with_bar
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.providers.local import models
from byok_widgets.providers.local.default_model import default_model
from byok_widgets.secrets import redact_quotes

SMALL = "smollm2-135m"

_EPILOG = """\
examples:
  byok-widgets demo                 open the tutorials in JupyterLab, on a model of 491 MB
  byok-widgets demo --small         the same on a model of 98 MB, which says less sensible things
  byok-widgets demo --no-browser    print the address instead of opening a browser
  byok-widgets fetch --small        fetch the small model, for later use offline
  byok-widgets fetch --into /srv/m  fetch a model into a folder that many people share
  byok-widgets test a.flow.json a.cases  test a flow with cases, for CI
  byok-widgets record lesson.ipynb  run a notebook and record its calls, for a class without keys
  byok-widgets class our-class      write a folder for the students of a class
  byok-widgets grade solution.ipynb handed-in/  run what they handed in, and compare variables
  byok-widgets site course-site     build a static site that runs the tutorials in the browser
  byok-widgets serve my.flow.json   answer phones and pages with a flow (needs the extra "serve")
  byok-widgets bundle a.flow.json   write a folder that serves a flow on another machine
  byok-widgets export a.flow.json pipecat  write a flow in the form of another builder
  byok-widgets scan .               find API keys in the notebooks and files here, before they are shared

No command asks for an API key: keys are pasted into the settings panel of a notebook."""

_DEMO = """\
Copies the tutorials into a folder, fetches a model that runs on this machine and needs no key, starts JupyterLab
there and opens the first tutorial. Ctrl-C stops it; your changes are kept, even when you start it again."""

_FETCH = """\
Fetches a model that runs on this machine, with a progress bar, and keeps it, so that notebooks need no network
later. By default it is the model that the tutorials use. A model that is already here is not fetched again."""


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "bundle": bundle.run,
    "export": export.run,
    "class": teaching.run_class,
    "grade": teaching.run_grade,
    "record": record.run,
    "scan": scan.run,
    "serve": serve.run,
    "site": site.run,
    "test": test.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 for success, 1 for failure, 2 for wrong usage."""
    parser = _parser()
    given, surplus = parser.parse_known_args(arguments)
    if surplus:
        given.parser.error(f"unrecognised arguments: {' '.join(surplus)}")
    if given.command is None:
        parser.print_help()
        return 0
    try:
        if given.command == "fetch":
            fetch_with_bar(SMALL if given.small else given.model or default_model(), given.into)
            return 0
        if given.command in _COMMANDS:
            return _COMMANDS[given.command](given)
        model = SMALL if given.small else default_model()
        return Demo(folder=given.dir, port=given.port, model=model, browser=given.browser).run()
    except ByokError as error:
        print(f"byok-widgets: {error}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors never quote a key: the output of a command may end up in a log."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and exit."""
        super().error(redact_quotes(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="byok-widgets",
        description="Bring your own LLM key to a notebook, and go from an idea to a tested conversation flow.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"byok-widgets {__version__}")
    parser.set_defaults(parser=parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    demo = commands.add_parser(
        "demo", help="copy the tutorials here and open JupyterLab on the first one", description=_DEMO
    )
    demo.set_defaults(parser=demo)
    demo.add_argument("--no-browser", dest="browser", action="store_false", help="print the address, open nothing")
    demo.add_argument("--port", type=_port, default=DEFAULT_PORT, help="port to listen on (default %(default)s)")
    demo.add_argument(
        "--dir", type=_folder, default=Path(DEFAULT_FOLDER), help="folder of the tutorials (%(default)s)"
    )
    demo.add_argument("--small", action="store_true", help="use the small local model: 98 MB instead of 491 MB")
    fetch = commands.add_parser("fetch", help="fetch a local model for later", description=_FETCH)
    fetch.set_defaults(parser=fetch)
    fetch.add_argument("model", nargs="?", metavar="MODEL", help=f"one of: {', '.join(models.LOCAL_MODELS)}")
    fetch.add_argument("--small", action="store_true", help="fetch the small one")
    fetch.add_argument("--into", type=_folder, metavar="FOLDER", help="keep it in a folder that many people share")
    record.add_command(commands)
    scan.add_command(commands)
    test.add_command(commands)
    serve.add_command(commands, _port)
    bundle.add_command(commands)
    export.add_command(commands)
    teaching.add_commands(commands)
    site.add_command(commands)
    return parser


def _folder(text: str) -> Path:
    if text.strip():
        return Path(text)
    raise argparse.ArgumentTypeError("give the name of a folder")


def _port(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 1 to 65535")
