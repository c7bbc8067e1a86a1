"""How numbers, dates and answers are written in a language and country."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from byok_widgets.errors import ConfigError

DateOrder = Literal["day first", "month first", "year first"]


@dataclass(frozen=True)
class Locale:
    """The habits of writing in a language, and a country.

    Attributes:
        tag: Its name, such as `en-US` or `de`.
        decimal_sign: The sign before the fraction of a number; empty where more than one is in use.
        date_order: The order of a date in digits; `None` where more than one is in use.
        yes: Words for yes beside the English one, which models write in any language.
        no: Words for no, likewise.
        years_ahead: How many years its own calendar is ahead of the common one.
        has_lakhs: Whether digits are grouped as in "1,23,456".
    """

    tag: str
    decimal_sign: str
    date_order: DateOrder | None
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    years_ahead: int = 0
    has_lakhs: bool = False

    @classmethod
    def of(cls, tag: str) -> Locale:
        """Return the locale of a tag such as `"en-US"`, `"de"` or `"pt_BR"`.

        Raises:
            ConfigError: Its language is not known here, or it is no such tag.
        """
        found = _TAG.fullmatch(tag) if isinstance(tag, str) else None
        language = _LANGUAGES.get(found[1].lower()) if found else None
        if found is None or language is None:
            raise ConfigError(
                f"{tag!r} is not a locale that is known here.",
                kind="bad_setting",
                fix='Write a language and a country, such as "en-US" or "de-DE", or None for no locale.',
            )
        name = f"{language.tag}-{found[2].upper()}" if found[2] else language.tag
        return _OF_COUNTRY.get(name) or replace(language, tag=name)


def known_locales() -> tuple[str, ...]:
    """Return the languages that are known, and the countries that differ from what is usual in their language."""
    return tuple(sorted((*_LANGUAGES, *_OF_COUNTRY)))


def unclear(readings: Iterable[object], locale: Locale | None) -> ValueError:
    """Return the error for a text that has several meanings."""
    which = f"in the locale {locale.tag}" if locale else 'without a locale; set one, as in flow.locale = "en-US"'
    return ValueError(f"this may be {' or '.join(map(str, readings))} {which}")


_TAG = re.compile(r"([a-z]{2})(?:[-_]([a-z]{2}))?", re.IGNORECASE | re.ASCII)

_LANGUAGES: Mapping[str, Locale] = {
    known.tag: known
    for known in (
        Locale("bg", ",", "day first", ("да",), ("не",)),
        Locale("ca", ",", "day first", ("sí",), ("no",)),
        Locale("cs", ",", "day first", ("ano",), ("ne",)),
        Locale("da", ",", "day first", ("ja",), ("nej",)),
        Locale("de", ",", "day first", ("ja",), ("nein",)),
        Locale("el", ",", "day first", ("ναι",), ("όχι",)),
        Locale("en", ".", None),
        Locale("es", ",", "day first", ("sí", "si"), ("no",)),
        Locale("et", ",", "day first", ("jah",), ("ei",)),
        Locale("fi", ",", "day first", ("kyllä",), ("ei",)),
        Locale("fr", ",", "day first", ("oui",), ("non",)),
        Locale("he", ".", "day first", ("כן",), ("לא",)),
        Locale("hi", ".", "day first", ("हाँ", "हां"), ("नहीं",), has_lakhs=True),
        Locale("hr", ",", "day first", ("da",), ("ne",)),
        Locale("hu", ",", "year first", ("igen",), ("nem",)),
        Locale("id", ",", "day first", ("ya",), ("tidak",)),
        Locale("it", ",", "day first", ("sì", "si"), ("no",)),
        Locale("ja", ".", "year first", ("はい",), ("いいえ",)),
        Locale("ko", ".", "year first", ("네", "예"), ("아니요", "아니오")),
        Locale("lt", ",", "year first", ("taip",), ("ne",)),
        Locale("lv", ",", "day first", ("jā",), ("nē",)),
        Locale("nb", ",", "day first", ("ja",), ("nei",)),
        Locale("nl", ",", "day first", ("ja",), ("nee",)),
        Locale("no", ",", "day first", ("ja",), ("nei",)),
        Locale("pl", ",", "day first", ("tak",), ("nie",)),
        Locale("pt", ",", "day first", ("sim",), ("não", "nao")),
        Locale("ro", ",", "day first", ("da",), ("nu",)),
        Locale("ru", ",", "day first", ("да",), ("нет",)),
        Locale("sk", ",", "day first", ("áno",), ("nie",)),
        Locale("sl", ",", "day first", ("da",), ("ne",)),
        Locale("sv", ",", "year first", ("ja",), ("nej",)),
        Locale("th", ".", "day first", ("ใช่",), ("ไม่",), years_ahead=543),
        Locale("tr", ",", "day first", ("evet",), ("hayır",)),
        Locale("uk", ",", "day first", ("так",), ("ні",)),
        Locale("vi", ",", "day first", ("có",), ("không",)),
        Locale("zh", ".", "year first", ("是",), ("否", "不是")),
    )
}

_OF_COUNTRY: Mapping[str, Locale] = {
    known.tag: known
    for known in (
        *(replace(_LANGUAGES["en"], tag=f"en-{name}", date_order="month first") for name in ("PH", "PR", "US")),
        *(
            replace(_LANGUAGES["en"], tag=f"en-{name}", date_order="day first")
            for name in ("AU", "GB", "IE", "NZ", "SG")
        ),
        replace(_LANGUAGES["en"], tag="en-IN", date_order="day first", has_lakhs=True),
        *(
            replace(_LANGUAGES["es"], tag=f"es-{name}", decimal_sign=".")
            for name in ("DO", "GT", "HN", "MX", "NI", "PA", "PE", "SV")
        ),
        *(
            replace(_LANGUAGES["es"], tag=f"es-{name}", decimal_sign=".", date_order="month first")
            for name in ("PR", "US")
        ),
        replace(_LANGUAGES["de"], tag="de-CH", decimal_sign="."),
        replace(_LANGUAGES["de"], tag="de-LI", decimal_sign="."),
        replace(_LANGUAGES["en"], tag="en-ZA", decimal_sign=""),
        replace(_LANGUAGES["fr"], tag="fr-CA", date_order=None),
        replace(_LANGUAGES["it"], tag="it-CH", decimal_sign="."),
    )
}
"""Countries that differ from what is usual in their language."""
