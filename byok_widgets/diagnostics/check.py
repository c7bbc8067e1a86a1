"""`flow.check()`: mistakes in a flow, found without a single request: its graph, its keys and its models."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from byok_widgets.diagnostics import calls
from byok_widgets.diagnostics.calls import Users
from byok_widgets.diagnostics.fit import incompatible_settings
from byok_widgets.diagnostics.judge import weak_judge
from byok_widgets.diagnostics.lint import structural
from byok_widgets.diagnostics.prompts import broken_prompts
from byok_widgets.diagnostics.protocols import CheckedFlow, CheckedSettings
from byok_widgets.engine.workers import overdue_functions
from byok_widgets.errors import ByokError
from byok_widgets.findings import Finding, Fix
from byok_widgets.graph import AnyNode
from byok_widgets.nodes import model_nodes
from byok_widgets.nodes.node_settings import setting_as_code
from byok_widgets.providers import catalog


class Check(Sequence[Finding]):
    """What a check found, errors first. Empty, and then false, when there is nothing to mend.

    Attributes:
        note: What could not be looked at, in a sentence; empty when all of the flow was.
    """

    def __init__(self, findings: Iterable[Finding], note: str = "") -> None:
        self._findings = sorted(findings, key=lambda finding: finding.level != "error")
        self.note = note

    @property
    def errors(self) -> list[Finding]:
        """The findings that make a session go wrong."""
        return [finding for finding in self._findings if finding.level == "error"]

    @overload
    def __getitem__(self, at: int) -> Finding: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Finding]: ...
    def __getitem__(self, at: int | slice) -> Finding | Sequence[Finding]:
        return self._findings[at]

    def __len__(self) -> int:
        return len(self._findings)

    def __repr__(self) -> str:
        found = "\n".join(map(str, self)) or _NOTHING
        return f"{found}\n{self.note}" if self.note else found

    def _repr_html_(self) -> str:
        if not self:
            return f"{_NOTHING} {self.note}".strip()
        rows = "".join(
            f"<tr><th scope='row' style='{_CELL}'>{finding.level}</th>"
            f"<td style='{_CELL}'>{html.escape(finding.where or 'flow')}</td>"
            f"<td style='{_CELL}'>{html.escape(finding.problem)}<br>{html.escape(finding.fix)}</td></tr>"
            for finding in self
        )
        return f"<table><tbody>{rows}</tbody></table>{self.note}"


_NOTHING = "Nothing to mend. This check is free: it sends nothing."
_NO_NODES = "No cell has defined this flow yet: when one has, its nodes and edges are looked at too."
_CELL = "text-align:left;vertical-align:top"


def check(flow: CheckedFlow, variables: Iterable[str] = ()) -> Check:
    """Look for mistakes in a flow; `variables` are those that code will set."""
    if not flow.nodes:
        return Check([*structural(flow.graph), *check_settings(flow)])
    known = [variables] if isinstance(variables, str) else variables
    findings = [*structural(flow.graph, global_prompt=flow.global_prompt, known=known), *_opening(flow)]
    findings += [
        *(finding for node in flow.nodes.values() for finding in _of_node(node)),
        *_models(flow),
        *_tuning(flow),
        *broken_prompts(flow),
        *weak_judge(flow),
        *calls.findings(flow, Users.of(flow)),
        *_overdue(flow),
        *_notice(flow),
    ]
    return Check(findings)


def check_settings(settings: CheckedSettings) -> Check:
    """Look for mistakes where no node is known: in the key, the address and the default model."""
    users = Users.of_default(settings)
    missing = [] if users.of_models else [calls.no_model(settings, [])]
    return Check([*missing, *calls.findings(settings, users), *_notice(settings)], note=_NO_NODES)


def _of_node(node: AnyNode) -> list[Finding]:
    """Return what a node finds of itself; its kind may be anybody's code."""
    try:
        return list(node.check())
    except ByokError as fault:
        return [Finding(fault.kind, "error", node.name, fault.problem, fault.fix)]
    except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the flow is checked all the same
        problem = f"Node {node.name!r} of kind {node.kind!r} cannot be checked ({type(error).__name__})."
        return [Finding("node_not_checked", "error", node.name, problem, "Correct check() of this kind of node.")]


def _notice(settings: CheckedSettings) -> Iterator[Finding]:
    if settings.notice:
        yield Finding("notice", "warning", "", settings.notice, "")


def _overdue(flow: CheckedFlow) -> Iterator[Finding]:
    for name in overdue_functions(flow.config.name):
        problem = f"A function is still running although nobody waits for it any more: {name}."
        fix = "A function cannot be stopped from outside; restart the kernel to be rid of it."
        yield Finding("overdue_function", "warning", "", problem, fix)


def _opening(flow: CheckedFlow) -> Iterator[Finding]:
    graph = flow.graph.snapshot()
    if flow.speaks_first and graph.nodes and graph.is_silent(graph.start):
        problem = f"The flow is to speak first, and its start node {graph.start!r} is silent."
        speaks = next((name for name in graph.nodes if not graph.is_silent(name)), None)
        by = Fix("paste", f"flow.start_node = {speaks!r}") if speaks else None
        yield Finding("silent_start", "error", graph.start, problem, "Start at a conversation node.", by)


def _models(flow: CheckedFlow) -> Iterator[Finding]:
    without = []
    for name, node in model_nodes(flow.nodes).items():
        try:
            ref = node.resolve().ref
        except ByokError as fault:
            if fault.kind == "no_model":
                without.append(name)
            else:
                yield Finding(fault.kind, "error", name, fault.problem, fault.fix, Fix("choose_model", name))
            continue
        if node.writes and catalog.structured_output(ref.provider, ref.model) is False:
            yield Finding(
                "no_structured_output",
                "warning",
                name,
                f"The model {ref} of the extraction node {name!r} does not know structured output.",
                "Its answers are checked all the same, but fail more often: choose another model for this node.",
                Fix("choose_model", name),
            )
    if without:
        yield calls.no_model(flow, without)


def _tuning(flow: CheckedFlow) -> Iterator[Finding]:
    for name, node in model_nodes(flow.nodes).items():
        for setting, sentence in incompatible_settings(node).items():
            code = f"flow.{setting_as_code(name, setting)} = None"
            fix = f"Remove it in Settings or with {code}, or choose another model."
            problem = f"Node {name!r}: {sentence}"
            yield Finding("setting", "warning", name, problem, fix, Fix("take_away", setting))
