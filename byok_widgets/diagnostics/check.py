"""`flow.check()`: mistakes in a flow, found without a single request: its graph, its keys and its models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from byok_widgets.diagnostics import calls
from byok_widgets.diagnostics.calls import Users
from byok_widgets.diagnostics.checked_flow import CheckedFlow, CheckedSettings
from byok_widgets.diagnostics.fit import incompatible_settings, refused_settings
from byok_widgets.diagnostics.lint import detected, structural
from byok_widgets.diagnostics.prompts import broken_prompts, single_braces
from byok_widgets.diagnostics.serving import when_served
from byok_widgets.diagnostics.suggestions import all_advised
from byok_widgets.diagnostics.teaching import few_examples
from byok_widgets.diagnostics.turn_calls import too_many_calls, unknown_costs
from byok_widgets.diagnostics.weak_judge import weak_judge
from byok_widgets.display import markup
from byok_widgets.engine.workers import overdue_functions
from byok_widgets.errors import ByokError
from byok_widgets.findings import Finding, Findings, Fix
from byok_widgets.graph import AnyNode, FlowGraph
from byok_widgets.nodes import model_nodes
from byok_widgets.nodes.node_settings import setting_as_code
from byok_widgets.providers import catalog


class Check(Sequence[Finding]):
    """What a check found, errors first. Empty, and so falsy, if there is nothing to fix.

    Attributes:
        suggestions: What would make the flow better; nothing is wrong without it.
        note: What could not be checked, in a sentence; empty if the whole flow was.
    """

    def __init__(self, findings: Iterable[Finding], note: str = "", suggestions: Iterable[Finding] = ()) -> None:
        self._findings = sorted(findings, key=lambda finding: finding.level != "error")
        self.note = note
        self.suggestions = Findings(suggestions)

    @property
    def errors(self) -> Findings:
        """The findings that make a session fail."""
        return Findings(finding for finding in self._findings if finding.level == "error")

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
        return "\n".join(filter(None, (found, *map(str, self.suggestions), self.note)))

    def _repr_html_(self) -> str:
        if not self:
            nothing = markup.text(f"{_NOTHING} {self.note}".strip())
            return "".join(map(markup.block, [nothing, *(markup.facts(str(each)) for each in self.suggestions)]))
        shown = (*self, *self.suggestions)
        rows = [(finding.level, finding.where or "flow", finding.problem, finding.fix) for finding in shown]
        caption = " and ".join(_counted(self))
        table = markup.table(rows, caption=caption, columns=("level", "where", "what is wrong", "what to do"))
        return table + markup.facts(self.note)


def _counted(findings: Check) -> Iterator[str]:
    """Yield how many errors and warnings there are."""
    errors = len(findings.errors)
    for count, what in ((errors, "error"), (len(findings) - errors, "warning")):
        if count:
            yield f"{count} {what}{'' if count == 1 else 's'}"


_NOTHING = "No problems found. This check is free: it sends nothing."
_NO_NODES = "No cell has defined this flow yet: once one has, its nodes and edges are checked too."


def check(flow: CheckedFlow, variables: Iterable[str] = (), *, more: Iterable[Finding] = ()) -> Check:
    """Look for mistakes in a flow.

    Args:
        flow: The flow.
        variables: Those that code will set.
        more: Findings from elsewhere, to be reported with the others.
    """
    if not flow.nodes:
        return Check([*structural(flow.graph), *check_settings(flow)])
    known = [variables] if isinstance(variables, str) else variables
    findings = [*structural(flow.graph, global_prompt=flow.global_prompt, known=known), *_opening(flow)]
    findings += [
        *(finding for node in flow.nodes.values() for finding in _of_node(node)),
        *calls.findings(flow, Users.of(flow)),
        *_models(flow),
        *_model_settings(flow),
        *broken_prompts(flow),
        *single_braces(flow),
        *weak_judge(flow),
        *too_many_calls(flow),
        *unknown_costs(flow),
        *_overdue(flow),
        *_notice(flow),
        *more,
    ]
    return Check(_keys_first(findings), suggestions=(*few_examples(flow), *when_served(flow)))


def _keys_first(found: Iterable[Finding]) -> list[Finding]:
    """Put a missing key before a missing model, since the model is chosen after the key."""
    return sorted(found, key=lambda finding: finding.kind != "no_key")


def check_settings(settings: CheckedSettings) -> Check:
    """Look for mistakes when no node is known: in the key, the address and the default model."""
    users = Users.of_default(settings)
    missing = [] if users.of_models else [calls.no_model(settings, [])]
    return Check([*calls.findings(settings, users), *missing, *_notice(settings)], note=_NO_NODES)


def _of_node(node: AnyNode) -> list[Finding]:
    """Return a node's own findings; its kind may be anybody's code."""
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
        problem = f"A function is still running although nothing is waiting for it: {name}."
        fix = "A running function cannot be stopped; restart the kernel to end it."
        yield Finding("overdue_function", "warning", "", problem, fix)


def _opening(flow: CheckedFlow) -> Iterator[Finding]:
    graph = flow.graph.snapshot()
    if not flow.speaks_first or not graph.nodes:
        return

    def found(graph: FlowGraph) -> Iterator[Finding]:
        yield from _silent_start(graph)
        yield from detected(graph, global_prompt=flow.global_prompt)

    yield from all_advised(list(_silent_start(graph)), graph, found)


def _silent_start(graph: FlowGraph) -> Iterator[Finding]:
    if graph.is_silent(graph.start):
        problem = f"The flow is to speak first, and its start node {graph.start!r} is silent."
        yield Finding("silent_start", "error", graph.start, problem, "Start at a conversation node.")


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
                f"The model {ref} of the extraction node {name!r} does not support structured output.",
                "Its answers are checked anyway, but fail more often: choose another model for this node.",
                Fix("choose_model", name),
            )
    if without:
        yield calls.no_model(flow, without)


def _model_settings(flow: CheckedFlow) -> Iterator[Finding]:
    for name, node in model_nodes(flow.nodes).items():
        for setting, sentence in {**refused_settings(flow, node), **incompatible_settings(node)}.items():
            code = f"flow.{setting_as_code(name, setting)} = None"
            fix = f"Remove it in Settings or with {code}, or choose another model."
            problem = f"Node {name!r}: {sentence}"
            yield Finding("setting", "warning", name, problem, fix, Fix("remove_setting", setting))
