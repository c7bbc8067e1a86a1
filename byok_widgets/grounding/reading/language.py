"""Whether a dialogue is in another language than English, as its script, its small words or a locale show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from byok_widgets.grounding.reading.letters import is_latin
from byok_widgets.grounding.reading.words import Word

_SMALL = """
    a about an and any are as at be been but by can could do does for from had has have he her his how i if in
    is it its me my no not of on or our she should so some that the their them there they this to us was we
    were what when where whether which who will with would yes you your
"""
SMALL_WORDS = frozenset(_SMALL.split())
"""English words that say nothing of what a dialogue is about."""

_COMMON = """
    afternoon also am best call evening fine get give go good great hello help hey hi here just know let like
    ll look m make much morning need night now ok okay please re said say says see sorry speaking sure take
    tell thank thanks then today tomorrow too want welcome
"""
COMMON_WORDS = SMALL_WORDS | frozenset(_COMMON.split())
"""These, and what people say in any dialogue: greetings, wishes and thanks."""
_OTHER_LANGUAGES = {
    "cs": "ahoj chtel chtela dekuji dobry jmenuji jsem nebo prosim",
    "da": "bestille det ei gerne hedder hei hej hvad ikke jeg jer mig og tak vaere",
    "de": "aber auch bei bitte brauche danke dass dem dich dir ein eine einen fuer fur gern gerne guten habe"
    " haben hallo hatte heisse ich ihr ist kann kein keine mein meine mich mir mochte morgen nein nicht"
    " noch oder schon sehr sich sie sind uhr und uns vielen wann wir zu zum zur",
    "es": "buenas buenos cuando donde esta estoy gracias hola hoy llamo manana necesito nombre para pero"
    " porque quiero quisiera tengo usted",
    "fi": "haluan hei huomenna kiitos moi minun nimeni olen voinko",
    "fr": "avec bonjour bonsoir cette demain deux etes faut je jour mais merci moi nous oui pas peux"
    " quand salut suis une vous voudrais votre",
    "hu": "egy hogy igen kerek koszonom nem szeretnek szia vagyok",
    "id": "adalah ini nama saya terima kasih untuk yang",
    "it": "buongiorno buonasera che chiamo ciao cosa grazie ho il io mio oggi perche prego quando sono vorrei",
    "nl": "dank dat dit een goedemorgen goedendag graag het hoi ik kan maar mijn naar niet ook voor waar wij"
    " wil zijn",
    "pl": "chce chcialbym czesc dla dobry dzien dziekuje jest jestem nazywam nie poprosze prosze tak",
    "pt": "boa bom eu gostaria nao obrigada obrigado ola para preciso quero sou tenho tudo uma voce",
    "ro": "buna este multumesc numele pentru salut sunt vreau",
    "sv": "det du ett hej heter inte jag och som vill",
    "tr": "bir bu degil evet icin istiyorum lutfen merhaba tesekkurler yarin yok",
    "vi": "khong muon toi",
}
"""Small words by language, without accents, and without what English and names have, such as "um" and "van"."""
_FOREIGN = frozenset(" ".join(_OTHER_LANGUAGES.values()).split()) - COMMON_WORDS
_LEAST_WORDS, _LEAST_ENGLISH = 20, 0.12
"""A text of so many words with a smaller share of English ones is in another language; English has 0.35."""


def is_foreign(texts: Iterable[tuple[str, Sequence[Word]]], locale: str | None = None) -> bool:
    """Whether texts are shown to be in another language than English.

    Args:
        texts: Each text, with its words.
        locale: The declared locale of the dialogue, such as `"de-DE"`; it decides where there is one.
    """
    if locale:
        return locale.partition("-")[0].casefold() != "en"
    letters = latin = words = english = foreign = 0
    for text, found in texts:
        letters += sum(char.isalpha() for char in text)
        latin += sum(char.isalpha() and is_latin(char) for char in text)
        words += len(found)
        english += sum(word.bare in COMMON_WORDS for word in found)
        foreign += sum(word.bare in _FOREIGN or _has_marks(word, text) for word in found)
    is_long = words >= _LEAST_WORDS
    return latin * 2 < letters or foreign > english or (is_long and english < _LEAST_ENGLISH * words)


def _has_marks(word: Word, text: str) -> bool:
    """Whether a word that is no name has letters that English lacks."""
    return text[word.start].islower() and not word.text.isascii() and word.bare not in _BORROWED


_BORROWED = frozenset(
    {"cafe", "fiance", "fiancee", "resume", "naive", "entree", "brulee", "creme", "puree", "saute"}
)
