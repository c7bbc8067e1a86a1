"""Times of day in a text, in the ways in which people write and say them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from byok_widgets.grounding.reading.numbers import number_of


@dataclass(frozen=True)
class TimeSaid:
    """A time of day in a text.

    Attributes:
        hour: The hour, from 0 to 23.
        minute: The minute.
        is_exact: Whether it says which half of the day is meant.
        is_bare: Whether it is no more than a number after a word such as "at".
        start: Index of its first character.
        end: Index after its last one.
    """

    hour: int
    minute: int
    is_exact: bool
    start: int
    end: int
    is_bare: bool = False

    def means(self, hour: int, minute: int, *, is_exact: bool = True) -> bool:
        """Whether it is this time, as far as both say which half of the day they mean."""
        if self.minute != minute:
            return False
        return self.hour == hour if self.is_exact and is_exact else (self.hour - hour) % 12 == 0


_HOUR_WORDS = """one two three four five six seven eight nine ten eleven twelve
eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf
deux trois quatre cinq sept huit neuf dix onze douze dos tres cuatro cinco seis siete ocho nueve diez doce
tre quattro cinque sette otto nove dieci undici dodici duas três quatro sete oito dez
twee drie vijf zes zeven negen tien twaalf"""
_HOURS = "|".join(sorted(set(_HOUR_WORDS.split()), key=len, reverse=True))
_HALVES = r"a\.?\s?m\b\.?|p\.?\s?m\b\.?|a\b(?=[\s,.]|$)|p\b(?=[\s,.]|$)"
_PARTS = "early morning|morning|noon|afternoon|evening|night|tonight"
_CLOCK = re.compile(
    rf"""(?:\b(?P<before>{_PARTS})\s{{1,4}}(?:at\s{{1,4}}|around\s{{1,4}})?)?
    (?:\b(?<!from[ ])(?<!between[ ])
       (?P<past>half|quarter|a\s{{1,4}}quarter|\d{{1,2}}|five|ten|twenty|twenty[ -]five)\s{{1,4}}
       (?:minutes?\s{{1,4}})?(?P<way>past|after|to|before|till|until)\s{{1,4}})?
    (?<![\w.,:/])(?P<hour>\d{{1,2}}(?!\d)|(?<!-)(?:{_HOURS})(?!\w))
    (?:\s?(?P<sign>[:.h])\s?(?P<minute>[0-5]\d)(?::[0-5]\d)?(?!\d)
       |[ ](?P<spoken>oh[ ]?\w+|fifteen|thirty|forty[ -]five|[0-5]\d\b)|(?P<only_h>\s?h\b))?
    (?P<clock>\s?o[’']?\s?clock|\s?uhr\b(?:\s(?P<then>[0-5]\d)\b(?!:))?|\s?heures?\b|\s?hrs?\b)?
    (?:\s?(?P<half>{_HALVES}))?
    (?:\s{{1,4}}(?:in\s{{1,4}}the|at|this|of\s{{1,4}}the)?\s{{0,4}}(?P<after>{_PARTS})\b)?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NAMED = re.compile(r"\b(?P<name>noon|midday|midnight)\b", re.IGNORECASE)
_KOREAN = ["한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두"]
_EAST = re.compile(
    r"(?P<part>上午|下午|早上|晚上|中午|午前|午後|오전|오후)?\s?"
    rf"(?P<hour>\d{{1,2}}|[一二三四五六七八九十]{{1,2}}|{'|'.join(reversed(_KOREAN))})"
    r"\s?[点點時时시](?:\s?(?P<minute>\d{1,2})\s?[分분]|\s?(?P<half>半|반))?"
)
_OTHER_LANGUAGES = re.compile(
    r"""\b(?:(?P<to>halb|viertel[ ]vor)|(?P<past>viertel[ ]nach))[ ](?P<then>\d{1,2}|\w+)
    |\b(?P<hour>\d{1,2}|\w+)(?:[ ]heures?|\s?h)?[ ](?:(?:et|y|e)[ ](?P<more>demie?|media|mezza|quart|cuarto)
       |(?P<less>moins[ ]le[ ]quart|menos[ ]cuarto))\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Parts of an hour in German, French, Spanish and Italian; "halb acht" is half past seven."""
_QUARTERS = ("quart", "cuarto")
_MILITARY = re.compile(r"\b(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)\s?(?:hours|hrs|h)\b", re.IGNORECASE)
_SPOKEN = {"fifteen": 15, "thirty": 30, "forty-five": 45, "forty five": 45}
_AFTER_NOON = ("afternoon", "evening", "night", "tonight")


def times_in(text: str) -> Iterator[TimeSaid]:
    """Yield the times of day of a text. A bare number is one only beside words such as "at" or "o'clock"."""
    for found in _NAMED.finditer(text):
        yield TimeSaid(
            0 if found["name"].casefold() == "midnight" else 12,
            0,
            is_exact=True,
            start=found.start(),
            end=found.end(),
        )
    for found in _CLOCK.finditer(text):
        said = _time(found, text)
        if said:
            yield said
    for found in _EAST.finditer(text):
        yield from _eastern(found)
    for found in _OTHER_LANGUAGES.finditer(text):
        yield from _in_another_language(found)
    for found in _MILITARY.finditer(text):
        start, end = found.span()
        yield TimeSaid(int(found["hour"]), int(found["minute"]), is_exact=True, start=start, end=end)


def _time(found: re.Match[str], text: str) -> TimeSaid | None:
    hour, minute = _number(found["hour"]), _minute(found)
    if found["past"]:
        hour, minute = _counted(found, hour)
    part = (found["half"] or found["after"] or found["before"] or "").casefold()
    marked = any(found[name] for name in ("past", "minute", "clock", "only_h")) or bool(part)
    follows_at = _follows_at(text, found.start("hour"))
    is_in_words = (found["hour"] + (found["spoken"] or "0")).isalpha()  # "seven thirty"
    if not (marked or follows_at or is_in_words):
        return None
    if found["sign"] == "." and not part and not found["clock"] and not follows_at:  # "7.30" may be a price
        return None
    if hour > 23 or (part and hour > 12 and found["half"]):
        return None
    is_exact = (
        bool(part) or hour > 12 or (hour == 0) or (found["hour"].startswith("0") and len(found["hour"]) == 2)
    )
    if part and (part.startswith("p") or part in _AFTER_NOON) and hour < 12:
        hour += 12
    elif part.startswith("a") and part not in _AFTER_NOON and hour == 12:
        hour = 0
    end = found.end()
    while end > found.start() and text[end - 1].isspace():
        end -= 1
    return TimeSaid(hour % 24, minute, is_exact, found.start(), end, is_bare=not marked)


def _in_another_language(found: re.Match[str]) -> Iterator[TimeSaid]:
    hour = _number(found["then"] or found["hour"])
    if not 1 <= hour <= 23:
        return
    to, more = (found["to"] or found["less"] or "").casefold(), (found["more"] or "").casefold()
    minute = {"halb": 30, "": 15 if found["past"] or more in _QUARTERS else 30}.get(to, 45)
    hour = (hour - 1) % 24 if to else hour
    yield TimeSaid(hour, minute, hour > 12, *found.span())


def _counted(found: re.Match[str], hour: int) -> tuple[int, int]:
    """Return hour and minute of "half past 7" or "quarter to 8"."""
    words = found["past"].casefold().removeprefix("a ").strip()
    minutes = {"half": 30, "quarter": 15}.get(words) or sum(map(_number, re.split(r"[ -]", words)))
    if found["way"].casefold() in ("past", "after"):
        return hour, minutes
    return (hour - 1) % 24 or (12 if hour == 1 else 0), 60 - minutes  # a quarter to one is 12:45


def _minute(found: re.Match[str]) -> int:
    if found["minute"]:
        return int(found["minute"])
    if found["then"]:
        return int(found["then"])
    spoken = (found["spoken"] or "").casefold()
    if spoken.startswith("oh"):
        return _number(spoken.removeprefix("oh").strip())
    return _SPOKEN.get(spoken, int(spoken) if spoken.isdecimal() else 0)


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else int(number_of(word) or 0)


def _follows_at(text: str, at: int) -> bool:
    return bool(
        re.search(
            r"\b(?:at|around|about|by|until|till|from|to|before|after"
            r"|um|à|a las|alle|às|om|kl\.?|klo|godz\.?)\s+$",
            text[:at][-12:],
            re.IGNORECASE,
        )
    )


def _eastern(found: re.Match[str]) -> Iterator[TimeSaid]:
    hour = int(found["hour"]) if found["hour"].isdecimal() else _hour_named(found["hour"])
    minute = 30 if found["half"] else int(found["minute"] or 0)
    part = found["part"] or ""
    late = part in ("下午", "晚上", "午後", "오후")
    if hour < 24 and minute < 60:
        yield TimeSaid(hour + 12 if late and hour < 12 else hour, minute, bool(part) or hour > 12, *found.span())


def _hour_named(signs: str) -> int:
    if signs in _KOREAN:
        return _KOREAN.index(signs) + 1
    digits = "〇一二三四五六七八九十"
    if signs.startswith("十"):
        return 10 + (digits.index(signs[1]) if len(signs) > 1 else 0)
    return digits.index(signs[0]) * (10 if signs[1:] == "十" else 1)
