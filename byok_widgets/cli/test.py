"""`byok-widgets test`: tests a flow file with files of cases, for CI."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byok_widgets.cli.action_functions import functions_of
from byok_widgets.errors import ByokError, MissingKeyError

if TYPE_CHECKING:
    from byok_widgets.testing.run import TestRun

_DESCRIPTION = """\
Plays the conversations of the cases through the flow, with the models of the flow file, and says which pass, with
the turn, the node and the reason where one went wrong. Actions with effects are not called; give their results as
stubs in the cases. The flow file is read and nothing that it names is imported: --functions says where the
functions of the other actions are."""

_EPILOG = """\
exit code:
  0  all cases passed in all runs
  1  a case failed; with --only-regressions: a case came out worse than in the baseline
  2  the arguments were wrong, a key is missing, or cases could not be run

examples:
  byok-widgets test dentist.flow.json dentist.cases --junit report.xml
  byok-widgets test dentist.flow.json dentist.cases --key PROVIDER=env:NAME --runs 3 --budget 0.50
  byok-widgets test dentist.flow.json dentist.cases --functions clinic.calendar --replay dentist.cassette"""


def add_command(commands: Any) -> None:
    """Add `test` to the command line."""
    parser = commands.add_parser(
        "test",
        help="test a flow with cases",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(parser=parser)
    parser.add_argument("flow", type=Path, metavar="FLOW", help="the flow, such as dentist.flow.json")
    parser.add_argument("cases", nargs="+", type=Path, metavar="CASES", help="files of cases")
    parser.add_argument("--runs", type=int, default=1, help="how often each case is run (default 1)")
    parser.add_argument("--tag", help="only cases with this tag")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the result as JUnit XML")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="say what has changed since this baseline")
    parser.add_argument("--save-baseline", type=Path, metavar="FILE", help="save the result as a baseline")
    parser.add_argument(
        "--only-regressions", action="store_true", help="fail only where a case is worse than in the baseline"
    )
    parser.add_argument("--budget", type=float, metavar="USD", help="maximum cost in US dollars")
    parser.add_argument("--max-calls", type=int, metavar="N", help="maximum number of model calls")
    parser.add_argument(
        "--key", action="append", default=[], metavar="PROVIDER=env:NAME", help="the variable that holds a key"
    )
    parser.add_argument(
        "--base-url", action="append", default=[], metavar="PROVIDER=URL", help="where a provider's calls go"
    )
    parser.add_argument(
        "--functions",
        action="append",
        default=[],
        metavar="MODULE",
        help="a module with the functions of actions; it is imported",
    )
    tape = parser.add_mutually_exclusive_group()
    tape.add_argument("--replay", type=Path, metavar="CASSETTE", help="take the answers from a recording")
    tape.add_argument("--record", type=Path, metavar="CASSETTE", help="record the answers")
    parser.add_argument("--trust", action="store_true", help="use model files that the flow or the cases name")


def run(given: argparse.Namespace) -> int:
    """Run the tests, print the results, and return the exit code."""
    from byok_widgets.file_tests.ways_on import ways_on
    from byok_widgets.testing.tables import in_full

    if given.only_regressions and not given.baseline:
        given.parser.error("--only-regressions needs --baseline")
    try:
        result = _tested(given)
    except MissingKeyError as error:
        if error.kind == MissingKeyError.default_kind:
            error.fix = "Name the variable that holds it, --key PROVIDER=env:NAME, or replay: --replay CASSETTE."
        print(error)
        return 2
    except ByokError as error:
        print(error)
        return 2
    print(result)
    ways = ways_on(result.outcomes, record=_record(given), functions="name their module with --functions")
    for line in [*in_full(result), *ways]:
        print(line)
    if given.junit:
        result.save_junit(given.junit)
    if given.save_baseline:
        result.save_baseline(given.save_baseline)
    if given.only_regressions and result.exit_code == 1:
        return 1 if result.changes.regressions else 2 if result.left_out else 0
    return result.exit_code


def _record(given: argparse.Namespace) -> str:
    """Say how a replay records what it misses; empty where nothing is replayed."""
    return f"write --record {given.replay} in place of --replay" if given.replay else ""


def _tested(given: argparse.Namespace) -> TestRun:
    from byok_widgets.cases.case import Cases
    from byok_widgets.file_tests.loading import Allowed, open_flow

    flow = open_flow(given.flow, Allowed(given.key, given.base_url, given.trust))
    for name, function in functions_of(flow.nodes, given.functions).items():
        flow.node(name).bind(function)
    found = [case for path in given.cases for case in flow.cases(path, trust=given.trust)]
    cases = Cases(found, ", ".join(path.name for path in given.cases))
    if given.replay:
        flow.replay(given.replay)
    elif given.record:
        flow.record(given.record)
    return flow.test(
        cases.tagged(given.tag) if given.tag else cases,
        runs=given.runs,
        baseline=given.baseline,
        budget=given.budget,
        max_calls=given.max_calls,
        wait=True,
    )
