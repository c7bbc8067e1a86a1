"""Words in scripts that write no spaces between them: what begins or ends in the middle of one is not said there.

Where a word ends is plain in some of them. Katakana writes each word as a whole; Korean begins one behind a space,
and attaches particles to its end; Japanese attaches kana to Chinese characters, so that a row of these begins with
a word, or goes on behind a prefecture, a city or a ward. Thai and hiragana alone show no borders, and any place in
them may be one. So may any in Chinese, but for two signs of a longer name: a point of the compass before it, and
an ending such as "city" that belongs to the character before it, too.
"""

from __future__ import annotations

import re

Place = tuple[int, int]

_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_HAN = re.compile("[\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_NUMERALS = re.compile("[〇零一二三四五六七八九十百千万萬億亿两兩]")
_WEEKDAY = re.compile("[周週期拜]")
"""What stands before the number of a weekday: "周一三点" is Monday at three."""
_CHINESE = re.compile(
    "[我你您她们們这這那哪吗嗎呢吧没沒很怎么麼个时东车门谢请说话电过还进远从对发关开见现问让认谁给钱预订岁儿]"
)
_JAPANESE = re.compile(
    "[駅県売読気広沢桜検渋帰働込畑辻峠枠図対経済続実発変単験黒様歳毎徳豊関鉄児栄仏伝価戦覧薬頼]|丁目"
)
"""Characters that only one of two languages has, or uses without kana."""
_DIVISION = re.compile("[都道府県县市區区郡町村省州國国]")
"""Ends the name of a place: the next word begins behind it."""
_SMALL = re.compile(
    "[在是去到从從往向至由于於和与與跟及或的了我你您他她它叫住来來回离離飞飛乘坐找要想订訂为為给給对對把被这這那有也就还還再请請选選买買用]"
)
"""Chinese characters that stand for a word of their own."""
_COMPASS = re.compile("[東东西南北]")
_ENDING_IN_COMPASS = re.compile("[河湖广廣山江陕陝云雲海济濟越台臺關关華华].$")
"""The last two characters before a place, in names of provinces and countries such as "河南"."""


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
        or (
            _both(_NUMERALS, text[end - 1], text[end : end + 1])
            and not _WEEKDAY.match(text[max(0, end - 2) : end - 1])
        )
        or (_both(_HAN, before, text[start]) and _goes_on(text, place, is_japanese=is_japanese))
    )


def _goes_on(text: str, place: Place, *, is_japanese: bool) -> bool:
    """Whether a word of Chinese characters has begun before a place within a row of them."""
    start, end = place
    before = text[start - 1]
    if _DIVISION.match(before):
        return False
    if is_japanese:
        return True
    if _COMPASS.match(before):
        return not _ENDING_IN_COMPASS.search(text, max(0, start - 2), start)
    return bool(end - start > 1 and _DIVISION.match(text[end - 1]) and not _SMALL.match(before))


def is_japanese(text: str) -> bool | None:
    """Whether a text is Japanese rather than Chinese; `None` if it shows neither."""
    if _KANA.search(text):
        return True
    if _CHINESE.search(text):
        return False
    return True if _JAPANESE.search(text) else None


def _both(script: re.Pattern[str], one: str, other: str) -> bool:
    return bool(one and other and script.match(one) and script.match(other))
