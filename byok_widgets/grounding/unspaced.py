"""Words in scripts that write no spaces between them: what begins or ends in the middle of one is not said there.

Where a word ends is plain in some of them. Katakana writes each word as a whole; Korean begins one behind a space,
and attaches particles to its end; Japanese attaches kana to Chinese characters, so that a row of these begins with
a word. Chinese, Thai and hiragana alone show no borders, and any place in them may be one.
"""

from __future__ import annotations

import re

Place = tuple[int, int]

_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_HAN = re.compile("[\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_NUMERALS = re.compile("[〇零一二两兩三四五六七八九十百千万萬億亿]")


def is_in_longer_word(text: str, place: Place, *, is_japanese: bool) -> bool:
    """Whether a place begins or ends in the middle of a word, or of a number in Chinese characters."""
    start, end = place
    if start >= end or text[start].isascii():
        return False
    before = text[start - 1 : start]
    return (
        _both(_KATAKANA, before, text[start])
        or _both(_KATAKANA, text[end - 1], text[end : end + 1])
        or _both(_HANGUL, before, text[start])
        or _both(_NUMERALS, before, text[start])
        or (is_japanese and _both(_HAN, before, text[start]))
    )


def has_kana(text: str) -> bool:
    """Whether a text is Japanese."""
    return bool(_KANA.search(text))


def _both(script: re.Pattern[str], one: str, other: str) -> bool:
    return bool(one and other and script.match(one) and script.match(other))
