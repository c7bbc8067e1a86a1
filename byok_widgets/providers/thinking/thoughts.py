"""`Thoughts`: the thinking of one answer, gathered from wherever it arrives."""

from __future__ import annotations

from byok_widgets.providers.stream import SurrogateJoiner
from byok_widgets.providers.thinking.tags import tag_set
from byok_widgets.thought_tags import KNOWN_TAGS

_PARAGRAPH = "\n\n"


class Thoughts:
    """Gathers thinking by where it comes from; the same thinking from two places counts once."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[str]] = {}
        self._joiners: dict[str, SurrogateJoiner] = {}

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(self, text: str, source: str) -> None:
        """Add the next piece from a source."""
        if text:
            joiner = self._joiners.setdefault(source, SurrogateJoiner())
            self._pieces.setdefault(source, []).append(joiner.feed(text))

    def separate(self, source: str) -> None:
        """Begin a new paragraph, where a source has come to its next thought."""
        pieces = self._pieces.get(source)
        if pieces and pieces[-1] != _PARAGRAPH:
            self.add(_PARAGRAPH, source)

    def text(self) -> str:
        """Return all of it that has come so far; at any time, and from any thread."""
        texts = []
        for source, pieces in tuple(self._pieces.items()):
            texts.append(_without_tags("".join((*pieces, self._joiners[source].rest))))
        kept: list[str] = []
        for text in texts:
            if not any(text in other for other in kept):
                kept = [other for other in kept if other not in text]
                kept.append(text)
        return "\n\n".join(filter(None, kept))


def _without_tags(text: str) -> str:
    """Return a thought without the tags around it, which remain where the provider has marked it as one, too."""
    known, text = tag_set(KNOWN_TAGS), text.strip()
    if opening := known.opening.match(text):
        text = text[opening.end() :].removesuffix(known.closing_of(opening[0]))
    return text.strip()
