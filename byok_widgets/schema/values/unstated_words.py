"""Words that models write where nothing was said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from byok_widgets.text_forms import normalized

IsSaid = Callable[[str], bool]
"""Whether the dialogue holds a text in exactly these words."""

_WORDS = frozenset(
    {"n/a", "n.a", "none", "undefined", "unknown", "unspecified", "unstated", "missing", "tbd", "tba"}
    | {"to be determined", "to be decided", "to be confirmed", "to be announced", "not applicable", "no answer"}
    | {"not yet known", "not yet determined", "none given", "none mentioned", "none provided", "none stated"}
    | {"no information", "no information given", "no information provided", "not in the dialogue", "n/d"}
    | {f"not {how}" for how in ("given", "known", "mentioned", "provided", "said", "specified", "stated")}
)
_MAY_BE_MEANT = frozenset(
    {"na", "nil", "null", "not available", "void", "blank", "empty", "string", "str", "placeholder"}
)
"""These may also be a name, a code or an answer: they count as values where the dialogue holds them."""
_IN_OTHER_LANGUAGES = frozenset(
    {"unbekannt", "keine angabe", "keine angaben", "k.a", "inconnu", "desconocido", "sconosciuto", "desconhecido"}
    | {f"nicht {how}" for how in ("angegeben", "bekannt", "erwahnt", "genannt")}
    | {f"non {how}" for how in ("indique", "mentionne", "precise", "renseigne", "specifie")}
    | {f"non {how}" for how in ("indicato", "menzionato", "specificato")}
    | {f"no {how}" for how in ("especificado", "indicado", "mencionado", "se menciona")}
    | {f"nao {how}" for how in ("especificado", "informado", "mencionado")}
    | {"onbekend", "niet vermeld", "niet opgegeven", "nieznane", "nie podano", "bilinmiyor", "belirtilmemis"}
    | {"keine", "keiner", "aucun", "aucune", "ninguno", "ninguna", "nessuno", "nessuna", "nenhum", "nenhuma"}
    | {"geen", "ingen", "brak", "нет данных", "khong co", "لا شيء", "无", "無", "没有", "なし", "없음"}
    | {"неизвестно", "не указано", "未知", "未提及", "未提供", "不明", "미정", "알 수 없음"}
)
"""The same in other languages, without accents; where the dialogue holds them they are values."""
_STATING = """given|gave|known|mentioned|mention|provided|provide|said|say|specified|specify|stated|state|disclosed
|available|indicated|discussed|determined|supplied|shared""".replace("\n", "")
_SENTENCES = re.compile(
    rf"(?:(?:the )?(?:information|info|details?|value) )?(?:(?:is|was|were|has|have) )?(?:no|not|none|never)"
    rf"(?: [\w-]+){{0,2}} (?:{_STATING})(?: (?:yet|so far|(?:by|in|during|from) (?:the |this )?\w+))?"
    rf"|(?:the )?(?:user|caller|customer|speaker|person) (?:did|does|has)(?: not|n['\u2019]t)(?: yet)?"
    rf" (?:{_STATING})(?: .{{1,30}})?|to be (?:given|provided|specified)"
)
"""A remark that nothing was said, in place of a value; it is a value where the dialogue holds it."""
_PLACEHOLDER = re.compile(r"<[^\W\d][\w .-]*>|\[[^\W\d][\w .-]*\]|\{{1,2}\s?[^\W\d][\w .-]*\}{1,2}")
"""A name in brackets that a value is to replace, as in a form."""
_SPACED = re.compile(r" ?/ ?")
_SHORT = 2
"""A word of so few letters is also a common word in some languages: "na rua"."""
_INVISIBLE = "\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u3000\ufeff"
_SIGNS = " \t\r\n.,;:!-–—_…\"'`*" + _INVISIBLE
_PAIRS = ("()", "[]", "{}", "<>")
_AROUND = _SIGNS + "".join(_PAIRS)


def never_said(text: str) -> bool:
    """Say of any text that it was not said; stands for a dialogue that is not known."""
    del text
    return False


def always_said(text: str) -> bool:
    """Say of any text that it was said; stands for values that a person gives."""
    del text
    return True


def says_nothing(text: str, is_said: IsSaid = never_said) -> bool:
    """Whether a text stands for a value that was not stated.

    Args:
        text: What a model wrote for a value.
        is_said: Whether the dialogue holds such a text.
    """
    bare = text.strip(_AROUND)
    if not bare.strip("?"):
        return _is_empty(text.strip(_SIGNS + "?"))
    folded = _SPACED.sub("/", " ".join(bare.rstrip("? ").casefold().split()))
    if _SENTENCES.fullmatch(folded) or _PLACEHOLDER.fullmatch(text.strip()):
        return not is_said(text.strip(_SIGNS))
    if folded in _MAY_BE_MEANT:
        return (len(bare) <= _SHORT and bare.islower()) or not is_said(bare)
    return folded in _WORDS or (_without_accents(folded) in _IN_OTHER_LANGUAGES and not is_said(bare))


def _without_accents(text: str) -> str:
    parts = normalized("NFD", text)
    return normalized("NFC", "".join(char for char in parts if not "\u0300" <= char <= "\u036f"))


def _is_empty(text: str) -> bool:
    """Whether there is nothing but signs inside a pair of brackets; a smiley is something."""
    return not text or (text[0] + text[-1] in _PAIRS and not text[1:-1].strip(_SIGNS + "?"))


def said_in(texts: Iterable[str]) -> IsSaid:
    """Return what tells whether one of some texts holds certain words; short ones count in the same case only."""
    kept = tuple(texts)

    def is_said(words: str) -> bool:
        case = 0 if len(words) <= _SHORT else re.IGNORECASE
        found = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", case)
        return any(map(found.search, kept))

    return is_said
