"""The hunt for keys finds each form of each key, and nothing where there is none."""

from __future__ import annotations

import pytest

from tests.fake_keys import every_format, fake_key
from tests.key_forms import FORMS, leaks


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_key_is_found_in_a_text(form: str) -> None:
    for _, key in every_format().values():
        other = fake_key("mistral")
        assert leaks(f"It is {FORMS[form](key)}.", key)
        assert not leaks(f"It is {FORMS[form](other)}.", key)


def test_a_public_prefix_and_seven_characters_are_no_piece() -> None:
    for _, key in every_format().values():
        assert not leaks(f"It is ({key[-7:]}), ({key[:5]}).", key)
