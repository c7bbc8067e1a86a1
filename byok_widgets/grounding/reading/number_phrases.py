"""The numbers up to 99 in words, in the languages whose calendars are known, without accents.

English is not among them: see `numbers`. Words that mean something else in another language are left out, such as
"on", "um" and "sei".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from byok_widgets.grounding.reading.letters import bare, folded

Phrase = tuple[str, ...]

_COUNTED = {
    "de": "ein/eins/eine/einen/einem/einer zwei/zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn"
    " vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "nl": "- twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien"
    " achttien negentien",
    "fr": "une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept"
    " dix-huit dix-neuf",
    "es": "uno/una dos tres cuatro cinco seis siete ocho nueve diez - doce trece catorce quince dieciséis"
    " diecisiete dieciocho diecinueve",
    "it": "uno/una - tre quattro cinque - sette otto nove dieci undici dodici tredici quattordici quindici sedici"
    " diciassette diciotto diciannove",
    "pt": "uma dois/duas três quatro cinco seis sete oito nove dez onze doze treze catorze/quatorze quinze"
    " dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove",
    "pl": "jeden/jedna/jedno/jednej dwa/dwie/dwóch/dwoje trzy/trzech/troje cztery/czterech/czworo pięć/pięciu"
    " sześć/sześciu siedem/siedmiu osiem/ośmiu dziewięć/dziewięciu dziesięć/dziesięciu jedenaście dwanaście"
    " trzynaście czternaście piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście",
    "ru": "один/одна/одну/одного два/две/двух/двоих три/трёх/троих четыре/четырёх/четверых пять/пяти/пятерых"
    " шесть/шести/шестерых семь/семи/семерых восемь/восьми девять/девяти десять/десяти одиннадцать двенадцать"
    " тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать",
    "tr": "- iki üç dört beş altı yedi sekiz dokuz",
}
_TENS = {
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    "fr": "vingt trente quarante cinquante soixante soixante-dix quatre-vingt/quatre-vingts quatre-vingt-dix",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "pl": "dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt"
    " dziewięćdziesiąt",
    "ru": "двадцать/двадцати тридцать/тридцати сорок/сорока пятьдесят шестьдесят семьдесят восемьдесят девяносто",
    "tr": "yirmi otuz kırk elli altmış yetmiş seksen doksan",
}
_UNITS_FIRST = {"de": "und", "nl": "en"}
"""Languages in which "one and twenty" is one word."""
_LINKS = {"es": "y", "pt": "e"}


def _words(line: str, first: int, step: int = 1) -> Iterator[tuple[Phrase, int]]:
    """Yield the words of a line with their numbers; `/` separates words for the same, `-` by itself is none."""
    for at, group in enumerate(line.split()):
        for word in group.split("/") if group != "-" else ():
            yield tuple(bare(folded(part)) for part in word.split("-")), first + at * step


def _counted(language: str) -> Iterator[tuple[Phrase, int]]:
    ones, tens = list(_words(_COUNTED[language], 1)), list(_words(_TENS[language], 20, 10))
    yield from (*ones, *tens)
    link = (_LINKS[language],) if language in _LINKS else ()
    for ten, tenfold in tens:
        for unit, number in ones:
            total = tenfold + number
            if number > 9 and not (language == "fr" and tenfold in (60, 80)):
                continue
            if language in _UNITS_FIRST:
                yield (f"{unit[0]}{_UNITS_FIRST[language]}{ten[0]}",), total
            elif language == "it":
                stem = ten[0][:-1] if unit[0][0] in "uo" else ten[0]
                yield (f"{stem}{unit[0]}",), total
            elif language == "es" and tenfold == 20:
                yield (f"veinti{unit[0]}",), total
            else:
                yield (*ten, *link, *unit), total
                if language == "fr" and number in (1, 11):
                    yield (*ten, "et", *unit), total


PHRASES: Mapping[Phrase, int] = {
    phrase: number for language in _COUNTED for phrase, number in _counted(language) if len(phrase) > 1
}
"""Numbers of several words."""
WORDS: Mapping[str, int] = {
    phrase[0]: number for language in _COUNTED for phrase, number in _counted(language) if len(phrase) == 1
} | {"ventuno": 21, "veintiun": 21}
"""Numbers of one word."""
FIRST_WORDS = frozenset(phrase[0] for phrase in PHRASES)
"""The words with which a phrase begins."""
LONGEST = max(map(len, PHRASES))
"""Most words of a phrase."""
