"""Scripts without spaces: what is only a piece of a longer word is no word that was said."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.messages import Message

SAID = [
    ("京都に住んでいます", "京都"),
    ("東京と京都", "京都"),
    ("大阪市です", "大阪"),
    ("田中一郎です", "田中"),
    ("予約は三名です", "三名"),
    ("コーヒーを二つ", "コーヒー"),
    ("アイス・コーヒー", "コーヒー"),
    ("김철수입니다", "김철수"),
    ("我叫李明，住在上海", "李明"),
    ("我住在京都", "京都"),
    ("ผมชื่อสมชาย", "สมชาย"),
    ("東京都新宿区です", "新宿区"),
    ("滋賀県大津市", "大津市"),
    ("河南郑州", "郑州"),
    ("我去东京都", "东京都"),
    ("周一三点", "周一"),
    ("在北京市", "北京市"),
]
PIECES = [
    ("東京都に住んでいます", "京都"),
    ("西新宿です", "新宿"),
    ("中山田と申します", "山田"),
    ("予約は十三名です", "三名"),
    ("一共十三名", "三名"),
    ("アイスコーヒーを二つ", "コーヒー"),
    ("マリアンヌです", "マリア"),
    ("서울특별시", "울특"),
    ("東京都", "京都"),
    ("住所：東京都新宿区", "京都"),
    ("东京都在哪里", "京都"),
    ("西新宿三丁目", "新宿"),
    ("我在南京东路", "京东"),
    ("我住在天津市", "津市"),
    ("二十三名", "二十"),
    ("部屋は二〇三五です", "二〇三"),
]


@pytest.mark.parametrize(("text", "value"), SAID)
def test_a_word_is_said(text: str, value: str) -> None:
    found = Dialogue([Message("user", text)]).look_up(value, "text")
    assert found.mark == "said"
    assert found.evidence is not None
    assert found.evidence.text == value


@pytest.mark.parametrize(("text", "value"), PIECES)
def test_a_piece_of_a_longer_word_is_only_a_hint(text: str, value: str) -> None:
    found = Dialogue([Message("user", text)]).look_up(value, "text")
    assert found.mark == "not_literal"
    assert found.evidence is not None
    assert found.evidence.text == value


def test_the_word_itself_counts_before_a_piece_of_another() -> None:
    found = Dialogue([Message("user", "東京都から来て、京都に住んでいます")]).look_up("京都", "text")
    assert (found.mark, found.evidence and found.evidence.start) == ("said", 8)


def test_an_answer_without_kana_is_japanese_where_the_dialogue_is() -> None:
    said = [Message("assistant", "どちらにお泊まりですか"), Message("user", "東新宿")]
    assert Dialogue(said).look_up("新宿", "text").mark == "not_literal"
    chinese = [Message("assistant", "のり弁"), Message("user", "我住在新宿")]
    assert Dialogue(chinese).look_up("新宿", "text").mark == "said"
