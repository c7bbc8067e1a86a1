"""The English words with which people say yes or no, agree, waver, and take something back.

Each rule of this package takes the groups that it needs. A group is written as the alternatives of a pattern;
`any_of` joins several of them.
"""

from __future__ import annotations

import re

_S = "['\u2019]"
"""An apostrophe, as keyboards and as phones write it."""

YES = "yes|yeah|yep|yup|sure|of course|definitely|absolutely|certainly|correct"
NO = "no|nope|nah"
GO_AHEAD = "go ahead|by all means|go for it|why not"
LEAVE_IT = (
    rf"(?:i|we)(?:{_S}ll| will) pass|not interested|(?:skip|drop|forget) (?:it|that)|leave (?:it|that) out|hard no"
    rf"|please (?:do not|don{_S}t)|no need"
)
"""With these people say no to what is offered."""
NOT_NOW = r"not (?:really|at all|this time|today|now|yet|necessary)|(?:maybe|perhaps) (?:later|another time)"
NO_TROUBLE = r"(?! (?:problem|worries|doubt|wait|objections?|issues?|trouble|complaints?|conflicts?)\b)"
"""What may not follow a no: "No problem" agrees."""

I_DO = "i do|we do|i am|it is"
DO_NOT = rf"(?:i|we) (?:do not|don{_S}t)"
I_DO_NOT = rf"{DO_NOT}|(?:i|we) (?:am not|are not)|i{_S}m not|it(?: is|{_S}s) not|it isn{_S}t"
WOULD_BE = f"that(?: would|{_S}d) be"
PRAISE = "good|great|nice|perfect|lovely|wonderful|excellent|awesome|fine"
ASSENT = "ok|okay|right"
"""With these and praise people agree, but do not answer a question by yes or no."""

WAVERING = "but|wait|actually|sorry|unless|if|though|although|except|only|maybe|perhaps|hm+"
"""Words after which a yes or no may not stand."""

CORRECTING = (
    "wait|sorry|actually|rather|oops|correction|instead|hang on|hold on|i mean|i meant|scratch that"
    f"|make (?:it|that)|let{_S}s say|or rather|my mistake"
)
"""With these people put another value in the place of one."""
PREFERRING = "actually|rather|instead|prefer|change|switch|make (?:it|that)|on second thought"
"""With these people choose again."""

ABSENCE = "no|non|not|without"
DENYING = f"{ABSENCE}|never|nor|neither"
NOT = rf"n{_S}t\b"
CANNOT = rf"\b(?:can|could)(?:n?{_S}t| ?not)\b"


def any_of(*groups: str) -> str:
    """Return the alternatives of some groups as one part of a pattern."""
    return f"(?:{'|'.join(groups)})"


def word_set(*groups: str) -> frozenset[str]:
    """Return the words of groups that consist of nothing but words."""
    return frozenset("|".join(groups).split("|"))


def pattern(text: str) -> re.Pattern[str]:
    """Return a pattern that ignores case."""
    return re.compile(text, re.IGNORECASE)
