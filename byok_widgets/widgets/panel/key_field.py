"""`KeyField`: the field that takes an API key from the browser to the kernel, once; and a passphrase likewise.

What is typed comes as one custom message, sealed in the browser for this kernel. It is in no trait, so it is in no
widget state, no echo to other clients and no saved notebook. What goes back are sentences that never hold any part
of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import traitlets

from byok_widgets.errors import ByokError
from byok_widgets.keys import SealingKey
from byok_widgets.secrets import Secret, redact
from byok_widgets.widgets import assets
from byok_widgets.widgets.page_input import field_text

if TYPE_CHECKING:
    from byok_widgets.widgets.page_messages import KeyAnswer, KeyOutcome

_FAILED = "That did not work, and nothing was saved. What you typed is still here; try again."
_UNREADABLE = "What you typed could not be decrypted here, so nothing was saved; try again."

Done = Callable[["KeyOutcome"], None]
SAVED: KeyOutcome = {"outcome": "saved"}
UNLOCKED: KeyOutcome = {"outcome": "unlocked"}


class KeyOwner(Protocol):
    """Who acts on what the field sends. Each method returns at once and raises only `ByokError`."""

    def save(self, secret: Secret, *, target: str, storage: str, override: bool, done: Done) -> None:
        """Keep a key, then call `done` with `SAVED` or with what `refused` gives, from any thread."""

    def unlock(self, passphrase: Secret, *, new: bool, done: Done) -> None:
        """Open the encrypted file, or begin it, then call `done` with `UNLOCKED` or with what `refused` gives."""

    def remove(self, target: str) -> None:
        """Remove the key of `target`."""

    def check(self, target: str) -> None:
        """Ask the provider whether the key of `target` is good."""

    def switch(self, provider: str) -> None:
        """Change the flow's provider."""


class KeyField(assets.PageWidget):
    """Password field, where the key is stored, Save, Check and Remove, and one line of status.

    Attributes:
        label: Text of the field's label.
        hint: What a key of this provider looks like, or that one is saved.
        variable_hint: A usual name of the environment variable.
        shapes: The rules by which the page hints, before anything is sent, at what is no key for this provider.
        target: Name of the provider and host that a key would be saved for.
        storage_options: Where a key can be stored: mappings of `id`, `label`, `note`.
        storage: The chosen one's `id`; `"env"` asks for the name of a variable instead of a key.
        lock: Whether the storage `"file"` asks for a passphrase instead of a key: `"locked"`, `"new"` where one is
            to be chosen, or empty.
        needs_key: Whether nothing can be done without a key.
        has_key: Whether there is a key to remove.
        can_check: Whether there is something to check: a key, or an endpoint that may need none.
        status: `state`; `reason`, which is stable: why it is so, or the kind of the error that a check met;
            `text`, `link`, `link_text`, and `pasted`, the text while a pasted key is not saved; never any part of
            a key, nor its length.
        public_key: The half of the kernel's key pair that seals. It is no secret.
    """

    view = traitlets.Unicode("key_field").tag(sync=True)

    label = traitlets.Unicode("API key").tag(sync=True)
    hint = traitlets.Unicode("").tag(sync=True)
    variable_hint = traitlets.Unicode("").tag(sync=True)
    shapes = traitlets.Dict().tag(sync=True)
    target = traitlets.Unicode("").tag(sync=True)
    storage_options: traitlets.List[dict[str, str]] = traitlets.List().tag(sync=True)
    storage = traitlets.Unicode("session").tag(sync=True)
    lock = traitlets.Unicode("").tag(sync=True)
    needs_key = traitlets.Bool(True).tag(sync=True)  # noqa: FBT003 - traitlets' signature
    has_key = traitlets.Bool(False).tag(sync=True)  # noqa: FBT003
    can_check = traitlets.Bool(False).tag(sync=True)  # noqa: FBT003
    status = traitlets.Dict().tag(sync=True)
    public_key = traitlets.Unicode("").tag(sync=True)

    def __init__(self, owner: KeyOwner) -> None:
        super().__init__(public_key=_sealing_key().public_b64)
        self._owner = owner
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return "KeyField()"

    def _receive(self, _widget: object, content: Any, buffers: Sequence[Any]) -> None:
        """Act on a message and answer it. No exception leaves here: a traceback would show local variables."""
        done = self._answering(content)
        interrupted = False
        try:
            self._act(content, buffers, done)
        except ByokError as fault:
            done(refused(fault))
        except Exception:  # noqa: BLE001 - whatever it is, its text could hold what was typed
            done(refusal("failed", _FAILED))
        except BaseException:  # noqa: BLE001 - raised anew below, without the frames that held a key
            interrupted = True
        if interrupted:
            done(refusal("failed", _FAILED))
            raise KeyboardInterrupt

    def _act(self, content: Any, buffers: Sequence[Any], done: Done) -> None:
        kind = content.get("kind") if isinstance(content, Mapping) else None
        if kind == "save" and len(buffers) == 3:
            self._owner.save(
                _sealing_key().open(*buffers),
                target=field_text(content, "target"),
                storage=field_text(content, "storage"),
                override=content.get("override") is True,
                done=done,
            )
        elif kind == "unlock" and len(buffers) == 3:
            self._owner.unlock(_sealing_key().open(*buffers), new=content.get("new") is True, done=done)
        elif kind in ("save", "unlock"):
            done(refusal("not_sealed", _UNREADABLE))
        elif kind == "remove":
            self._owner.remove(field_text(content, "target"))
        elif kind == "check":
            self._owner.check(field_text(content, "target"))
        elif kind == "switch":
            self._owner.switch(field_text(content, "provider"))

    def _answering(self, content: Any) -> Done:
        request = str(content.get("id", "")) if isinstance(content, Mapping) else ""

        def done(outcome: KeyOutcome) -> None:
            answer: KeyAnswer = {"kind": "answer", "id": request[:32], **outcome}
            self.send(answer)

        return done


def refused(fault: ByokError, **more: Any) -> KeyOutcome:
    """Return the answer that shows a fault in words; the field keeps what was typed."""
    text = " ".join(part for part in (fault.problem, fault.cause, fault.fix) if part)
    return refusal(fault.kind, redact(text), **more)


def refusal(reason: str, text: str, **more: Any) -> KeyOutcome:
    """Return the answer that shows `text`; `reason` tells programs what it says."""
    return {"outcome": "refused", "reason": reason, "text": text, **more}  # type: ignore[typeddict-item]


@cache
def _sealing_key() -> SealingKey:
    return SealingKey()
