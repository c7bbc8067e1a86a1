"""A test as JUnit XML, which CI services read."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from byok_widgets.compare.tables import validities
from byok_widgets.display.sanitize import sanitize
from byok_widgets.files.saved_file import save_file
from byok_widgets.secrets import redact
from byok_widgets.testing.outcomes import WRONG, CaseOutcome, Outcome
from byok_widgets.testing.view import RunView

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(test: RunView, path: Path) -> None:
    """Write the file.

    Raises:
        ConfigError: It could not be written.
    """
    save_file(path, document(test), kind="junit")


def document(test: RunView) -> bytes:
    """Return the document."""
    found = test.outcomes
    suite = Element("testsuite", name=_shown(test.title), tests=str(len(found)))
    suite.set("failures", str(sum(each.outcome in WRONG for each in found)))
    suite.set("errors", str(sum(each.outcome in _ERRORS for each in found)))
    suite.set("skipped", str(sum(each.outcome is Outcome.UNCHECKED for each in found)))
    suite.set("time", f"{sum(map(_seconds, found)):.3f}")
    properties = SubElement(suite, "properties")
    for note in validities(test):
        SubElement(properties, "property", name="simulated callers", value=_shown(note))
    for each in found:
        _add(suite, each, test.title)
    root = Element("testsuites")
    root.append(suite)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + bytes(tostring(root, encoding="utf-8"))


_ERRORS = frozenset({Outcome.ERROR, Outcome.NOT_RUN, Outcome.WITHHELD})


def _add(suite: Element, each: CaseOutcome, title: str) -> None:
    case = SubElement(suite, "testcase", name=_shown(each.name), classname=_shown(title))
    case.set("time", f"{_seconds(each):.3f}")
    if each.outcome is Outcome.UNCHECKED:
        SubElement(case, "skipped", message="Nothing is expected of it.")
    elif each.outcome is not Outcome.PASSED:
        first = each.first_problem
        told = SubElement(case, "error" if each.outcome in _ERRORS else "failure", type=str(each.outcome))
        told.set("message", _shown(str(first) if first else str(each.outcome)))
        told.text = _shown(report_of(each))


def report_of(each: CaseOutcome) -> str:
    """Return what went wrong in a case, in lines: each problem, and why the flow moved there as it did."""
    lines = [f"{each.outcome}: passed in {each.passes} of {len(each.runs)} runs" if len(each.runs) > 1 else ""]
    for problem in each.problems:
        lines += [f"run {problem.run}: {problem}" if len(each.runs) > 1 else str(problem)]
        lines += [f"  {line}" for line in problem.why.splitlines()]
    return sanitize(redact("\n".join(filter(None, lines)), words=False))


def _seconds(each: CaseOutcome) -> float:
    return sum(run.cell.output.get("seconds") or 0.0 for run in each.runs if run.cell)


def _shown(text: str) -> str:
    """Return a text without keys, and without characters that XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", sanitize(redact(text, words=False)))
