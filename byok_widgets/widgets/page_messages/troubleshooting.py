"""The troubleshooting section: its state, what it asks for, and the answer."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class FindingFacts(TypedDict):
    """One problem, with the button or the line of code that solves it; `dots` marks code to complete.

    `kind`, `by` and `argument` tell programs what it is, and what solves it.
    """

    id: str
    kind: str
    level: Literal["error", "warning", "suggestion"]
    problem: str
    fix: str
    by: str
    argument: str
    button: str
    code: str
    dots: bool


class PageLink(TypedDict):
    """A link to a page of a provider."""

    text: str
    url: str


HelpFocus = Literal["", "key", "address", "model"]
HelpRequest = Literal["", "check_key"]


class HelpRow(TypedDict):
    """What often goes wrong, and what helps: links, and a button that moves to a field or asks the kernel."""

    id: str
    issue: str
    text: str
    links: list[PageLink]
    button: str
    focus: HelpFocus
    ask: HelpRequest


CheckState = Literal["unchecked", "checking", "checked", "failed"]


class TroubleshootingFacts(TypedDict):
    """Everything the section shows."""

    state: CheckState
    said: str
    count: str
    note: str
    findings: list[FindingFacts]
    rows: list[HelpRow]


class TroubleshootingState(TypedDict):
    """The traits of `Troubleshooting`."""

    facts: TroubleshootingFacts


class CheckFlow(TypedDict):
    """Check the flow."""

    kind: Literal["check"]
    id: str


class CheckKeyHere(TypedDict):
    """Check the key of the panel."""

    kind: Literal["check_key"]
    id: str


class ApplyFix(TypedDict):
    """Do what the finding's button says."""

    kind: Literal["apply_fix"]
    id: str
    finding: str


class Focus(TypedDict):
    """Where the keyboard goes next; `name` is the node's, for the field `node`."""

    field: NotRequired[Literal["key", "address", "model", "node"]]
    name: NotRequired[str]


class TroubleshootingAnswer(TypedDict):
    """The result of a request, in words."""

    kind: Literal["answer"]
    id: str
    text: str
    focus: Focus


TroubleshootingRequest = CheckFlow | CheckKeyHere | ApplyFix
