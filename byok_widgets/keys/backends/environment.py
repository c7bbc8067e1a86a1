"""Key references `env:NAME`: a flow names the environment variable that holds its key.

A variable is read only if a flow names it, and is never written.
"""

from __future__ import annotations

import hmac
import os
import re

from byok_widgets.errors import KeyFormatError, KeyStoreError
from byok_widgets.keys.backends.base import Availability, StoredKey
from byok_widgets.keys.formats import check_provider, clean_key
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.keys.status import KeyStatus
from byok_widgets.misplaced_keys import misplaced_key
from byok_widgets.secrets.key_formats import detect_provider
from byok_widgets.secrets.secret import Secret

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_API_KEY = re.compile(r"API_?KEY(?![A-Z])", re.IGNORECASE)
_KEY_LENGTH = 24
_AS_IS = ("utf-8", "surrogatepass")
PREFIX = "env:"


def in_environment(name: str, *, is_set: bool) -> KeyStatus:
    """Describe a key reference."""
    sentence = f"The key is read from the environment variable {name}; it is not stored."
    if not is_set:
        sentence = f"The key is read from the environment variable {name}, which is not set."
    reference = f"{PREFIX}{name}"
    return KeyStatus(
        Environment.name, reference, sentence, available=is_set, reference=reference, is_reference=True
    )


class Environment:
    """Finds a key by the name of an environment variable; stores none."""

    name = "env"
    label = "Environment variable"
    is_slow = False
    stores_keys = False
    lock = None

    def available(self, *, until: Deadline) -> Availability:
        """Return that a flow can always name a variable."""
        del until
        note = "Only the variable name is saved; the key is read from the variable on each call."
        return Availability(available=True, label=self.label, note=note, asks="variable")

    def may_hold(self, scope: KeyScope) -> bool:
        """Return that it may: what the variable holds is read when it is needed."""
        del scope
        return True

    def read(self, scope: KeyScope, reference: str, *, until: Deadline) -> StoredKey | None:
        """Return the key in the variable that `reference` names; `None` if it is unset or none is named.

        Raises:
            KeyFormatError: The variable holds something that cannot be this provider's key.
        """
        del until
        if not reference.startswith(PREFIX):
            return None
        name = variable_name(reference)
        secret = read_variable(name, scope.provider)
        return StoredKey(secret, in_environment(name, is_set=True)) if secret else None

    def write(self, scope: KeyScope, secret: Secret, *, until: Deadline) -> KeyStatus:
        """Refuse: an environment variable is never written."""
        del scope, secret, until
        raise KeyStoreError("A key cannot be stored in an environment variable.", kind="backend_read_only")

    def erase(self, scope: KeyScope, *, until: Deadline) -> None:
        """Do nothing: the variable stays, and the flow drops its reference to it."""
        del scope, until


def variable_name(reference: str) -> str:
    """Return the name in `env:NAME` or `NAME`.

    Raises:
        KeyFormatError: Kind `misplaced_key` if it looks like a key itself, `bad_key_reference` if it cannot be the
            name of an environment variable.
    """
    name = reference.strip().removeprefix(PREFIX) if isinstance(reference, str) else ""
    is_key = detect_provider(name) is not None or _is_noise(name)
    if _NAME.fullmatch(name) and not is_key:
        return name
    del reference, name
    if is_key:
        raise misplaced_key()
    raise KeyFormatError(
        "That is not the name of an environment variable.",
        kind="bad_key_reference",
        fix='Give the name only, like "env:MY_API_KEY". A key itself is pasted in Settings, never in a cell.',
    )


def is_named_like_api_key(name: str, provider: str) -> bool:
    """Whether a variable's name says that it holds an API key, such as `MY_API_KEY`, or a key of this provider."""
    return _OF_API_KEY.search(name) is not None or f"{provider}_KEY".upper() in name.upper()


def variable_value(name: str) -> Secret:
    """Return what the variable holds now, whatever it is; empty if it is unset."""
    return Secret(os.environ.get(name, ""))


def still_holds(name: str, value: Secret) -> bool:
    """Whether the variable holds the same as before."""
    return hmac.compare_digest(value.reveal().encode(*_AS_IS), os.environ.get(name, "").encode(*_AS_IS))


def read_variable(name: str, provider: str) -> Secret | None:
    """Return the key that the variable holds now, or `None` if it is unset or empty.

    Raises:
        KeyFormatError: It holds something that cannot be a key, such as a path, or the key of a provider other
            than `provider`.
    """
    held = variable_value(name)
    if not held.reveal().strip():
        return None
    try:
        _refuse_path(held)
        cleaned = Secret(clean_key(held.reveal()))
        check_provider(cleaned.reveal(), provider)
    except KeyFormatError as error:
        found = error
    else:
        return cleaned
    refusal = KeyFormatError(
        f"The environment variable {name} cannot be used: {found.problem[0].lower()}{found.problem[1:]}",
        kind=found.kind,
        flaw=found.flaw,
        fix=f"Set {name} to a key of this flow's provider, or name another variable.",
    )
    refusal.suggested_provider = found.suggested_provider
    raise refusal


def _refuse_path(held: Secret) -> None:
    """Refuse values like those of `HOME` or `PATH`. A key may begin with a slash, but is not an existing path."""
    listed, there = os.pathsep in held.reveal(), os.path.exists(held.reveal())  # noqa: PTH110 - a Path would show it
    if os.path.isabs(held.reveal()) and (listed or there):  # noqa: PTH117
        raise KeyFormatError("It holds the path of a file or folder, not an API key.", flaw="path")


def _is_noise(name: str) -> bool:
    """Whether a string of letters, digits and underscores is a key: names consist of words, keys are random."""
    mixed = any(c.islower() for c in name) and any(c.isupper() for c in name)
    noise = any(c.isdigit() for c in name) and "_" not in name
    return len(name) >= _KEY_LENGTH and " " not in name and (mixed or noise)
