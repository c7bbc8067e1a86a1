"""What Redis does in one step, by its own clock. Keys are made from a prefix: one primary has all of them."""

from __future__ import annotations

_NOW = """
local function now()
  local time = redis.call('TIME')
  return time[1] + time[2] / 1000000
end
"""

BEAT = f"""{_NOW}
local process = KEYS[1] .. 'o:' .. ARGV[1]
local since = redis.call('GET', process)
redis.call('SET', process, since or string.format('%.6f', now()), 'PX', ARGV[2])
"""
"""Says that a process is alive, and keeps since when it has said so without a break."""

CLAIM = f"""{_NOW}
local prefix, key, owner, me = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local turn, now = prefix .. 't:' .. key, now()
local fields = cjson.decode(ARGV[4])
redis.call('ZADD', prefix .. 'activity', now, fields['session'])
if redis.call('EXISTS', turn) == 0 then
  fields['made_at'] = string.format('%.6f', now)
  for name, value in pairs(fields) do redis.call('HSET', turn, name, value) end
  redis.call('HSET', turn, 'owner', owner)
  redis.call('ZADD', prefix .. 'm:' .. fields['session'], now, key)
  redis.call('ZADD', prefix .. 'w:' .. fields['session'] .. ':' .. fields['words'], now, key)
  if fields['tail'] ~= '' then
    redis.call('ZADD', prefix .. 'p:' .. fields['session'] .. ':' .. fields['tail'], now, key)
  end
  return {{'owned', 0, redis.call('HGETALL', turn), {{}}}}
end
local known = redis.call('HGETALL', turn)
if redis.call('HGET', turn, 'answer') ~= '' then return {{'ended', 0, known, {{}}}} end
local before = redis.call('HGET', turn, 'owner')
local process = string.match(before, '^([^:]*)')
local elsewhere = process ~= '' and process ~= me
if elsewhere then
  local since = tonumber(redis.call('GET', prefix .. 'o:' .. me) or now)
  local may_be_alive = redis.call('EXISTS', prefix .. 'o:' .. process) == 1 or now - since < tonumber(ARGV[5])
  if may_be_alive then return {{'busy', 0, known, {{}}}} end
end
redis.call('HSET', turn, 'owner', owner)
return {{'owned', elsewhere and 1 or 0, known, redis.call('HGETALL', prefix .. 'j:' .. key)}}
"""
"""Claims a turn: it is this owner's unless it has been answered, or its process may be alive.

When this server was away, no process could say that it is alive. So only one that has been heard of for a while
takes over what another had begun: by then, that one has been heard of as well, if it lives.
"""

_SPEND = """
local function spend(prefix, first)
  for at = first + 2, #ARGV do
    redis.call('HINCRBY', prefix .. 'c:' .. ARGV[at], 'calls', ARGV[first])
    redis.call('HINCRBY', prefix .. 'c:' .. ARGV[at], 'usd', ARGV[first + 1])
  end
end
"""

PUT = f"""{_NOW}{_SPEND}
local prefix, key, owner, session = KEYS[1], ARGV[1], ARGV[2], ARGV[6]
local turn = prefix .. 't:' .. key
if redis.call('HGET', turn, 'owner') ~= owner then return 0 end
local answer = redis.call('HGET', turn, 'answer')
if answer ~= '' then return answer == ARGV[4] and 1 or 0 end
redis.call('HSET', turn, 'state', ARGV[3], 'answer', ARGV[4], 'record', ARGV[5])
if ARGV[4] ~= '' then redis.call('DEL', prefix .. 'j:' .. key) end
local known = redis.call('GET', prefix .. 's:' .. session)
if not known or cjson.decode(known)['last_at'] <= cjson.decode(ARGV[7])['last_at'] then
  redis.call('SET', prefix .. 's:' .. session, ARGV[7])
end
redis.call('ZADD', prefix .. 'activity', now(), session)
if cjson.decode(ARGV[7])['name'] == '' then redis.call('SADD', prefix .. 'unnamed', session) end
spend(prefix, 8)
return 1
"""
"""Stores what is known of a turn and what it has spent, if it is still this owner's.

An interrupted one may end after the next. What is stored twice, since the first reply was lost, counts once.
Sessions without an id of the client are listed, because their turns expire one by one.
"""

SPEND = f"""{_SPEND}
spend(KEYS[1], 1)
"""
"""Adds to what was spent in each scope."""

RELEASE = """
local turn = KEYS[1] .. 't:' .. ARGV[1]
if redis.call('HGET', turn, 'owner') == ARGV[2] and redis.call('HGET', turn, 'state') == '' then
  redis.call('HSET', turn, 'owner', '')
end
"""
"""Gives up a turn that has no state."""
