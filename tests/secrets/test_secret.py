"""No ordinary look at a `Secret` shows its key."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import gc
import io
import json
import logging
import pickle
import pprint
import re
import sys
import traceback
import weakref

import pytest

from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key


@dataclasses.dataclass
class Holder:
    """Something of ours that keeps a key."""

    key: Secret


def walked(secret: Secret) -> str:
    return " ".join(repr(getattr(secret, name, "")) for name in dir(secret))


def logged(secret: Secret) -> str:
    stream = io.StringIO()
    logger = logging.getLogger("byok-secret-test")
    logger.propagate = False
    logger.handlers[:] = [logging.StreamHandler(stream)]
    logger.error("key %s %r", secret, secret)
    return stream.getvalue()


def with_locals(secret: Secret) -> str:
    try:
        fail_with(secret)
    except ValueError as fault:
        return "".join(traceback.TracebackException.from_exception(fault, capture_locals=True).format())
    raise AssertionError


def fail_with(secret: Secret):
    held = {"key": secret, "holder": Holder(secret)}
    raise ValueError(f"no good: {held}")


def ipython_verbose(secret: Secret) -> str:
    from IPython.core.ultratb import VerboseTB

    try:
        fail_with(secret)
    except ValueError:
        return re.sub(r"\x1b\[[\d;]*m", "", VerboseTB().text(*sys.exc_info()))
    raise AssertionError


LOOKS = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "f-string": lambda secret: f"{secret} {secret!r} {secret!s} {secret:>300} {secret:s}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
    "str.format": "{0} {0!r} {0:}".format,
    "json": lambda secret: json.dumps({"key": secret}, default=str),
    "pprint": pprint.pformat,
    "dataclass repr": lambda secret: repr(Holder(secret)),
    "dataclass asdict": lambda secret: repr(dataclasses.asdict(Holder(secret))),
    "dataclass vars": lambda secret: repr(vars(Holder(secret))),
    "dir walk": walked,
    "in containers": lambda secret: repr([secret, {secret: secret}, (secret,)]),
    "logging": logged,
    "traceback with locals": with_locals,
    "IPython verbose": ipython_verbose,
    "size": lambda secret: str(sys.getsizeof(secret)),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_no_look_shows_the_key(look):
    key = fake_key()
    secret = Secret(key)
    shown = look(secret)
    assert shown
    assert not [key[at : at + 6] for at in range(8, len(key) - 6) if key[at : at + 6] in shown]


def test_the_verbose_traceback_of_ipython_does_show_the_holder():
    assert "Secret([API key])" in ipython_verbose(Secret(fake_key()))


def test_no_look_depends_on_the_length():
    short, long = Secret(fake_key("compatible")), Secret(fake_key("anthropic"))
    for look in (repr, str, sys.getsizeof):
        assert look(short) == look(long)


def test_there_is_no_dict():
    with pytest.raises(TypeError):
        vars(Secret(fake_key()))


def test_the_objects_behind_a_secret_do_not_hold_its_text():
    key = fake_key()
    secret = Secret(key)
    seen, todo = set(), [secret]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, (type, type(sys))) or thing is globals():
            continue
        seen.add(id(thing))
        if isinstance(thing, (str, bytes)):
            assert key not in (thing if isinstance(thing, str) else thing.decode("latin-1"))
        elif not (isinstance(thing, dict) and "__name__" in thing):
            todo += gc.get_referents(thing)
    assert len(seen) > 3


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "wrap", [lambda s: s, Holder, lambda s: [s]], ids=["alone", "in a dataclass", "in a list"]
)
def test_pickling_is_refused(protocol, wrap):
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(wrap(Secret(fake_key())), protocol)


@pytest.mark.parametrize("name", ["__getstate__", "__reduce__"])
def test_the_ways_of_pickling_are_refused_one_by_one(name):
    with pytest.raises(TypeError, match="never pickled"):
        getattr(Secret(fake_key()), name)()


def test_a_copy_is_the_same_object():
    secret = Secret(fake_key())
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"a": [secret]})["a"][0] is secret


@pytest.mark.parametrize("text", ["", "a", "ключ", "\ud800", "\0", "x" * 5000])
def test_reveal_gives_back_what_was_given(text):
    assert Secret(text).reveal() == text


def test_equality_is_by_key_and_hash_by_holder():
    key = fake_key()
    one, other = Secret(key), Secret(key)
    assert one == other
    assert one != Secret(fake_key())
    assert one != key
    assert len({one: 1, other: 2}) == 2


def test_something_can_be_kept_for_as_long_as_the_holder_lives():
    secret = Secret(fake_key())
    kept = weakref.WeakKeyDictionary({secret: "client"})
    assert kept[secret] == "client"
    del secret
    gc.collect()
    assert not kept


@pytest.mark.parametrize("value", [None, 5, b"bytes"])
def test_only_text_is_held(value):
    with pytest.raises(TypeError, match="holds text"):
        Secret(value)


def test_a_refused_value_is_not_in_the_frame_that_refused_it():
    key = fake_key().encode()
    with contextlib.suppress(TypeError):
        Secret(key)
    try:
        Secret(key)
    except TypeError as fault:
        frames = list(traceback.walk_tb(fault.__traceback__))
    assert "value" not in frames[-1][0].f_locals
