"""`jsonschema`, imported without the seconds that it takes beside JupyterLab.

JupyterLab brings the package that checks the format "iri" for it, and that package builds a large grammar when it
is imported. Here it is a module that loads itself when it is first used, which is hardly ever.
"""

from __future__ import annotations

import sys
import threading
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_GRAMMAR = "rfc3987_syntax"


class _LazyGrammar(ModuleType):
    """The package of the grammar, loaded when it is used; `jsonschema` imports its function without that.

    It stays among the imported modules: other code, in whatever thread, gets all that the package has.
    """

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        vars(self).update(vars(module_from_spec(spec)))
        self._loading, self._is_loaded = threading.RLock(), False
        self.is_valid_syntax = self._is_valid

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):  # those are asked for by whoever looks through all modules
            self._load()
        return super().__getattribute__(name)

    def _load(self) -> None:
        with self._loading:
            if not self._is_loaded and self.__spec__ and self.__spec__.loader:
                self.__spec__.loader.exec_module(self)
                self._is_loaded = True

    def _is_valid(self, term: str, value: str) -> bool:
        try:
            self._load()
        except Exception:  # noqa: BLE001 - without a grammar that works the format is not checked, as without the package
            return True
        check = self.is_valid_syntax
        return check == self._is_valid or bool(check(term, value))


def _defer_grammar() -> None:
    spec = None if _GRAMMAR in sys.modules else find_spec(_GRAMMAR)
    if spec is not None:
        sys.modules.setdefault(_GRAMMAR, _LazyGrammar(spec))


_defer_grammar()
import jsonschema as jsonschema  # noqa: E402, PLC0414 - the others import it from here
