"""What a dialogue says of a yes or no, where it says it so plainly that it cannot be meant otherwise.

"Do you need parking?" "No." says that no parking is needed, and so does "I don't need parking." Each other word in
such a sentence may change what it says ("I don't mind parking far away"), so that only a few are known here. Where
anything else is said about the field, nothing is plain. The words are English; in other languages nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from byok_widgets.grounding.reading.answer_words import (
    ABSENCE,
    GO_AHEAD,
    I_DO,
    I_DO_NOT,
    LEAVE_IT,
    NO,
    NOT_NOW,
    PRAISE,
    WAVERING,
    WOULD_BE,
    YES,
    any_of,
    pattern,
    word_set,
)
from byok_widgets.grounding.reading.language import SMALL_WORDS
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.talked_about import is_talked_about, telling_words
from byok_widgets.grounding.reading.words import Word, words_of, words_of_name

_VERB_FORMS = "need needs needed want wants wanted like require requires required have has is are"
_VERBS = frozenset(_VERB_FORMS.split())
_OTHER_WORDS = """
    a an any the i we it this that you your my our s m am re d ll ve got do does will would for to be please also
    too really very and must should necessary
"""
_PLAIN = _VERBS | frozenset(_OTHER_WORDS.split())
"""Words that leave a sentence with the name of a field as plain as it is."""
_DENIALS = word_set(ABSENCE)
_NOT = re.compile(r"\b(do|is|does|would|are|have|has)n['\u2019]?t\b", re.IGNORECASE)
_WILL_NOT = re.compile(r"\bwon['\u2019]?t\b", re.IGNORECASE)
_ASKING = frozenset({"do", "does", "is", "are", "will", "would", "has", "have", "any", "am"})
"""Words with which a question begins, also one without its mark."""
_SENTENCE = re.compile(r"[^.!?;\n]+[.!?;\n]*")
_PRAISED = f"{any_of(WOULD_BE, 'sounds')} {any_of(PRAISE)}"
_YES = pattern(
    f"{any_of(YES)}(?:,? {any_of('please(?: do)?|thanks|thank you', I_DO, _PRAISED)})?"
    f"|{_PRAISED}|{I_DO}|{GO_AHEAD}|please(?: do)?"
)
_NO = pattern(
    f"{any_of(NO)}(?:,? {any_of('thanks|thank you|no need', I_DO_NOT, NOT_NOW)}"
    r"|,? (?:i['\u2019]m|we['\u2019]re) (?:good|fine))?"
    rf"|not (?:really|at all)|{LEAVE_IT}|(?:absolutely|definitely|certainly|of course) not"
    rf"|(?:i|we)(?:['\u2019]d| would) rather not|{any_of(I_DO_NOT)}(?: think so)?"
)
_WAVERING = pattern(rf"\b{any_of(WAVERING, YES, NO)}\b")


def plainly_said(name: str, passages: Sequence[Passage], people: Sequence[bool]) -> bool | None:
    """Return whether people say yes or no to what a field asks; `None` unless all that is said of it is plain.

    Args:
        name: The name of the field.
        passages: The dialogue.
        people: For each message, whether a person says it.
    """
    whole = {word.bare for word in words_of_name(name)}
    names = [each for each in telling_words(name) if each not in _VERBS]
    if not names or not whole <= {*names, *_VERBS, *SMALL_WORDS} or not _DENIALS.isdisjoint(whole):
        return None
    said = set(_claims(names, passages, people))
    return said.pop() if len(said) == 1 else None


def _claims(names: Sequence[str], passages: Sequence[Passage], people: Sequence[bool]) -> Iterator[bool | None]:
    """Yield what each sentence about the field says; `None` for one that is not plain."""
    for number, passage in enumerate(passages):
        for sentence in _SENTENCE.findall(passage.text):
            if not is_talked_about("_".join(names), [Passage(sentence)]):
                continue
            claim = _claim(sentence, names)
            is_question = sentence.rstrip().endswith("?")
            if people[number]:
                yield None if is_question or _asks(sentence) else claim
            elif claim and is_question and passage.text.count("?") == 1:
                yield _answer(passages, people, number + 1)
            else:
                yield None


def _claim(sentence: str, names: Sequence[str]) -> bool | None:
    """Return whether a sentence affirms or denies the words of a name; `None` if there is more in it."""
    words = words_of(_NOT.sub(r"\1 not", _WILL_NOT.sub("will not", sentence)))
    naming = {at: _named(word, names) for at, word in enumerate(words)}
    if not set(names) <= {name for found in naming.values() for name in found}:
        return None
    others = [word.bare for at, word in enumerate(words) if not naming[at]]
    denials = [at for at, word in enumerate(words) if word.bare in _DENIALS]
    if len(denials) > 1 or not _PLAIN.union(_DENIALS).issuperset(others):
        return None
    if any(words[at].bare in ("no", "without") and not _denies_next(words, at, naming) for at in denials):
        return None
    return not denials


def _asks(sentence: str) -> bool:
    """Whether what a person says may be a question or a request to the model."""
    words = [word.bare for word in words_of(sentence)]
    return bool(words) and (words[0] in _ASKING or not {"you", "your"}.isdisjoint(words))


def _denies_next(words: Sequence[Word], at: int, naming: dict[int, list[str]]) -> bool:
    """Whether "no" stands before what it denies; "No, I need parking" corrects something else."""
    return at + 1 < len(words) and (bool(naming[at + 1]) or words[at + 1].bare in ("need", "any"))


def _named(word: Word, names: Sequence[str]) -> list[str]:
    return [name for name in names if name in _numbers_of(word.bare) or word.bare in _numbers_of(name)]


def _numbers_of(word: str) -> tuple[str, ...]:
    """Return a word as one and as many."""
    return word, f"{word}s", f"{word}es", f"{word.removesuffix('y')}ies"


def _answer(passages: Sequence[Passage], people: Sequence[bool], number: int) -> bool | None:
    """Return the yes or no with which a person answers in a message; `None` for any other answer."""
    if number >= len(passages) or not people[number]:
        return None
    return plain_answer(passages[number].text)


def plain_answer(text: str) -> bool | None:
    """Return the yes or no that an answer plainly is; `None` for any other answer."""
    first, *others = _SENTENCE.findall(text.strip()) or [""]
    said = first.strip(" .!,;\n")
    if first.rstrip().endswith("?") or any(map(_WAVERING.search, others)):
        return None
    return True if _YES.fullmatch(said) else False if _NO.fullmatch(said) else None
