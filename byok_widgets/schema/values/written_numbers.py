"""Numbers as people and models write them in text: "1,234.50", "$12", "12%", "−5"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from byok_widgets.schema.values import language_words
from byok_widgets.schema.values.exact_numbers import number_in
from byok_widgets.schema.values.locales import Locale, unclear
from byok_widgets.text_forms import same_form, with_european_digits

Number = int | Decimal

_CODES = "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS INR JPY KRW MXN NOK NZD PLN SEK SGD THB TRY USD ZAR"
_CURRENCY = rf"(?:(?:\b(?:A|AU|C|CA|HK|NZ|R|S|US))?[$]|[€£¥₹₩₺₽฿₫₪₴]|\b(?:{'|'.join(_CODES.split())})\b)"
_MONEY = re.compile(rf"(?P<sign>-?)\s*{_CURRENCY}\s*(?P<before>-?[\d.,'\s]+)|(?P<after>-?[\d.,'\s]+){_CURRENCY}")
_GROUPED = re.compile(r"(?P<whole>[+-]?\d{1,3}(?:(?P<group>[,.' ])\d{3})(?:(?P=group)\d{3})*)(?P<rest>[.,]\d+)?")
_CODE = re.compile(r"[+-]?0\d\d", re.ASCII)
"""Zeros at the front are kept in postal codes and phone numbers; a number has one at most, as "05" has."""
_COMMA_ONLY = re.compile(r"[+-]?\d+,\d+")
_INDIAN = re.compile(r"(?P<whole>[+-]?\d{1,2}(?:,\d\d)+,\d{3})(?P<rest>\.\d+)?")
"""Lakhs and crores: "1,23,456" is 123456."""
_ONE_SIGN = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u2212": "-",
        "\u2019": "'",
        "\u066c": "'",
        "\u066b": ".",
    }
)
"""Signs that stand for others: fixed spaces, the minus, and the two separators of Arabic."""


def written_number(text: str, locale: Locale | None = None, *, whole: bool = False) -> Number | None:
    """Return the number that a text is; `None` if it is none.

    A number is read if it is the same in every locale, or in the one that is declared.

    Args:
        text: The text.
        locale: The locale of the dialogue.
        whole: Whether only an integer can be meant.

    Raises:
        ValueError: It may be more than one number, or is no number but a code.
    """
    word = _number_word(text, locale)
    if word is not None:
        return word
    plain = with_european_digits(same_form(text).strip().translate(_ONE_SIGN))
    money = _MONEY.fullmatch(plain)
    if money:
        plain = f"{money['sign'] or ''}{(money['before'] or money['after']).strip()}"
    if _CODE.match(plain):
        raise ValueError("expected a number: zeros at the front, as in postal codes, need a field of text")
    readings = list(dict.fromkeys(_readings(plain, locale, whole=whole)))
    if whole and (locale or number_in(plain) is None):
        readings = [number for number in readings if number == int(number)] or readings
    if len(readings) > 1:
        raise unclear(readings, locale)
    return readings[0] if readings else None


def _number_word(text: str, locale: Locale | None) -> int | None:
    """Return the number that a single word stands for in the language of the locale."""
    known = language_words.words_of(locale.tag) if locale else None
    return known.numbers.get(language_words.plain(text.strip(" ."))) if known else None


def _readings(text: str, locale: Locale | None, *, whole: bool) -> Iterator[Number]:
    """Yield each number that a text may be."""
    sign = locale.decimal_sign if locale else ""
    as_json = number_in(text)
    grouped = _GROUPED.fullmatch(text)
    if locale and locale.has_lakhs and (indian := _INDIAN.fullmatch(text)):
        yield _joined(indian["whole"], indian["rest"] or "")
    if as_json is not None:
        yield as_json
        if grouped and grouped["group"] == "." and (sign == "," or (whole and not sign)):
            yield _joined(grouped["whole"])
    elif grouped and grouped["rest"]:
        if grouped["rest"][0] != grouped["group"]:
            yield _joined(grouped["whole"], grouped["rest"])
    elif grouped:
        is_one_group = grouped["whole"].count(grouped["group"]) == 1
        if not (grouped["group"] == "," and is_one_group and sign == ","):
            yield _joined(grouped["whole"])
        if grouped["group"] == "," and is_one_group and sign != ".":
            yield Decimal(text.replace(",", "."))
    elif _COMMA_ONLY.fullmatch(text) and sign == ",":
        yield Decimal(text.replace(",", "."))


def _joined(whole: str, rest: str = "") -> Number:
    digits = re.sub(r"[^\d+-]", "", whole)
    return Decimal(f"{digits}.{rest[1:]}") if rest else int(digits)
