"""`RedisStore`: conversations in Redis, for any number of processes behind a load balancer."""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Collection, Iterable
from dataclasses import fields
from typing import Any, TypeVar

from byok_widgets.errors import ConfigError, FlowError
from byok_widgets.files import finite_json
from byok_widgets.secrets import redact
from byok_widgets.serve.stores.damage import reading
from byok_widgets.serve.stores.redis_scripts import BEAT, CLAIM, PUT, RELEASE, SPEND
from byok_widgets.serve.stores.store import (
    LEASE_S,
    MOST_FOUND,
    Begin,
    Bill,
    Claim,
    Spent,
    StoredSession,
    StoredToken,
    StoredTurn,
    session_scope,
)

_LOG = logging.getLogger("byok_widgets.serve")
_MOST_CONNECTIONS = 64
_WAIT_S = 10.0
_ANSWER_S = 5.0
"""Time that the server has to answer; one that is away must not keep a caller waiting."""
_PAGE = 1_000
_MOST_LISTED = 1_000_000
"""Conversations that are gone through at once: a server that is hostile may list them without end."""
_MOST_OF_TURN = 4_000_000
"""Most characters that a turn has without its record: up to `MOST_FOUND` of them are in memory together."""
_USD_PARTS = 1_000_000_000
_TURN_FIELDS = tuple(each.name for each in fields(StoredTurn))
R = TypeVar("R", StoredSession, StoredToken)
_BRIEF = tuple(name for name in _TURN_FIELDS if name != "record")


class RedisStore:
    """Keeps conversations in Redis, which has to keep what it acknowledges: in an append-only file.

    Args:
        url: The server, like `redis://localhost:6379/0`.
        namespace: What the keys begin with, so that several flows can use one server.
    """

    def __init__(self, url: str, namespace: str) -> None:
        self.process = uuid.uuid4().hex
        self._url, self._prefix = url, f"byok:{hashlib.sha256(namespace.encode()).hexdigest()[:16]}:"
        self._redis: Any = None

    async def open(self) -> None:
        """Connect, and look whether the server keeps what it acknowledges.

        Raises:
            ConfigError: It cannot be reached, or loses writes when it ends or is full.
        """
        try:
            import redis.asyncio as client
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff

            from byok_widgets.serve.stores.redis_replies import BoundedReplies
        except ImportError:
            raise ConfigError(
                "To keep conversations in Redis, one more package is needed.",
                kind="serve_extra",
                fix='pip install "byok-widgets[serve]"',
            ) from None
        try:
            settings: dict[str, Any] = {
                **client.connection.parse_url(self._url),
                "max_connections": _MOST_CONNECTIONS,
                "timeout": _WAIT_S,
                "socket_timeout": _ANSWER_S,
                "socket_connect_timeout": _ANSWER_S,
                "retry": Retry(NoBackoff(), 1, (client.ConnectionError,)),  # kept ones are closed after a restart
                "decode_responses": True,
                "encoding_errors": "replace",  # what was written here is text
                "protocol": 2,
                "parser_class": BoundedReplies,
            }
            pool = client.BlockingConnectionPool(**settings)
            self._redis, self._error = client.Redis(connection_pool=pool), client.RedisError
            info = await self._redis.info()
            _require_lasting(info)
        except (client.RedisError, OSError, ValueError) as error:
            problem = redact(str(error)).rstrip(".")
        except (AttributeError, LookupError, RecursionError, TypeError):  # as its client fails on other replies
            problem = "what it replies is not the protocol of Redis"
        else:
            scripts = map(self._redis.register_script, (BEAT, CLAIM, PUT, RELEASE, SPEND))
            self._beat, self._claim, self._put, self._release, self._spend = scripts
            await self.beat()
            return
        raise ConfigError(
            f"The Redis server cannot be used: {problem}.", kind="serve_store", fix="Look whether it runs there."
        )

    async def close(self) -> None:
        """Say that this process is gone, and disconnect."""
        if self._redis is not None:
            try:
                await self._redis.delete(self._key("o", self.process))
            except (self._error, OSError):
                _LOG.warning("the store is away, so others take this process's turns over a little later")
            await self._redis.aclose()
            await self._redis.connection_pool.disconnect()

    async def beat(self) -> None:
        """Say that this process is alive."""
        await self._beat([self._prefix], [self.process, int(LEASE_S * 1000)])  # it ends by itself after a kill

    async def found(self, session: str, words: str, tail: str) -> list[StoredTurn]:
        """Return the turns with these words, the newest first; else those with this tail."""
        keys = await self._newest(self._key("w", session, words))
        if not keys and tail:
            keys = await self._newest(self._key("p", session, tail))
        return await self._turns(session, keys)

    async def found_and_begun(
        self, session: str, words: str, tail: str, begin: Begin
    ) -> tuple[list[StoredTurn], bool]:
        """Return what `found` does; a claim is another request to the server in any case."""
        del begin
        return await self.found(session, words, tail), False

    async def latest(self, session: str) -> list[StoredTurn]:
        """Return the last turns of a session, the newest first."""
        return await self._turns(session, await self._newest(self._key("m", session)))

    async def turn(self, key: str) -> StoredTurn | None:
        """Return a turn."""
        found = await self._redis.hgetall(self._key("t", key))
        return _turn(found, key) if found else None

    async def claim(self, turn: StoredTurn, owner: str) -> Claim:
        """Begin to answer a turn, unless it is answered or another living process does it."""
        data = json.dumps({name: str(value) for name, value in vars(turn).items()})
        values = [turn.key, owner, self.process, data, LEASE_S]
        kind, taken_over, known, journal = await self._claim([self._prefix], values)
        found = _turn(_mapping(known), turn.key) or turn
        return Claim(kind, found, taken_over=bool(taken_over), journal=_mapping(journal))

    async def note(self, key: str, step: str, data: str) -> None:
        """Keep what a step of a turn gave."""
        await self._redis.hset(self._key("j", key), step, data)

    async def put(self, turn: StoredTurn, owner: str, session: StoredSession, bill: Bill | None = None) -> bool:
        """Store what is known of a turn by now, and what it has spent."""
        values = [turn.key, owner, turn.state, turn.answer, turn.record, session.key, json.dumps(vars(session))]
        return bool(await self._put([self._prefix], [*values, *(_sums(bill) if bill else ())]))

    async def release(self, key: str, owner: str) -> None:
        """Give up a turn that has no state yet."""
        await self._release([self._prefix], [key, owner])

    async def effects(self, session: str) -> list[str]:
        """Return the runs of actions with effects in a session."""
        found: list[str] = await self._redis.hvals(self._key("e", session))
        return found

    async def note_effect(self, session: str, run: str, data: str) -> None:
        """Keep a run of an action with effects."""
        await self._redis.hset(self._key("e", session), run, data)

    async def keep_version(self, version: str, data: str) -> None:
        """Keep a version of the flow."""
        await self._redis.set(self._key("v", version), data, nx=True)

    async def version(self, version: str) -> str | None:
        """Return a version of the flow."""
        found: str | None = await self._redis.get(self._key("v", version))
        return found

    async def sessions(self, limit: int) -> list[StoredSession]:
        """Return the last conversations, the newest first."""
        return await self._sessions(await self._listed(0, limit))

    async def named(self, name: str) -> list[StoredSession]:
        """Return the conversation with this key; if there is none, those with this id of the client."""
        if found := await self._sessions([name]):
            return found
        named: list[StoredSession] = []
        for first in range(0, _MOST_LISTED, _PAGE):
            keys = await self._listed(first, _PAGE)
            named += [session for session in await self._sessions(keys) if session.name == name]
            if not keys or len(named) >= _PAGE:
                break
        return named[:_PAGE]

    async def delete_session(self, session: str) -> bool:
        """Delete a conversation with all its turns."""
        keys = [*(self._key(kind, session) for kind in ("m", "s", "e")), self._key("c", session_scope(session))]
        for turn in await self._redis.zrange(self._key("m", session), 0, -1):
            words, tail = await self._redis.hmget(self._key("t", turn), ("words", "tail"))
            keys += [self._key("t", turn), self._key("j", turn)]
            keys += [self._key("w", session, words or ""), self._key("p", session, tail or "")]
            keys.append(self._key("c", session_scope(session, words or "")))
        await self._redis.zrem(self._key("activity"), session)
        await self._redis.srem(self._key("unnamed"), session)
        return bool(await self._redis.delete(*keys))

    async def expire(self, kept_s: float) -> int:
        """Delete conversations that have not continued for so long, and turns without an id that are as old."""
        seconds, micros = await self._redis.time()
        before, deleted = seconds + micros / 1_000_000 - kept_s, 0
        for _ in range(0, _MOST_LISTED, _PAGE):
            old = await self._redis.zrange(
                self._key("activity"), "-inf", before, byscore=True, offset=0, num=_PAGE
            )
            deleted += sum([await self.delete_session(session) for session in old[:_PAGE]])
            if not old:
                break
        for session in await self._redis.smembers(self._key("unnamed")):
            await self._delete_old_turns(session, before)
        return deleted

    async def spent(self, scopes: Collection[str]) -> dict[str, Spent]:
        """Return what was spent in each scope."""
        found = {scope: await self._redis.hgetall(self._key("c", scope)) for scope in scopes}
        with reading("what was spent"):
            return {
                scope: Spent.stored(data["calls"], data["usd"], _USD_PARTS)
                for scope, data in found.items()
                if data
            }

    async def spend(self, bill: Bill) -> None:
        """Add to what was spent in each scope."""
        await self._spend([self._prefix], _sums(bill))

    async def tokens(self) -> list[StoredToken]:
        """Return the access tokens, also those that were revoked."""
        found = await self._redis.hvals(self._key("tokens"))
        return sorted(_readable(StoredToken, found), key=lambda token: str(token.made_at))

    async def put_token(self, token: StoredToken) -> None:
        """Add an access token, or change one."""
        await self._redis.hset(self._key("tokens"), token.digest, json.dumps(vars(token)))

    def _key(self, *parts: str) -> str:
        return self._prefix + ":".join(parts)

    async def _delete_old_turns(self, session: str, before: float) -> None:
        turns = self._key("m", session)
        for _ in range(0, _MOST_LISTED, _PAGE):
            old = await self._redis.zrange(turns, "-inf", before, byscore=True, offset=0, num=_PAGE)
            if not old:
                break
            for turn in old[:_PAGE]:
                words, tail = await self._redis.hmget(self._key("t", turn), ("words", "tail"))
                await self._redis.zrem(self._key("w", session, words or ""), turn)
                await self._redis.zrem(self._key("p", session, tail or ""), turn)
                spent = self._key("c", session_scope(session, words or ""))
                await self._redis.delete(self._key("t", turn), self._key("j", turn), spent)
            await self._redis.zrem(turns, *old)

    async def _turns(self, session: str, keys: list[str]) -> list[StoredTurn]:
        turns = [await self._brief(key) for key in keys]
        return [turn for turn in turns if turn is not None and turn.session == session]

    async def _brief(self, key: str) -> StoredTurn | None:
        values = await self._redis.hmget(self._key("t", key), _BRIEF)
        found = dict(zip(_BRIEF, values, strict=True))
        return None if found["key"] is None else _turn({**found, "record": ""}, key)

    async def _listed(self, first: int, limit: int) -> list[str]:
        """Return the keys of conversations, the newest first."""
        found = await self._redis.zrange(self._key("activity"), first, first + limit - 1, desc=True)
        return list(found[:limit])

    async def _sessions(self, keys: list[str]) -> list[StoredSession]:
        found = await self._redis.mget([self._key("s", key) for key in keys]) if keys else []
        asked = set(keys)
        return [session for session in _readable(StoredSession, filter(None, found)) if session.key in asked]

    async def _newest(self, key: str) -> list[str]:
        found: list[str] = await self._redis.zrange(key, 0, MOST_FOUND - 1, desc=True)
        return found


def _mapping(flat: Iterable[str]) -> dict[str, str]:
    each = iter(flat)
    return dict(zip(each, each, strict=True))


def _sums(bill: Bill) -> list[str | int]:
    """Return a bill as the scripts take it: calls, money in parts, and the scopes."""
    return [bill.spent.calls, int(bill.spent.usd * _USD_PARTS), *bill.scopes]


def _turn(found: dict[str, str], key: str) -> StoredTurn | None:
    """Return a turn; `None`, as of one that is not stored, where its row is damaged, which the log tells.

    A row of another turn is none either: by it, a caller would hear what was said to somebody else.
    """
    try:
        with reading("a turn"):
            if found["key"] != key:
                raise LookupError("it is another turn")
            values: dict[str, Any] = {name: found[name] for name in _TURN_FIELDS}
            if sum(len(found[name]) for name in _BRIEF) > _MOST_OF_TURN:
                raise ValueError("it is larger than a turn can be")
            return StoredTurn(**{**values, "made_at": float(found["made_at"])})
    except FlowError as error:
        _LOG.warning("%s %s", error.problem, error.cause)
        return None


def _readable(kind: type[R], rows: Iterable[str]) -> list[R]:
    """Return what can be read of rows: a damaged one, which the log tells, takes no other one away."""
    read = []
    for row in rows:
        try:
            with reading(f"a row ({kind.__name__})"):
                data = finite_json(row)
                if not all(isinstance(value, str | float | int) for value in data.values()):
                    raise TypeError("these are no texts and numbers")
                read.append(kind(**data))
        except FlowError as error:
            _LOG.warning("%s %s", error.problem, error.cause)
    return read


def _require_lasting(info: dict[str, Any]) -> None:
    """Reject a server that forgets: Debian's, as it is installed, loses all acknowledged writes when it is killed.

    Raises:
        ConfigError: It does.
    """
    problem = fix = ""
    if not int(info.get("aof_enabled", 0)):
        problem = "it writes no append-only file, so a crash would lose conversations that were acknowledged"
        fix = "Switch it on: redis-cli config set appendonly yes, and appendonly yes in redis.conf."
    elif int(info.get("maxmemory", 0)) and info.get("maxmemory_policy", "noeviction") != "noeviction":
        problem = "it deletes what it keeps when its memory is full"
        fix = "Set maxmemory-policy noeviction."
    if problem:
        raise ConfigError(f"The Redis server cannot be used: {problem}.", kind="serve_store", fix=fix)
