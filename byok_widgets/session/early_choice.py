"""`EarlyChoice`: what a judge chooses, read while it still writes its reason.

It is taken only from an answer that begins with the object, whose first member is the choice, complete and one of
those that were offered, at a provider that says with which models it enforces the schema, or from a local model,
whose server writes by a grammar. Anywhere else, also where a router or a server may or may not do it, the whole
answer is waited for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Container
from json import JSONDecodeError, loads

from byok_widgets.config import ResolvedModel
from byok_widgets.engine.callbacks import Retraction
from byok_widgets.providers import catalog

_BEGINNING = re.compile(r'\s*\{\s*"choice"\s*:\s*("(?:[^"\\]|\\.)*")', re.DOTALL)
_MAY_BEGIN = re.compile(r'\s*(\{\s*("(c(h(o(i(c(e("\s*(:\s*(".*)?)?)?)?)?)?)?)?)?)?)?', re.DOTALL)


def may_choose_early(model: ResolvedModel) -> bool:
    """Whether a provider is known to enforce a schema with a model."""
    return catalog.structured_output(model.ref.provider, model.ref.model) is True


class EarlyChoice:
    """Reads an answer as it comes.

    Args:
        offered: The choices.

    Attributes:
        made: Has the choice as soon as it is known; never, where the answer begins with anything else.
    """

    def __init__(self, offered: Container[str]) -> None:
        self.made: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._offered = offered
        self._text = ""
        self._gave_up = False

    @property
    def is_known(self) -> bool:
        """Whether the choice is known."""
        return self.made.done()

    def feed(self, piece: str) -> None:
        """Take a piece of the answer."""
        if self.made.done() or self._gave_up:
            return
        if isinstance(piece, Retraction):
            self._gave_up = True
            return
        self._text += piece
        found = _BEGINNING.match(self._text)
        if found is None:
            self._gave_up = _MAY_BEGIN.fullmatch(self._text) is None
            return
        try:
            choice = loads(found[1])
        except JSONDecodeError:
            choice = None
        if choice in self._offered:
            self.made.set_result(choice)
        else:
            self._gave_up = True
