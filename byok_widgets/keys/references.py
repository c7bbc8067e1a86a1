"""`KeyReferences`: how each key of a flow can be found again, which the flow's settings keep. Never a key."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence

from byok_widgets.errors import ByokError, KeyStoreError
from byok_widgets.keys.backends.base import KeyBackend
from byok_widgets.keys.backends.environment import PREFIX, in_environment, variable_name
from byok_widgets.keys.backends.registry import backend_named
from byok_widgets.keys.scope import KeyScope
from byok_widgets.misplaced_keys import misplaced_key
from byok_widgets.secrets import redact
from byok_widgets.secrets.detection import looks_like_key


class KeyReferences:
    """For each scope the name of the backend that holds its key, or the variable that does.

    A variable that is referred to beside a key in a backend is known to this process only.

    Args:
        saved: The references that the settings keep, by the name of the scope.
    """

    def __init__(self, saved: MutableMapping[str, str]) -> None:
        self._saved = saved
        self._beside: dict[KeyScope, str] = {}

    def of(self, scope: KeyScope) -> str:
        """Return the reference of a scope, the name of a backend or `env:NAME`; empty if it has none."""
        return self._saved.get(scope.reference_name, "")

    def note(self, scope: KeyScope, reference: str) -> None:
        """Keep a reference in place of all earlier ones, or with an empty one none."""
        self._beside.pop(scope, None)
        if reference:
            self._saved[scope.reference_name] = reference
        else:
            self._saved.pop(scope.reference_name, None)

    def refer(self, scope: KeyScope, variable: str) -> None:
        """Keep the name of a variable; it never replaces the name of a backend, which holds a key."""
        if self.of(scope) and not self.of(scope).startswith(PREFIX):
            self._beside[scope] = variable
        else:
            self._saved[scope.reference_name] = in_environment(variable, is_set=True).reference

    def keep_variables(self) -> None:
        """Forget the backends; what refers to a variable stays."""
        for name, reference in dict(self._saved).items():
            if not reference.startswith(PREFIX):
                self._saved.pop(name, None)

    def variable(self, scope: KeyScope) -> str:
        """Return the variable that is referred to; empty if there is none."""
        reference = self.of(scope)
        return variable_name(reference) if reference.startswith(PREFIX) else self._beside.get(scope, "")

    def missing_backend(self, scope: KeyScope, backends: Sequence[KeyBackend]) -> ByokError | None:
        """Return the error that names the backend the key is in, when it is none of these."""
        reference = self.of(scope)
        if not reference or reference.startswith(PREFIX) or backend_named(reference, backends):
            return None
        if looks_like_key(reference):
            return misplaced_key()
        return KeyStoreError(
            f"The key is stored in {redact(reference)!r}, which is not available here.",
            kind="backend_missing",
            fix="Register that storage backend before the flow is used, or paste the key again.",
        )
