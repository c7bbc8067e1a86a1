"""`byok-widgets scan`: finds API keys in notebooks and other files before somebody else does, and removes them."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from byok_widgets import providers  # noqa: F401 - registers the key formats
from byok_widgets.cli.scan_files import Document, Unread, read_paths, read_staged
from byok_widgets.cli.scan_locations import KeyLocation, locate
from byok_widgets.files import describe_os_error
from byok_widgets.secrets import redact
from byok_widgets.secrets.key_formats import format_of
from byok_widgets.secrets.search import FoundKey, find_keys, remove_keys

_DESCRIPTION = """\
Finds API keys of well-known providers in notebooks (cells, outputs, widget state, attachments) and in
all other files, by their exact formats. Folders are read with everything in them, except
.git, node_modules and virtual environments. What is skipped is listed. No part of a key is shown."""

_EPILOG = """\
exit code:
  0  no key was found
  1  a key was found, removed or not
  2  the arguments were wrong, something could not be read, or there was no file to scan

before each commit, as the file .git/hooks/pre-commit (executable):
  #!/bin/sh
  exec byok-widgets scan --staged"""

_REVOKE = "Anyone who has the file has the key: revoke it on the provider's page and make a new one."


def add_command(commands: Any) -> None:
    """Add `scan` to the command line."""
    parser = commands.add_parser(
        "scan",
        help="find API keys in notebooks and other files, before they are shared",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(parser=parser)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a file or a folder")
    parser.add_argument("--staged", action="store_true", help="scan what git is about to commit")
    parser.add_argument(
        "--fix", action="store_true", help="remove the keys from outputs, metadata, widget state and attachments"
    )
    parser.add_argument("--fix-sources", action="store_true", help="remove them from cells and other files, too")


def run(given: argparse.Namespace) -> int:
    """Scan, print what was found, and return the exit code.

    Raises:
        ConfigError: Git could not list what is staged.
    """
    fix = given.fix or given.fix_sources
    if given.staged == bool(given.paths):
        given.parser.error("give the files and folders to scan, or --staged")
    if given.staged and fix:
        given.parser.error("what is staged cannot be fixed: fix the files, then add them again")
    scan = _Scan(fix=fix, fix_sources=given.fix_sources)
    for item in read_staged() if given.staged else read_paths(given.paths):
        scan.take(item)
    return scan.close(staged=given.staged)


@dataclass
class _Scan:
    """One run of the command, with its counts so far."""

    fix: bool
    fix_sources: bool
    files: int = 0
    found: int = 0
    removed: int = 0
    unread: int = 0

    def take(self, item: Document | Unread) -> None:
        if isinstance(item, Unread):
            self._note(item)
            return
        self.files += 1
        found = dict(_located(item, item.text))
        if found:
            self.found += len(found)
            for (place, provider), count in Counter((at, key.provider) for key, at in found.items()).items():
                what = f"{_label(provider)} key"
                _say(f"{_shown(item.path)}: {place}: {what if count == 1 else f'{count} {what}s'}")
            if self.fix:
                self._remove(item, list(found.values()))

    def close(self, *, staged: bool) -> int:
        if self.found:
            for sentence in self._result():
                _say(sentence)
            return 1
        if self.unread:
            return 2
        if self.files:
            _say(f"No API key of a known format in {_counted(self.files, 'file')}.")
            return 0
        if staged:  # a commit that only removes files, say, must go through
            _say("Nothing that is staged has a content to scan.")
            return 0
        _say("There was no file to scan.", sys.stderr)
        return 2

    def _note(self, item: Unread) -> None:
        self.unread += item.kind == "fault"
        skipped = "" if item.named or item.kind == "fault" else "Skipped: "
        _say(f"{skipped}{_shown(item.path)} {item.why}", sys.stderr)

    def _remove(self, document: Document, found_at: list[KeyLocation]) -> None:
        if document.is_binary:
            _say(f"{_shown(document.path)} was not changed: it is not a text file.", sys.stderr)
            return
        in_sources = sum(place.is_source for place in found_at)
        sources = self.fix_sources or (bool(in_sources) and _agrees(document, in_sources))
        text = document.text
        while wanted := [key for key, place in _located(document, text) if sources or not place.is_source]:
            text = remove_keys(text, wanted)
        if text == document.text:
            return
        try:
            document.replace(text)
        except OSError as error:
            _say(f"{_shown(document.path)} was not changed: {describe_os_error(error)}.", sys.stderr)
        else:
            self.removed += len(found_at) - (0 if sources else in_sources)

    def _result(self) -> Iterator[str]:
        yield f"Found {_counted(self.found, 'API key')}. {_REVOKE}"
        left = self.found - self.removed
        if self.removed:
            yield f"Removed {self.removed}; {left or 'none'} left."
            yield "Reload notebooks that are open: saving them would bring the keys back."
        if left and not self.fix:
            yield "byok-widgets scan --fix removes keys from outputs, metadata, widget state and attachments."
        if left and not self.fix_sources:
            yield "--fix-sources removes them from cells and other files, too."


def _label(owner: str) -> str:
    known = format_of(owner)
    return known.label if known else owner


def _located(document: Document, text: str) -> Iterator[tuple[FoundKey, KeyLocation]]:
    found = find_keys(text)
    if document.is_binary:
        return ((key, KeyLocation(0, "data")) for key in found[:1])  # it is searched in two readings
    return zip(found, locate(text, found, notebook=document.is_notebook), strict=True)


def _agrees(document: Document, count: int) -> bool:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    where = "cells" if document.is_notebook else "text"
    try:
        answer = input(f"Remove {_counted(count, 'key')} from the {where} of {_shown(document.path)}, too? [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in {"y", "yes"}


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _shown(path: Path) -> str:
    """Return a path that is safe to print: a name may contain a key, or characters that move the cursor."""
    return redact("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(path)))


def _say(text: str, out: TextIO | None = None) -> None:
    out = out or sys.stdout
    known = out.encoding or "utf-8"
    print(text.encode(known, "replace").decode(known), file=out)
