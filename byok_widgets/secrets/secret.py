"""`Secret`: holds an API key and reveals it only on explicit request.

Nothing in this module logs, prints or raises with the text of a key.
"""

from __future__ import annotations

import hmac
import os
import weakref
from collections.abc import Callable
from typing import Any, NoReturn, final

MASK = "[API key]"
"""What is shown in place of a key."""


@final
class Secret:
    """An API key that ordinary inspection does not reveal; only `reveal()` returns it.

    `repr`, `str`, `format`, `vars`, `json.dumps(default=str)`, tracebacks with local variables and a walk over
    `dir()` show a mask. A copy is the same object. Pickling is refused. None of these can reach any part of the
    key, not even its length. Code in the same process that calls `reveal()` does get the key.

    Two holders are equal if their keys are (compared in constant time), but each has its own hash, so that
    something can be kept per holder for as long as the holder lives.
    """

    __slots__ = ("__open", "__weakref__")

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            del value
            raise TypeError("A Secret holds text (str).")
        self.__open = _covered(value)
        _live.add(weakref.ref(self, _forget))
        _note_change()

    def reveal(self) -> str:
        """Return the key. Call this only in the expression that hands it on; never bind it to a name."""
        return self.__open()

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        if other is self:
            return True
        return hmac.compare_digest(_encoded(self.reveal()), _encoded(other.reveal()))

    __hash__ = object.__hash__

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __getstate__(self) -> NoReturn:
        raise TypeError(_REFUSAL)

    def __reduce__(self) -> NoReturn:
        raise TypeError(_REFUSAL)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(_REFUSAL)


_REFUSAL = "An API key is never pickled. Save it in the flow's key store, and read it there."

_live: set[weakref.ref[Secret]] = set()
_state = [object()]


def live_secrets() -> list[Secret]:
    """Return all holders that are in use in this process."""
    held = (reference() for reference in list(_live))
    return [secret for secret in held if secret is not None]


def live_state() -> object:
    """Return an object that is another one as soon as other holders are in use."""
    return _state[0]


def _forget(reference: weakref.ref[Secret]) -> None:
    """Forget a holder that is gone; called at any time, in any thread, so it waits for no lock."""
    _live.discard(reference)
    _note_change()


def _note_change() -> None:
    _state[0] = object()


def _covered(value: str) -> Callable[[], str]:
    """Return a function that returns `value` without having it in its closure: inspectors open closures."""
    plain = _encoded(value)
    pad = os.urandom(len(plain))
    covered = _xor(plain, pad)
    return lambda: _xor(covered, pad).decode("utf-8", "surrogatepass")


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")


def _encoded(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")
