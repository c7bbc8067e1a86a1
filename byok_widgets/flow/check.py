"""`flow.check()`: mistakes in a flow, found without a single request: its graph, its keys and its models."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, overload

from byok_widgets.config import ModelRef
from byok_widgets.errors import ByokError
from byok_widgets.graph.finding import Finding, Level
from byok_widgets.graph.lint import structural
from byok_widgets.nodes import ExtractionNode
from byok_widgets.nodes.fit import misfits
from byok_widgets.nodes.tuning import in_code
from byok_widgets.providers import PROVIDERS, catalog

if TYPE_CHECKING:
    from byok_widgets.flow.flow import Flow


class Check(Sequence[Finding]):
    """What a check found, errors first. Empty, and then false, when there is nothing to mend."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._findings = sorted(findings, key=lambda finding: finding.level != "error")

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
        return "\n".join(map(str, self)) or _NOTHING

    def _repr_html_(self) -> str:
        if not self:
            return _NOTHING
        rows = "".join(
            f"<tr><th scope='row' style='{_CELL}'>{finding.level}</th>"
            f"<td style='{_CELL}'>{html.escape(finding.where or 'flow')}</td>"
            f"<td style='{_CELL}'>{html.escape(finding.problem)}<br>{html.escape(finding.fix)}</td></tr>"
            for finding in self
        )
        return f"<table><tbody>{rows}</tbody></table>"


_NOTHING = "Nothing to mend. This check is free: it sends nothing."
_CELL = "text-align:left;vertical-align:top"


def check(flow: Flow, variables: Iterable[str]) -> Check:
    """Look for mistakes in a flow; `variables` are those that code will set."""
    known = [variables] if isinstance(variables, str) else variables
    findings = [*structural(flow.graph, global_prompt=flow.global_prompt, known=known), *_opening(flow)]
    findings += [*_models(flow), *_tuning(flow), *_lifecycle(flow), *_keys(flow), *_addresses(flow)]
    if flow.notice:
        findings.append(Finding("notice", "warning", "", flow.notice, ""))
    return Check(findings)


def _opening(flow: Flow) -> Iterator[Finding]:
    if flow.nodes and flow.speaks_first and flow.graph.is_silent(flow.start_node):
        problem = f"The flow is to speak first, and its start node {flow.start_node!r} is silent."
        yield Finding("silent_start", "error", flow.start_node, problem, "Start at a conversation node.")


def _models(flow: Flow) -> Iterator[Finding]:
    for name, node in flow.nodes.items():
        try:
            ref = node.resolve().ref
        except ByokError as fault:
            yield Finding("no_model", "error", name, fault.problem, fault.fix)
            continue
        if isinstance(node, ExtractionNode) and catalog.structured_output(ref.provider, ref.model) is False:
            yield Finding(
                "no_structured_output",
                "warning",
                name,
                f"The model {ref} of the extraction node {name!r} does not know structured output.",
                "Its answers are checked all the same, but fail more often: choose another model for this node.",
            )


def _tuning(flow: Flow) -> Iterator[Finding]:
    for name, node in flow.nodes.items():
        for setting, sentence in misfits(node).items():
            fix = f"Take it away in Settings or by flow.{in_code(name, setting)} = None, or choose another model."
            yield Finding("setting", "warning", name, f"Node {name!r}: {sentence}", fix)


def _lifecycle(flow: Flow) -> Iterator[Finding]:
    for ref, users in _refs_in_use(flow).items():
        note = catalog.lifecycle_note(ref.provider, ref.model)
        if note:
            kind = "model_ends" if catalog.ends_on(ref.provider, ref.model) else "model_unknown"
            level: Level = "error" if catalog.has_ended(ref.provider, ref.model) else "warning"
            problem = f"The model {ref} is used by {_who(users)}. {note}"
            yield Finding(kind, level, users[0], problem, "Choose another model in Settings.")


def _keys(flow: Flow) -> Iterator[Finding]:
    for provider, users in _providers_in_use(flow).items():
        chosen = PROVIDERS[provider]
        if not chosen.needs_key:
            continue
        status = flow.key_store.status(provider, chosen.address(flow.config.base_url(provider)).host)
        if not status.available:
            yield Finding(
                "no_key",
                "error",
                users[0],
                f"No API key configured for {chosen.label}, which {_who(users)} would use.",
                "Open Settings: run flow.settings(), choose the provider and save its key.",
            )


def _addresses(flow: Flow) -> Iterator[Finding]:
    for provider in _providers_in_use(flow):
        chosen, url = PROVIDERS[provider], flow.config.base_url(provider)
        if url and chosen.default_url and url != chosen.default_url:
            problem = f"Calls for {chosen.label} go to {url} and not to its own address."
            fix = f"If you did not choose that: flow.set_base_url({provider!r}, None)."
            yield Finding("other_address", "warning", "", problem, fix)
        elif not url and not chosen.default_url and not chosen.free_of_charge:
            fix = f'Fill in "Base URL" in Settings, or write flow.set_base_url({provider!r}, "https://...").'
            yield Finding("no_address", "error", "", f"{chosen.label} needs an address.", fix)


def _refs_in_use(flow: Flow) -> dict[ModelRef, list[str]]:
    """Return each model that a node, or the judge, would call, with the nodes' names; `""` is the judge."""
    found: dict[ModelRef, list[str]] = {}
    for name, node in flow.nodes.items():
        try:
            found.setdefault(node.resolve().ref, []).append(name)
        except ByokError:
            continue  # told as "no_model"
    if flow.judge_model and any(edge.kind == "prompt" for edge in flow.graph.edges):
        found.setdefault(flow.config.ref(flow.judge_model), []).append("")
    return found


def _providers_in_use(flow: Flow) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ref, users in _refs_in_use(flow).items():
        found.setdefault(ref.provider, []).extend(users)
    return found


def _who(users: list[str]) -> str:
    names = ", ".join(repr(name) for name in users if name)
    nodes = f"node {names}" if len(users) - users.count("") == 1 else f"nodes {names}"
    return " and ".join(([nodes] if names else []) + (["the judge"] if "" in users else []))
