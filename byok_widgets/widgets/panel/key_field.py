"""`KeyField`: the field that sends an API key or a passphrase from the browser to the kernel, once.

What is typed arrives as one custom message, sealed in the browser for this kernel. It is in no trait, so it is in
no widget state, no echo to other clients and no saved notebook. The replies never contain any part of it. Where
the kernel runs in the page itself, in a browser's tab, the message does not leave the browser, and is not sealed.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import traitlets

from byok_widgets.engine import HAS_THREADS
from byok_widgets.errors import ByokError
from byok_widgets.keys import SealingKey
from byok_widgets.keys.formats import validation_rules
from byok_widgets.secrets import Secret, redact
from byok_widgets.widgets import assets
from byok_widgets.widgets.page_input import field_text
from byok_widgets.widgets.panel.key_messages import NOTHING

if TYPE_CHECKING:
    from byok_widgets.widgets.page_messages.key_field import KeyAnswer, KeyOutcome, StorageOption

_FAILED = "That did not work, and nothing was saved. What you typed is still here; try again."
_UNREADABLE = "What you typed could not be decrypted here, so nothing was saved; try again."

Done = Callable[["KeyOutcome"], None]
SAVED: KeyOutcome = {"outcome": "saved"}
UNLOCKED: KeyOutcome = {"outcome": "unlocked"}


class KeyOwner(Protocol):
    """Handles what the field sends. Each method returns at once and raises only `ByokError`."""

    def save(self, secret: Secret, *, target: str, storage: str, override: bool, done: Done) -> None:
        """Keep a key, then call `done` with `SAVED` or with what `refused` gives, from any thread."""

    def unlock(self, passphrase: Secret, *, storage: str, new: bool, done: Done) -> None:
        """Unlock a storage backend, or choose its passphrase; `done` gets `UNLOCKED` or what `refused` returns."""

    def use_key_of(self, flow: str, *, target: str, done: Done) -> None:
        """Copy the key that another flow has for `target`, then call `done` as `save` does."""

    def remove(self, target: str) -> None:
        """Remove the key of `target`."""

    def check(self, target: str) -> None:
        """Ask the provider whether the key of `target` is valid."""

    def switch(self, provider: str) -> None:
        """Change the flow's provider."""


class KeyField(assets.PageWidget):
    """A password field, a choice of where to store the key, Save, Check and Remove, and a status line.

    Attributes:
        place: The provider that a key would be saved for, in words, with the host where that is not its own.
        hint: What a key of this provider looks like, or that one is saved.
        variable_hint: The environment variable that is in use, or its usual name.
        shapes: The rules with which the page detects, before anything is sent, what cannot be this provider's key.
        target: Name of the provider and host that a key would be saved for.
        storage_options: Where a key can be stored: mappings of `id`, `label`, `note`, and `asks`, which says what
            is typed for it: a key, the name of a variable, or a passphrase.
        storage: The chosen one's `id`.
        needs_key: Whether the provider cannot be used without a key.
        has_key: Whether there is a key to remove.
        can_check: Whether there is something to check: a key, or an endpoint that may need none.
        other_flows: Where this flow has no key, the flows that have one for the same provider and host: mappings
            of `name` and `label`.
        status: `state`; `reason`, which is stable: why it is so, or the kind of the error that a check met;
            `text`, in which `{at}` stands for the moment `at`; `link`, `link_text`, and `pasted`, the text while a
            pasted key is not saved; never any part of a key, nor its length.
        public_key: The half of the kernel's key pair that seals. It is no secret.
        in_page: Whether the kernel runs in the page itself and cannot unseal: what is typed goes to it as it is.
        takes_typed: Whether a key that was typed in an earlier panel, and not saved, is carried over.
    """

    from_page = frozenset({"storage"})

    view = traitlets.Unicode("key_field").tag(sync=True)

    place = traitlets.Unicode("").tag(sync=True)
    hint = traitlets.Unicode("").tag(sync=True)
    variable_hint = traitlets.Unicode("").tag(sync=True)
    shapes = traitlets.Dict().tag(sync=True)
    target = traitlets.Unicode("").tag(sync=True)
    storage_options: traitlets.List[StorageOption] = traitlets.List().tag(sync=True)
    storage = traitlets.Unicode("session").tag(sync=True)
    needs_key = traitlets.Bool(True).tag(sync=True)  # noqa: FBT003 - traitlets' signature
    has_key = traitlets.Bool(False).tag(sync=True)  # noqa: FBT003
    can_check = traitlets.Bool(False).tag(sync=True)  # noqa: FBT003
    other_flows: traitlets.List[dict[str, str]] = traitlets.List().tag(sync=True)
    status = traitlets.Dict().tag(sync=True)
    public_key = traitlets.Unicode("").tag(sync=True)
    in_page = traitlets.Bool(False).tag(sync=True)  # noqa: FBT003
    takes_typed = traitlets.Bool(False).tag(sync=True)  # noqa: FBT003

    def __init__(self, owner: KeyOwner, *, takes_typed: bool = False) -> None:
        self._sealing = SealingKey()  # one for each field: what was sealed for one flow opens in no other
        super().__init__(
            public_key=self._sealing.public_b64,
            in_page=not HAS_THREADS and not self._sealing.public_b64,
            takes_typed=takes_typed,
            status=dict(NOTHING),  # a view may be drawn, hidden, before a provider that takes a key is chosen
            shapes=validation_rules(""),
        )
        self._owner = owner
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return "KeyField()"

    def _receive(self, _widget: object, content: Any, _buffers: Sequence[Any]) -> None:
        """Act on a message and answer it. No exception leaves here: a traceback would show local variables."""
        done = self._answering(content)
        interrupted = False
        try:
            self._act(content, done)
        except ByokError as fault:
            done(refused(fault))
        except Exception:  # noqa: BLE001 - whatever it is, its text could contain what was typed
            done(refusal("failed", _FAILED))
        except BaseException:  # noqa: BLE001 - raised again below, without the frames that held a key
            interrupted = True
        if interrupted:
            done(refusal("failed", _FAILED))
            raise KeyboardInterrupt

    def _act(self, content: Any, done: Done) -> None:
        kind = content.get("kind") if isinstance(content, Mapping) else None
        if kind in ("save", "unlock"):
            self._take(content, done)
        elif kind == "use_key_of":
            self._owner.use_key_of(str(content.get("flow")), target=str(content.get("target")), done=done)
        elif kind == "remove":
            self._owner.remove(field_text(content, "target"))
        elif kind == "check":
            self._owner.check(field_text(content, "target"))
        elif kind == "switch":
            self._owner.switch(field_text(content, "provider"))

    def _take(self, content: Mapping[str, Any], done: Done) -> None:
        kind, request = str(content["kind"]), str(content.get("id"))
        new, override = content.get("new") is True, content.get("override") is True
        target, storage = str(content.get("target")), str(content.get("storage"))
        parts = (kind, request, storage, new) if kind == "unlock" else (kind, request, target, storage, override)
        typed = content.get("typed") if self.in_page else None
        opened = Secret(typed) if isinstance(typed, str) else _opened(self._sealing, content.get("sealed"), parts)
        if opened is None:
            done(refusal("not_sealed", _UNREADABLE))
        elif kind == "unlock":
            self._owner.unlock(opened, storage=storage, new=new, done=done)
        else:
            self._owner.save(opened, target=target, storage=storage, override=override, done=done)

    def _answering(self, content: Any) -> Done:
        request = str(content.get("id", "")) if isinstance(content, Mapping) else ""

        def done(outcome: KeyOutcome) -> None:
            answer: KeyAnswer = {"kind": "answer", "id": request[:32], **outcome}
            self.send(answer)

        return done


def refused(fault: ByokError, **more: Any) -> KeyOutcome:
    """Return the answer that shows an error in words; the field keeps what was typed."""
    text = "\n".join(part for part in (fault.problem, fault.cause, fault.fix) if part)
    return refusal(fault.kind, redact(text), **more)


def refusal(reason: str, text: str, **more: Any) -> KeyOutcome:
    """Return the answer that shows `text`; `reason` is the same for programs."""
    return {"outcome": "refused", "reason": reason, "text": text, **more}  # type: ignore[typeddict-item]


def _opened(sealing: SealingKey, sealed: object, parts: Sequence[str | bool]) -> Secret | None:
    """Return what the page sealed; `None` where that is not what was sent. Not every frontend carries bytes."""
    if not isinstance(sealed, str):
        return None
    try:
        data = base64.b64decode(sealed, validate=True)
    except (TypeError, ValueError):
        return None
    return sealing.open(data, parts)
