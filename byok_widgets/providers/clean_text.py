"""`CleanText`: a text that comes piece by piece, passed on in whole characters and without held keys."""

from __future__ import annotations

from byok_widgets.engine.callbacks import OnText
from byok_widgets.providers.stream import SurrogateJoiner
from byok_widgets.secrets.streamed_redaction import StreamedRedactor


class CleanText:
    """Passes a text on and keeps it. It is true as soon as anything of it has come.

    Attributes:
        pieces: What has been passed on.
    """

    def __init__(self, on_text: OnText) -> None:
        self.pieces: list[str] = []
        self._on_text = on_text
        self._joiner, self._redactor = SurrogateJoiner(), StreamedRedactor()

    def __bool__(self) -> bool:
        return bool(self.pieces) or self._redactor.is_holding_back

    def __str__(self) -> str:
        return "".join(self.pieces)

    @property
    def is_altered(self) -> bool:
        """Whether a key was taken out of it."""
        return self._redactor.altered

    def add(self, text: str) -> None:
        """Add a piece, and pass on what is certain to be no key."""
        clean = self._redactor.feed(self._joiner.feed(text))
        if clean:
            self.pieces.append(clean)
            self._on_text(clean)

    def flush(self) -> None:
        """Pass on what was held back: nothing more comes."""
        if rest := self._rest():
            self.pieces.append(rest)
            self._on_text(rest)

    def take_back(self) -> str:
        """Return all of it, what was held back included, and begin again."""
        text = f"{self}{self._rest()}"
        self.pieces.clear()
        return text

    def _rest(self) -> str:
        """Return what was held back, and hold nothing back any more."""
        return self._redactor.feed(self._joiner.flush()) + self._redactor.flush()
