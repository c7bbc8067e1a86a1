"""`byok-widgets scan`: finds API keys in notebooks and other files before somebody else does, and removes them."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from byok_widgets import providers  # noqa: F401 - registers the key formats
from byok_widgets.cli.scan_files import Document, Folder, Unread, read_paths, read_staged
from byok_widgets.cli.scan_locations import KeyLocation, locate
from byok_widgets.files import describe_os_error
from byok_widgets.secrets import redact
from byok_widgets.secrets.key_formats import format_of
from byok_widgets.secrets.search import FoundKey, find_keys, remove_keys

_DESCRIPTION = """\
Finds API keys of well-known providers in notebooks (cells, outputs, widget state, attachments), in
cassettes and in all other files, and in their names, by their exact formats. Compressed files and
archives (gzip, bzip2, xz, zip, tar) are unpacked. Folders are read with everything in them, except
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
        "--fix",
        action="store_true",
        help="remove the keys from outputs, metadata, widget state, attachments and cassettes",
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
    beyond_fixing: int = 0
    skipped: int = 0
    unread: int = 0
    _in_names: set[str] = field(default_factory=set)
    _in_parts: set[str] = field(default_factory=set)
    _counted: Path | None = None

    def take(self, item: Document | Unread | Folder) -> None:
        self._read_name(item)
        if isinstance(item, Unread):
            self._note(item)
        elif isinstance(item, Document):
            self._read(item)

    def close(self, *, staged: bool) -> int:
        if self.found:
            for sentence in self._result():
                _say(sentence)
            return 1
        if self.unread:
            return 2
        if self.files:
            _say(f"No API key of a known format in {_number_of(self.files, 'file')}.")
            return 0
        if staged and not self.skipped:  # a commit that only removes files, say, must go through
            _say("Nothing that is staged has a content to scan.")
            return 0
        _say("Nothing that is staged could be scanned." if staged else "There was no file to scan.", sys.stderr)
        return 2

    def _read_name(self, item: Document | Unread | Folder) -> None:
        names = [str(item.path)]
        if not isinstance(item, Folder):
            names.append(item.inside or "")
        if isinstance(item, Unread):
            names.append(item.leads_to)
        for name in names:
            for key in find_keys(name):
                if name[: key.end] not in self._in_names:
                    self._in_names.add(name[: key.end])
                    self._in_parts.add(_of(key, name))
                    self.found += 1
                    self.beyond_fixing += 1
                    _say(f"{_shown(item)}: name: {_label(key.provider)} key")

    def _read(self, document: Document) -> None:
        if not document.is_wrapping and document.path != self._counted:
            self._counted = document.path
            self.files += 1
        located = _located(document, document.text)
        if document.is_wrapping:  # what is stored without compression was found already
            located = [each for each in located if _of(each[0], document.text) not in self._in_parts]
        elif document.inside is not None:
            self._in_parts.update(_of(key, document.text) for key, _ in located)
        if not located:
            return
        self.found += len(located)
        for (place, provider), count in Counter((at, key.provider) for key, at in located).items():
            what = f"{_label(provider)} key"
            _say(f"{_shown(document)}: {place}: {what if count == 1 else f'{count} {what}s'}")
        if self.fix:
            self._remove(document, [at for _, at in located])
        elif not document.can_be_fixed:
            self.beyond_fixing += len(located)

    def _note(self, item: Unread) -> None:
        self.unread += item.kind == "fault"
        self.skipped += item.kind == "packed"
        skipped = "" if item.named or item.kind == "fault" else "Skipped: "
        _say(f"{skipped}{_shown(item)} {item.why}", sys.stderr)

    def _remove(self, document: Document, found_at: list[KeyLocation]) -> None:
        if not document.can_be_fixed:
            self.beyond_fixing += len(found_at)
            why = "it is not a text file" if document.inside is None else "it is packed"
            _say(f"{_shown(document)} was not changed: {why}.", sys.stderr)
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
            _say(f"{_shown(document)} was not changed: {describe_os_error(error)}.", sys.stderr)
        else:
            self.removed += len(found_at) - (0 if sources else in_sources)

    def _result(self) -> Iterator[str]:
        yield f"Found {_number_of(self.found, 'API key')}. {_REVOKE}"
        left = self.found - self.removed
        fixable = left - self.beyond_fixing
        if self.removed:
            yield f"Removed {self.removed}; {left or 'none'} left."
            yield "Reload notebooks that are open: saving them would bring the keys back."
        if fixable and not self.fix:
            places = "outputs, metadata, widget state, attachments and cassettes"
            yield f"byok-widgets scan --fix removes keys from {places}."
        if fixable and not self.fix_sources:
            yield "--fix-sources removes them from cells and other files, too."
        if self.beyond_fixing:
            yield "Names, packed files and files that are not text are for you to change."


def _label(owner: str) -> str:
    known = format_of(owner)
    return known.label if known else owner


def _located(document: Document, text: str) -> list[tuple[FoundKey, KeyLocation]]:
    found = find_keys(text)
    if document.is_binary:
        once = {_of(key, text): key for key in found}  # it is searched in two readings
        return [(key, KeyLocation(0, "data")) for key in once.values()]
    places = locate(text, found, notebook=document.is_notebook, cassette=document.is_cassette)
    return list(zip(found, places, strict=True))


def _of(key: FoundKey, text: str) -> str:
    return hashlib.sha256(text[key.start : key.end].encode("utf-8", "surrogatepass")).hexdigest()


def _agrees(document: Document, count: int) -> bool:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    where = "cells" if document.is_notebook else "text"
    try:
        answer = input(f"Remove {_number_of(count, 'key')} from the {where} of {_shown(document)}, too? [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in {"y", "yes"}


def _number_of(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _shown(item: Document | Unread | Folder) -> str:
    """Return a path that is safe to print: a name may contain a key, or characters that move the cursor."""
    inside = "" if isinstance(item, Folder) or not item.inside else f" ({item.inside})"
    name = f"{item.path}{inside}"
    safe = remove_keys(name, find_keys(name))
    return redact("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in safe))


def _say(text: str, out: TextIO | None = None) -> None:
    out = out or sys.stdout
    known = out.encoding or "utf-8"
    print(text.encode(known, "replace").decode(known), file=out)
