"""Names of months and weekdays, and the words for small numbers, in the languages of locales.

The names of the calendar are those of the Unicode CLDR. A word for zero that models also write for "nothing"
is left out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from byok_widgets.text_forms import normalized

MAX_NUMBER = 12


@dataclass(frozen=True)
class LanguageWords:
    """The words of one language, in small letters and without accents.

    Attributes:
        months: Number of each month, from 1, by its name or abbreviation.
        weekdays: Number of each weekday, from 0 for Monday, by its name.
        numbers: The whole numbers up to `MAX_NUMBER` by their words.
    """

    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    numbers: Mapping[str, int]


def words_of(tag: str) -> LanguageWords | None:
    """Return the words of the language of a locale such as `de-AT`; `None` where they are not known."""
    return _LANGUAGES.get(tag[:2])


def plain(text: str) -> str:
    """Return a text in small letters and without accents."""
    letters = normalized("NFKD", text.casefold())
    return "".join(char for char in letters if not unicodedata.combining(char))


def _words(months: str, short: str, weekdays: str, numbers: str) -> LanguageWords:
    return LanguageWords(_counted(months, 1) | _counted(short, 1), _counted(weekdays, 0), _counted(numbers, 0))


def _counted(line: str, first: int) -> dict[str, int]:
    """Return the number of each word of a line; `/` separates words for the same number, `-` stands for none."""
    groups = enumerate(line.split(), first)
    return {word: number for number, group in groups for word in group.split("/") if word != "-"}


_LANGUAGES: Mapping[str, LanguageWords] = {
    "de": _words(
        "januar/janner februar/feber marz april mai juni juli august september oktober november dezember",
        "jan feb mrz apr - jun jul aug sep/sept okt nov dez",
        "montag/mo dienstag/di mittwoch/mi donnerstag/do freitag/fr samstag/sonnabend/sa sonntag/so",
        "- eins/ein/eine/einen/einem/einer zwei/zwo drei vier funf sechs sieben acht neun zehn elf zwolf",
    ),
    "en": _words(
        "january february march april may june july august september october november december",
        "jan feb mar apr - jun jul aug sep/sept oct nov dec",
        "monday tuesday wednesday thursday friday saturday sunday",
        "zero one two three four five six seven eight nine ten eleven twelve",
    ),
    "es": _words(
        "enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre",
        "ene feb mar abr may jun jul ago sep/sept oct nov dic",
        "lunes martes miercoles jueves viernes sabado domingo",
        "cero uno/un/una dos tres cuatro cinco seis siete ocho nueve diez once doce",
    ),
    "fr": _words(
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "janv fevr - avr - - juil - sept oct nov dec",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "zero un/une deux trois quatre cinq six sept huit neuf dix onze douze",
    ),
    "it": _words(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "lunedi martedi mercoledi giovedi venerdi sabato domenica",
        "zero uno/un/una due tre quattro cinque sei sette otto nove dieci undici dodici",
    ),
    "nl": _words(
        "januari februari maart april mei juni juli augustus september oktober november december",
        "jan feb mrt apr - jun jul aug sep okt nov dec",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        "- een twee drie vier vijf zes zeven acht negen tien elf twaalf",
    ),
    "pt": _words(
        "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "segunda-feira/segunda terca-feira/terca quarta-feira/quarta quinta-feira/quinta sexta-feira/sexta"
        " sabado domingo",
        "zero um/uma dois/duas tres quatro cinco seis sete oito nove dez onze doze",
    ),
}
