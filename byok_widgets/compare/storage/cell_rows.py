"""Result cells as rows of a store and back: without keys, as SQLite takes them, and checked when they are read."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, ParamSpec, TypeVar, get_args

from byok_widgets.compare.cells.result_cell import CellStatus, Key, ResultCell
from byok_widgets.compare.cells.scoring import Score
from byok_widgets.files import finite_json
from byok_widgets.hashing import canonical, hash_of, hashed
from byok_widgets.secrets import redact
from byok_widgets.secrets.json_redaction import redact_keys

P = ParamSpec("P")
T = TypeVar("T")

PLAIN = (
    *("variant", "status", "error", "message", "model", "input_tokens", "output_tokens", "first_token_s"),
    *("total_s", "wait_s", "retries", "started_at", "repeat"),
)
"""Columns that hold what the attribute of the same name does."""
DAMAGED = "what is in it is damaged"
MOST_BYTES = 50_000_000
"""Longest output or request, in bytes of JSON."""

_SMALL = 512
"""Up to so many bytes, compressing saves little and takes longer than all else about a cell."""

_TOGETHER = 10
"""In so many cells keys are looked for at once: that takes hardly longer than in one, and holds nobody up."""

_OUTPUT = json.JSONEncoder(ensure_ascii=False)

_NANO = Decimal(10**9)
_MOST_INTEGER = 2**63 - 1
_MOST_USD = _MOST_INTEGER / _NANO
_TEXTS = ("error", "message", "model", "output")
_COUNTS = ("input_tokens", "output_tokens", "retries")
_SECONDS = ("first_token_s", "total_s", "wait_s", "started_at")
_NEVER_UNKNOWN = ("retries", "wait_s", "started_at")
_MOST_SECONDS = 10**11  # no date of three thousand years from now, and no call that anybody waited for


@dataclass(frozen=True)
class Row:
    """A cell that is ready to be written.

    Attributes:
        cell: The cell as it is kept.
        columns: Its columns: id, that of the request, case, cost, the known part of it, and those in `PLAIN`.
        reply: The result.
        request: What was asked; `None` if nothing was.
    """

    cell: ResultCell
    columns: list[Any]
    reply: bytes = field(repr=False)
    request: bytes | None = field(repr=False)


def rows_of(cells: Sequence[ResultCell]) -> list[Row | Exception]:
    """Return cells as rows; in place of one that cannot be kept, why."""
    parts = (cells[at : at + _TOGETHER] for at in range(0, len(cells), _TOGETHER))
    return [row for part in parts for row in _rows_of(part)]


def _rows_of(cells: Sequence[ResultCell]) -> Iterator[Row | Exception]:
    requests: dict[int, Any] = {}
    plain = [_or_fault(_texts_of, cell, requests) for cell in cells]
    texts, asked = redact_keys([[texts for texts in plain if isinstance(texts, dict)], [*requests.values()]])
    clean, shared = iter(texts), dict(zip(requests, map(_Asked, asked), strict=True))
    for cell, found in zip(cells, plain, strict=True):
        yield _or_fault(_row_of, cell, next(clean), shared[id(cell.request)]) if isinstance(found, dict) else found


def _or_fault(make: Callable[P, T], *args: P.args, **options: P.kwargs) -> T | Exception:
    try:
        return make(*args, **options)
    except Exception as error:  # noqa: BLE001 - it may hold any object, and the others must be written
        return error


def _texts_of(cell: ResultCell, requests: dict[int, Any]) -> dict[str, Any]:
    """Return what a key may stand in, but for the request: that is added to `requests`, by its identity."""
    texts: dict[str, Any] = as_plain({name: getattr(cell, name) for name in _TEXTS})
    own = id(cell.request)
    if own not in requests:
        requests[own] = as_plain(cell.request)
    return texts


class _Asked:
    """A request as it is stored, made once for all cells that share it."""

    def __init__(self, plain: dict[str, Any]) -> None:
        self.plain = plain

    @cached_property
    def stored(self) -> tuple[bytes | None, bytes | None]:
        """Its id and itself, both `None` if nothing was asked.

        Raises:
            ValueError: It is too long.
        """
        if not self.plain:
            return None, None
        content = canonical(self.plain)
        return bytes.fromhex(hash_of(content)), _packed(content)


def _row_of(cell: ResultCell, texts: Mapping[str, Any], request: _Asked) -> Row:
    """Return a cell as a row.

    Raises:
        ValueError: It is too long.
    """
    kept = _with_texts(cell, texts, request.plain)
    asked, body = request.stored
    nano = None if kept.usd is None else int(kept.usd * _NANO)
    money = [nano, int(kept.least_usd * _NANO)]
    columns = [cell_id(kept.key), asked, kept.case, *money, *(getattr(kept, name) for name in PLAIN)]
    output = _OUTPUT.encode(kept.output).encode()
    return Row(kept, columns, _packed(output), body)


def score_row(cell: int, metric: str, score: Score) -> list[Any]:
    """Return the score of a cell as a row."""
    return [cell, metric, score.value, redact(score.problem, words=False) if score.problem else ""]


@lru_cache(maxsize=5_000)
def cell_id(key: Key) -> int:
    """Return the id of a cell: the same on every machine."""
    return int(hashed(key)[:15], 16)  # 60 bits: an integer of SQLite has 63 and a sign


def storable(cell: ResultCell) -> ResultCell:
    """Return a cell as it can be kept: without keys, as plain data, and with figures that SQLite takes.

    A figure that no provider could mean counts as unknown.
    """
    texts, request = redact_keys([_texts_of(cell, {}), as_plain(cell.request)])
    return _with_texts(cell, texts, request)


def _with_texts(cell: ResultCell, texts: Mapping[str, Any], request: Mapping[str, Any]) -> ResultCell:
    usd, least = cell.usd, cell.least_usd
    return cell.but(
        **texts,
        request=request,
        usd=usd if usd is not None and _is_amount(usd) else None,
        least_usd=least if _is_amount(least) else Decimal(0),
        input_tokens=_count(cell.input_tokens),
        output_tokens=_count(cell.output_tokens),
        retries=_count(cell.retries) or 0,
        first_token_s=_seconds(cell.first_token_s),
        total_s=_seconds(cell.total_s),
        wait_s=_seconds(cell.wait_s) or 0.0,
        started_at=_seconds(cell.started_at) or 0.0,
    )


def as_plain(data: Any) -> Any:
    """Return data as JSON would hold it."""
    if isinstance(data, str):
        return data if data.isascii() else data.encode("utf-8", "backslashreplace").decode()
    if data is None or isinstance(data, (bool, int)):
        return data
    if isinstance(data, float):
        return data if math.isfinite(data) else str(data)
    if isinstance(data, (dict, Mapping)):  # asking for a mapping alone takes longer
        return {
            name if type(name) is str and name.isascii() else str(as_plain(name)): as_plain(value)
            for name, value in data.items()
        }
    if isinstance(data, (list, tuple, set, frozenset)):
        return [as_plain(part) for part in data]
    return as_plain(str(data))


def _packed(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        raise ValueError("it is too long")
    return zlib.compress(content, 1) if len(content) > _SMALL else content


def cell_of(plain: Sequence[Any], case: Any, money: tuple[Any, Any], reply: Any, request: Any) -> ResultCell:
    """Return the cell of a row; `money` is what it cost, and the known part of that, in billionths.

    Raises:
        ValueError: It is none.
    """
    found = dict(zip(PLAIN, plain, strict=True))
    amounts = [*money, *(found[name] for name in _COUNTS)]
    right = (
        all(isinstance(text, str) for text in (case, *(found[name] for name in _TEXTS if name in found)))
        and found["status"] in get_args(CellStatus)
        and all(amount is None or (isinstance(amount, int) and amount >= 0) for amount in amounts)
        and all(found[name] is None or is_time(found[name]) for name in _SECONDS)
        and not any(found[name] is None for name in _NEVER_UNKNOWN)
        and isinstance(found["repeat"], int)
    )
    if not right:
        raise ValueError(DAMAGED)
    usd, least = (None if nano is None else Decimal(nano) / _NANO for nano in money)
    asked = _unpacked(request)
    return ResultCell(
        **found, case=case, usd=usd, least_usd=least or Decimal(0), output=_unpacked(reply), request=asked
    )


def _unpacked(body: Any) -> dict[str, Any]:
    if body is None:
        return {}
    if isinstance(body, bytes) and body[:1] == b"{":  # no compressed one begins like this
        return object_of(body if len(body) <= MOST_BYTES else b"")
    reader = zlib.decompressobj()
    try:
        text = reader.decompress(body, MOST_BYTES)
    except (zlib.error, TypeError):
        text = b""
    return object_of(text if reader.eof else b"")  # it is cut off, or longer than any of ours


def object_of(text: Any) -> dict[str, Any]:
    """Return the object that a text holds as JSON.

    Raises:
        ValueError: It holds none.
    """
    found = json_of(text)
    if not isinstance(found, dict):
        raise ValueError(DAMAGED)  # noqa: TRY004 - a value of a file
    return found


def json_of(text: Any) -> Any:
    """Return what a text holds as JSON.

    Raises:
        ValueError: It is no JSON.
    """
    try:
        return finite_json(text)
    except (ValueError, TypeError, RecursionError):
        raise ValueError(DAMAGED) from None


def _is_amount(usd: Decimal) -> bool:
    return usd.is_finite() and 0 <= usd <= _MOST_USD


def _count(count: int | None) -> int | None:
    return count if count is not None and 0 <= count <= _MOST_INTEGER else None


def _seconds(seconds: float | None) -> float | None:
    return seconds if is_time(seconds) else None


def is_time(found: Any) -> bool:
    """Whether a number is one of seconds, of a call or since 1970."""
    return isinstance(found, (int, float)) and 0 <= found <= _MOST_SECONDS


def is_score(found: Any) -> bool:
    """Whether a number is a score."""
    return isinstance(found, (int, float)) and 0 <= found <= 1
