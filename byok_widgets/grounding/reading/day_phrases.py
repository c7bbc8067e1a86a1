"""The days that an English dialogue names, in its own words: "next Friday", "day after tomorrow", "March 3rd"."""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST_PHRASES = 30
"""In a dialogue with more of them a choice among them says little."""
_MONTH = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_WEEKDAY = (
    "mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|weekdays"
    "|mon|tues?|wed|thurs?|fri|sat|sun"
)
_HOLIDAY = r"christmas(?:\s+(?:day|eve))?|easter|new\s+year(?:['’]s)?(?:\s+(?:day|eve))?|thanksgiving|halloween"
_COMING = r"next|this|coming|following|last"
_DAY = r"\d{1,2}(?:st|nd|rd|th)"
_PHRASE = re.compile(
    rf"""\b(?:
    (?:{_DAY}|\d{{1,2}})(?:\s+of)?\s+(?:{_MONTH}|(?:this|next|the)\s+month)\b(?:,?\s+\d{{4}})?
    |(?:{_MONTH})\.?\s+(?:the\s+)?(?:{_DAY}|\d{{1,2}})\b(?:,?\s+\d{{4}})?
    |(?:early|mid|late|end\s+of|beginning\s+of|start\s+of)[\s-](?:{_MONTH}|(?:next|this)\s+(?:week|month|year))
    |day\s+(?:after|before)(?:\s+(?:tomorrow|yesterday))?
    |(?:later\s+|earlier\s+)?(?:today|tonight)
    |(?:tomorrow|yesterday|this)(?:\s+(?:morning|afternoon|evening|night))|tomorrow|yesterday
    |(?:(?:{_COMING})\s+)?(?:{_WEEKDAY})(?:\s+(?:next|this)\s+week)?
    |(?:{_COMING})\s+(?:week|weekend|month|year|summer|winter|spring|autumn|fall)|(?:the\s+)?weekend
    |in\s+(?:a|an|one|two|three|four|five|six|\d{{1,2}}|a\s+few|a\s+couple\s+of)\s+(?:days?|weeks?|months?)
    |(?:{_COMING}\s+)?(?:{_HOLIDAY})|as\s+soon\s+as\s+possible|asap|right\s+away
    |(?:the\s+)?{_DAY}(?!\s+(?:of\s+)?(?:{_MONTH}|(?:this|next|the)\s+month)\b)
    |\d{{4}}-\d\d-\d\d|\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?|\d{{1,2}}\.\d{{1,2}}\.(?:\d{{2,4}})?
    )(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_AMBIGUOUS = re.compile(r"mar|may|sat|sun|mon|wed|fri", re.IGNORECASE)


def day_phrases(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the days that some texts name, each once; nothing if there are none, or very many."""
    found: dict[str, str] = {}
    for text in texts:
        for phrase in _PHRASE.finditer(text):
            said = " ".join(phrase[0].split())
            if not (_AMBIGUOUS.fullmatch(said) and said.islower()):
                found.setdefault(said.casefold(), said)
    return tuple(found.values()) if len(found) <= MOST_PHRASES else ()
