"""The key field: its state, what it asks for, and the answer."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class StorageOption(TypedDict):
    """One way to store a key; `asks` is what is typed for it."""

    id: str
    label: str
    note: str
    asks: Literal["key", "variable", "passphrase", "new_passphrase"]


class KeyStatusLine(TypedDict):
    """The line below the key field; `reason` is its kind, `pasted` what to say of a key before it is saved.

    `{at}` in the text stands for the moment `at` (ISO 8601), which the page writes in the person's own time.
    """

    state: Literal["none", "saved", "working", "verified", "unverified", "rejected"]
    reason: str
    text: str
    link: str
    link_text: str
    pasted: NotRequired[str]
    at: NotRequired[str]


class KeyOwner(TypedDict):
    """A prefix that tells whose key it is; `text` is empty where such a key is in its place."""

    prefix: str
    name: str
    label: str
    text: str


class KeyShapes(TypedDict):
    """The rules by which the page sees that something is no key; in each list the first match counts.

    `flaws`, `variable` and `key` pair a pattern with what to say of a text that it matches.
    """

    edges: str
    wrapping: str
    flaws: list[tuple[str, str]]
    variable: tuple[str, str]
    key: tuple[str, str]
    owners: list[KeyOwner]


class OtherFlow(TypedDict):
    """Another flow that has a key for this provider and host: its name, and how that is shown."""

    name: str
    label: str


class KeyFieldState(TypedDict):
    """The traits of `KeyField`."""

    place: str
    hint: str
    variable_hint: str
    shapes: KeyShapes
    target: str
    storage_options: list[StorageOption]
    storage: str
    needs_key: bool
    has_key: bool
    can_check: bool
    other_flows: list[OtherFlow]
    status: KeyStatusLine
    public_key: str
    in_page: bool
    takes_typed: bool


class SaveKey(TypedDict):
    """Save the key, or the name of a variable: `sealed` for the other fields, in base64, or as it was `typed`."""

    kind: Literal["save"]
    id: str
    sealed: NotRequired[str]
    typed: NotRequired[str]
    target: str
    storage: str
    override: bool


class UnlockKeyFile(TypedDict):
    """Open a storage backend by the passphrase, sealed or typed as in `SaveKey`, or choose its passphrase."""

    kind: Literal["unlock"]
    id: str
    sealed: NotRequired[str]
    typed: NotRequired[str]
    storage: str
    new: bool


class CheckKey(TypedDict):
    """Ask the provider whether the key is good."""

    kind: Literal["check"]
    target: str


class RemoveKey(TypedDict):
    """Remove the key."""

    kind: Literal["remove"]
    target: str


class UseKeyOf(TypedDict):
    """Copy the key of another flow into this one's own entry."""

    kind: Literal["use_key_of"]
    id: str
    target: str
    flow: str


class SwitchProvider(TypedDict):
    """Use the provider whose key was pasted."""

    kind: Literal["switch"]
    provider: str


class ProviderName(TypedDict):
    """A provider to switch to."""

    name: str
    label: str


class KeyOutcome(TypedDict):
    """The result of a request; where it was refused, `reason` is the kind of `text`.

    `open_first` is the storage that has to be unlocked before.
    """

    outcome: Literal["saved", "unlocked", "refused"]
    reason: NotRequired[str]
    text: NotRequired[str]
    clear: NotRequired[bool]
    switch_to: NotRequired[ProviderName]
    anyway: NotRequired[bool]
    open_first: NotRequired[str]


class KeyAnswer(KeyOutcome):
    """The answer to `SaveKey`, `UseKeyOf` or `UnlockKeyFile`."""

    kind: Literal["answer"]
    id: str


KeyFieldRequest = SaveKey | UseKeyOf | UnlockKeyFile | CheckKey | RemoveKey | SwitchProvider
