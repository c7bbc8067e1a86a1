"""Whether a simulated caller speaks as somebody else: the service, a model, or the author of its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from byok_widgets.cases.callers.caller import Caller

_MOST_CHARS = 5_000
"""Maximum number of characters of a turn that are checked: nobody says more."""
_MACHINE = (
    r"an? (?:ai|artificial intelligence|(?:large |ai )?language model"
    r"|(?:(?:ai|artificial|automated|digital|virtual|helpful) )?assistant"
    r"|chat ?bot(?! \w*(?:er|or)\b))"  # a developer of chatbots is none
)
_MODEL = (
    rf"\bas {_MACHINE}\b|\bi(?:['\u2019]m| am) (?:just |only )?{_MACHINE}\b"
    r"|\bi(?:['\u2019]m| am) sorry,? but i (?:can(?:['\u2019]t|not| not)|am (?:unable|not able) to)"
    r" (?:help|assist|comply|fulfill?|continue|provide|engage|discuss)\b"
    r"|\bi (?:don['\u2019]t|do not) have (?:any )?(?:personal|real)"
    r" (?:experiences?|information|data|feelings|details)\b"
    r"|\bals ki\b|\bich bin (?:nur )?(?:eine? )?(?:ki|sprachmodell|chatbot)\b"
    r"|\ben tant qu['\u2019](?:ia|assistante?)\b|\bcomo (?:una )?(?:ia|asistente virtual)\b"
)
_THINGS = (
    r"(?:account|appointment|booking|card|claim|complaint|details|driver|flight|food|inquiry|membership|order|package|parcel"
    r"|password|payment|pizza|prescription|refund|registration|request|reservation|shipment|stay|subscription|table|taxi"
    r"|technician|ticket|tickets)"
)
"""What a service has of its callers; callers say "my"."""
_DONE = (
    r"(?:block|book|cancel|chang|clos|confirm|creat|extend|forward|issu|process|reschedul|reserv|reset|schedul"
    r"|unlock|updat)"
)
_SERVICE = (
    r"\bhow (?:can|may) i (?:help|assist|direct your call)\b|\bwhat (?:can|may) i do for you\b"
    r"|\banything else i (?:can|may) (?:help|assist|do)\b"
    r"|\bthank(?:s| you) for (?:contacting|choosing|reaching out)\b|\bapologi[sz]e for (?:the|any) inconvenience\b"
    r"|\b(?:book|arrange|schedule|set up|reserve|cancel|look into) (?:that|it|this) for you\b"
    rf"|\bi(?:['\u2019]ve| have|['\u2019]ll| will| can|['\u2019]m)(?: now| just)? {_DONE}\w* your {_THINGS}\b"
    rf"|\byour (?:\w+ )?{_THINGS} (?:is|are|has been|have been|will be|was) (?:now |all |successfully )?"
    r"(?:active|arriving|blocked|booked|cancell?ed|changed|confirmed|created|dispatched|on (?:its|the) way"
    r"|processed|ready|registered|reserved|reset|scheduled|set|shipped|there|unlocked|updated|with you)\b"
    rf"|\byour (?:\w+ )?{_THINGS} (?:will|should) (?:arrive|be (?:there|delivered|processed))\b"
    r"|\bwhile i (?:\w+ ){1,2}your\b|\benjoy your (?:stay|meal|visit|trip|flight)\b"
    r"|\b(?:we|i)(?:['\u2019]d| would) be (?:happy|glad|delighted|pleased) to (?:welcome|assist|help|serve) you\b"
    r"|\bwe look forward to (?:seeing|welcoming|serving) you\b"
    r"|\b(?:could|can|may|would) (?:you|i) (?:please )?(?:provide|have|confirm|verify)(?: me)?(?: with)? your"
    r" (?:full |date of |booking |order |account |customer |phone |policy )"
    r"|\b(?:wie|womit) kann ich (?:ihnen|dir) (?:helfen|dienen)\b|\bwas kann ich f\u00fcr (?:sie|dich) tun\b"
)
_PERSON = "(?:caller|customer|patient|user)"
_AUTHOR = (
    rf"\bhere(?:['\u2019]s| is) what (?:\w+ ){{1,4}}(?:would|might|could) say\b"
    rf"|\bas the {_PERSON},|\bthe {_PERSON} (?:says|replies|waits|hangs|asks)\b"
    r"|\[(?:[a-z][\w'\u2019-]*)(?: [\w'\u2019-]+){0,4}\]|\{\{[^{}]{1,60}\}\}"
)
"""A model that writes about the person, or leaves a gap to be filled in: "my name is [your name]"."""
_OUT_OF_ROLE = re.compile(f"{_MODEL}|{_SERVICE}|{_AUTHOR}", re.IGNORECASE)
_SPEAKERS = (
    "assistant|agent|receptionist|operator|representative|service|support|system|bot|caller|patient|customer|user"
    "|client"
)


def out_of_role(caller: Caller, turns: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
    """Yield the turns in which a caller does not speak as itself, each with what shows it."""
    is_assistant = "assistant" in caller.persona.casefold()
    label = _label_of(caller)
    for turn in turns:
        text = str(turn["said"] or "")[:_MOST_CHARS]
        for found in (*label.finditer(text), *_OUT_OF_ROLE.finditer(text)):
            what = found.group().strip()
            if not (is_assistant and what.casefold().endswith(" an assistant")):
                yield turn["number"], what
                break


def _label_of(caller: Caller) -> re.Pattern[str]:
    """Return what finds the name of a speaker before what it says: "Agent: ...", or the caller's own."""
    words = " ".join([caller.persona, *(fact.value for name, fact in caller.known.items() if "name" in name)])
    own = "|".join(sorted({re.escape(word) for word in re.findall(r"[^\W\d_]{2,}", words) if word[0].isupper()}))
    return re.compile(rf"^[\s*_]*(?:{_SPEAKERS}{'|' if own else ''}{own})[\s*_]*:", re.IGNORECASE | re.MULTILINE)
