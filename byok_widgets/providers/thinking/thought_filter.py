"""`ThoughtFilter`: takes the thinking out of a streamed answer.

Tags count where an answer begins and after thinking; in what is said, they are text like any other. One exception:
some servers put the opening tag into the prompt, so the answer begins inside the thinking. What was passed on as
said then turns out to be thinking when its closing tag comes, and is *retracted*. That happens once at most, after
opening tags only where one stood inside a thought, and not where the closing tag stands in code or is only
mentioned.

Some models put tags around the answer that follows their thinking, too: those are left out.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from byok_widgets.providers.thinking.harmony import BEGINNINGS, HarmonyFilter, begins_harmony, may_begin_harmony
from byok_widgets.providers.thinking.tags import finder, tag_set, unfinished
from byok_widgets.thought_tags import ANSWER_TAGS, KNOWN_TAGS, Tags

_STRIPPED = "analysis"
_STRIPPED_THOUGHT = re.compile(_STRIPPED + r"(?=[^\W_])")
_STRIPPED_TAGS: Tags = (("assistantanalysis", "assistantfinal"),)
"""Channels whose markers a server has removed: `analysisThe user …assistantfinalHello`."""
_HARMONY_TAGS: Tags = (("<|channel|>analysis<|message|>", "<|end|><|start|>assistant"),)
"""What stands around an analysis whose channel was begun in the prompt, so that only its end shows."""
_FIRST_CHARS = frozenset(beginning[0] for beginning in (_STRIPPED, *BEGINNINGS))
"""What anything but a tag begins with that an answer may begin with."""
_QUOTES = frozenset("`\"'“”‘’«»")


class Sorted(NamedTuple):
    """What a piece of an answer contains.

    Attributes:
        said: The answer's next words.
        thought: The next part of the thinking.
        retracts: Whether all that was said before this piece was thinking.
    """

    said: str = ""
    thought: str = ""
    retracts: bool = False


_NOTHING = Sorted()


class ThoughtFilter:
    """Sorts the pieces of one answer.

    A piece that may turn out to be a tag is held back; never more than the longest beginning of a tag.
    """

    def __init__(self, tags: Tags = KNOWN_TAGS) -> None:
        self._tags = tag_set((*tags, *_HARMONY_TAGS) if tags else tags)
        self._recognises = bool(tags)
        self._harmony: HarmonyFilter | None = None
        self._state: Literal["begin", "thinking", "speaking", "answering"] = "begin"
        self._watches = self._recognises  # a closing tag may still show that what was said is thinking
        self._closing = ""
        self._held = ""
        self._blank: list[str] = []  # what the answer begins with: it may be without end
        self._said: list[str] = []
        self._thought: list[str] = []
        self._is_apart = False  # the provider itself has sent thinking
        self._is_after_thought = False  # the blank lines there belong to the thought

    def feed(self, text: str) -> Sorted:
        """Sort the next piece of the answer."""
        if self._harmony:
            return Sorted(*self._harmony.feed(text))
        if self._state == "begin" and self._begins_plainly(text):
            text, self._blank, self._state = "".join((*self._blank, text)), [], "speaking"
        if self._state == "speaking" and not self._held and not (self._watches and self._tags.may_contain(text)):
            self._remember(text)
            return Sorted(text)
        if self._state == "begin" and self._recognises and not self._held and not text.strip():
            self._blank.append(text)
            return _NOTHING
        self._hold(text)
        return self._sort(is_end=False)

    def flush(self) -> Sorted:
        """Sort what was held back; a thought without an end stays one."""
        if self._harmony:
            return Sorted(*self._harmony.flush())
        if not self._held and not self._blank:
            return _NOTHING
        self._hold("")
        return self._sort(is_end=True)

    def skip_thought(self) -> None:
        """Record that the provider itself has sent thinking: tags may follow, but none is missing."""
        self._watches, self._said, self._is_apart = False, [], True
        if self._state == "speaking" and self._recognises:
            self._state = "begin"

    def _begins_plainly(self, text: str) -> bool:
        """Whether an answer begins like this that begins with no tag, as nearly all do."""
        if self._held or self._is_after_thought or self._is_apart:
            return False
        first = text.lstrip()[:1]
        return bool(first) and first not in _FIRST_CHARS and not self._tags.may_contain(first)

    def _hold(self, text: str) -> None:
        self._held = "".join((*self._blank, self._held, text))
        self._blank = []

    def _sort(self, *, is_end: bool) -> Sorted:
        out = _Output()
        handlers = {
            "begin": self._begin,
            "thinking": self._think,
            "speaking": self._speak,
            "answering": self._answer,
        }
        while self._held and handlers[self._state](out, is_end=is_end):
            pass
        return Sorted("".join(out.said), "".join(out.thought), out.retracts)

    # Each of these takes something off what is held, and returns whether there is more to be done now.

    def _begin(self, out: _Output, *, is_end: bool) -> bool:
        """Decide what an answer begins with, or continues with after a thought."""
        text = self._held.lstrip()
        if self._recognises and begins_harmony(text):
            return self._hand_over(out, is_end=is_end)
        if opening := self._tags.opening.match(text):
            return self._think_until(self._tags.closing_of(opening[0]), text[opening.end() :])
        if closing := self._tags.closing.match(text):
            self._held, self._watches, self._is_after_thought = text[closing.end() :], False, True
            return True
        if self._may_be_wrapped and (opening := tag_set(ANSWER_TAGS).opening.match(text)):
            self._state, self._closing = "answering", tag_set(ANSWER_TAGS).closing_of(opening[0])
            self._held, self._is_after_thought = text[opening.end() :], True
            return True
        if self._recognises and _STRIPPED_THOUGHT.match(text):
            return self._think_until(_STRIPPED_TAGS[0][1], text.removeprefix(_STRIPPED))
        if self._recognises and not is_end and self._is_undecided(text):
            return False
        self._state = "speaking"
        if text.startswith(_STRIPPED) and self._watches:
            self._tags = tag_set(_STRIPPED_TAGS)
        if self._is_after_thought:
            self._held = text
        return True

    def _is_undecided(self, text: str) -> bool:
        if self._may_be_wrapped and tag_set(ANSWER_TAGS).may_begin(text):
            return True
        return self._tags.may_begin(text) or may_begin_harmony(text) or _STRIPPED.startswith(text)

    @property
    def _may_be_wrapped(self) -> bool:
        return self._recognises and (self._is_after_thought or self._is_apart)

    def _think_until(self, closing: str, rest: str) -> bool:
        self._state, self._watches, self._closing, self._held = "thinking", False, closing, rest
        self._thought = []
        return True

    def _hand_over(self, out: _Output, *, is_end: bool) -> bool:
        self._harmony, text, self._held = HarmonyFilter(), self._held, ""
        for said, thought in (self._harmony.feed(text), self._harmony.flush() if is_end else ("", "")):
            out.said.append(said)
            out.thought.append(thought)
        return False

    def _think(self, out: _Output, *, is_end: bool) -> bool:
        held = self._held
        tag = finder(self._closing).search(held)
        if tag is None:
            end = len(held) - (0 if is_end else unfinished(held, self._closing))
            self._held = held[end:]
            self._reflect(out, held[:end])
            return False
        self._held, self._state, self._is_after_thought = held[tag.end() :], "begin", True
        self._reflect(out, held[: tag.start()])
        if self._tags.opening.search("".join(self._thought)):  # a thought inside it, so a second end may follow
            self._watches, self._said = True, []
        return True

    def _reflect(self, out: _Output, text: str) -> None:
        self._thought.append(text)
        out.thought.append(text)

    def _answer(self, out: _Output, *, is_end: bool) -> bool:
        """Leave out the tag that closes an answer: at its end, or at the end of a line."""
        held = self._held = self._held.lstrip() if self._is_after_thought else self._held
        if not held:
            return False
        self._is_after_thought = False
        tag = finder(self._closing).search(held)
        if tag is None:
            end = len(held) - (0 if is_end else unfinished(held, self._closing))
            self._say(out, end)
            return False
        after = held[tag.end() :]
        if not after.strip() and not is_end:
            self._say(out, tag.start())
            return False  # what follows decides
        if not after.strip() or after.lstrip(" \t")[0] in "\r\n":
            self._say(out, tag.start())
            self._held, self._state = after if after.strip() else "", "speaking"
        else:
            self._say(out, tag.end())
        return True

    def _speak(self, out: _Output, *, is_end: bool) -> bool:
        tag = self._tags.either.search(self._held) if self._watches else None
        if tag is None:
            kept = self._tags.held_back(self._held) if self._watches and not is_end else 0
            self._say(out, len(self._held) - kept)
            return False
        after = self._held[tag.end() :]
        self._say(out, tag.start())
        if self._tags.opening.fullmatch(tag[0]):
            self._watches = False
        elif not is_end and not after.strip(" \t"):
            return False  # what follows decides
        elif _ends_thought("".join(self._said), after):
            self._held, self._state, self._is_after_thought = after, "begin", True
            self._watches, self._said = False, []
            out.retract()
        else:
            self._watches = False
        return True

    def _say(self, out: _Output, end: int) -> None:
        text, self._held = self._held[:end], self._held[end:]
        self._remember(text)
        out.said.append(text)

    def _remember(self, text: str) -> None:
        if self._watches:
            self._said.append(text)


class _Output:
    """What a piece of the answer turned out to contain."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.thought: list[str] = []
        self.retracts = False

    def retract(self) -> None:
        self.retracts, self.said, self.thought = True, [], [*self.thought, *self.said]


def _ends_thought(said: str, after: str) -> bool:
    """Whether a closing tag between two texts ends a thought, and is not code, quoted or merely mentioned."""
    line = said[said.rfind("\n") + 1 :]
    if said.count("```") % 2 or line.count("`") % 2:
        return False
    if said[-1:] in _QUOTES or after[:1] in _QUOTES:
        return False
    is_spaced = said[-1:] in (" ", "\t") and after[:1] in (" ", "\t")
    return not (is_spaced and after.lstrip(" \t")[:1].islower())
