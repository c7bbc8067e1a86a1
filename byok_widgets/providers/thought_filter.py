"""`ThoughtFilter`: takes thoughts that stand between tags out of a streamed answer."""

from __future__ import annotations


class ThoughtFilter:
    """Passes on what is said, piece by piece.

    Tags count where an answer begins, and after thoughts; in what is said, they are text like any other.
    """

    def __init__(self, opening: str, closing: str) -> None:
        self._opening, self._closing = opening, closing
        self._held = ""
        self._is_thinking = False
        self._is_speaking = False
        self._is_after_thought = False  # the blank lines there belong to the thought

    def feed(self, text: str) -> str:
        """Return what of a piece of the answer is said; a piece that may turn out to be a tag is held back."""
        if self._is_speaking:
            return text
        self._held += text
        while self._take_tag():
            pass
        if self._is_thinking or self._may_become_tag(self._held.lstrip()):
            return ""
        return self.flush()

    def skip_thought(self) -> None:
        """Take note that a piece came which the provider marks as thought: tags may follow."""
        self._is_speaking = False

    def flush(self) -> str:
        """Return what was held back and is said after all; of a thought without an end, nothing is."""
        said, self._held = "" if self._is_thinking else self._held, ""
        said = said.lstrip() if self._is_after_thought else said
        self._is_speaking = bool(said)
        return said

    def _take_tag(self) -> bool:
        """Take one tag off what is held, with the thought before a closing one; whether there was one."""
        if self._is_thinking:
            thought, tag, rest = self._held.partition(self._closing)
            self._held = rest if tag else thought[1 - len(self._closing) :]
            self._is_thinking = not tag
            return bool(tag)
        text = self._held.lstrip()
        for tag in (self._opening, self._closing):
            if text.startswith(tag):
                self._held, self._is_thinking = text.removeprefix(tag), tag == self._opening
                self._is_after_thought = True
                return True
        return False

    def _may_become_tag(self, text: str) -> bool:
        return any(tag.startswith(text) for tag in (self._opening, self._closing))
