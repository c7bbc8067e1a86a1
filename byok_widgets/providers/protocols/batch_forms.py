"""The three forms of batches that providers have, over their SDKs' clients."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from byok_widgets.errors import ConfigError
from byok_widgets.providers import error_mapping
from byok_widgets.providers.batches import BatchForm, BatchItem, BatchResult, BatchState
from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.stream import BOM, parse_json

if TYPE_CHECKING:
    from byok_widgets.providers.exchange import Endpoint
    from byok_widgets.providers.protocols.sdk_provider import SdkProvider

_MB = 1_000_000
_EARLY_ENDS = {"failed": "It failed.", "expired": "It expired.", "cancelled": "It was cancelled."}
"""What a batch that did not complete is said to have done, by its status."""
_NOT_RUN = frozenset({"batch_expired", "batch_cancelled", "canceled", "expired"})
"""What the outcome of a request is called that the batch did not come to."""


class SdkBatchForm(BatchForm):
    """What all have in common: a provider that sends."""

    def __init__(self, provider: SdkProvider) -> None:
        self._provider = provider

    async def _rows(self, path: str, endpoint: Endpoint) -> list[dict[str, Any]]:
        """Return the JSON objects of a file with one in each line.

        Raises:
            ProviderError: It came incomplete, or it is something else.
        """
        body = (await self._provider.read_bytes(path, endpoint)).removeprefix(BOM)
        rows = []
        for line in body.splitlines():
            try:
                row = parse_json(line) if line.strip() else {}
            except ValueError:
                row = None
            if not isinstance(row, dict):
                del line, body, row
                raise error_mapping.unreadable(
                    "a line of its results is cut off", CallContext(self._provider, endpoint)
                )
            rows += [row] if row else []
        return rows

    def _text(self, answer: Mapping[str, Any], name: str, endpoint: Endpoint) -> str:
        value = answer.get(name)
        if isinstance(value, str) and value:
            return value
        raise error_mapping.unreadable("a batch was expected", CallContext(self._provider, endpoint))


class FileBatches(SdkBatchForm):
    """Batches of Chat Completions: a file of requests in, a file of answers and a file of errors out."""

    max_items = 50_000
    max_bytes = 200 * _MB
    one_model = True

    def line(self, item: BatchItem) -> bytes:
        """Return a line of the file; see `BatchForm.line`."""
        path = f"/v1{self._provider.completions_path}"  # not a URL: the batch service knows this one alone
        return _json({"custom_id": item.id, "method": "POST", "url": path, "body": item.body})

    async def submit(self, lines: Sequence[bytes], endpoint: Endpoint) -> str:
        """Upload the file, and make a batch of it; see `BatchForm.submit`."""
        content = b"".join(line + b"\n" for line in lines)
        file = await self._provider.upload("/files", {"purpose": "batch"}, content, endpoint)
        body = {
            "input_file_id": self._text(file, "id", endpoint),
            "endpoint": f"/v1{self._provider.completions_path}",
            "completion_window": "24h",
        }
        return self._text(await self._provider.post("/batches", endpoint, body), "id", endpoint)

    async def state(self, batch: str, endpoint: Endpoint) -> BatchState:
        """Ask how far a batch is; see `BatchForm.state`."""
        found = await self._provider.fetch(f"/batches/{_segment(batch)}", endpoint)
        status = str(found.get("status"))
        named = (found.get("output_file_id"), found.get("error_file_id"))
        faults = _list(_mapping(found.get("errors")).get("data"))
        return BatchState(
            status == "completed" or status in _EARLY_ENDS,
            tuple(f"/files/{_segment(name)}/content" for name in named if isinstance(name, str) and name),
            _EARLY_ENDS.get(status, ""),
            " ".join(str(_mapping(fault).get("message") or "") for fault in faults[:3]).strip(),
            charges_results_only=status in _EARLY_ENDS,  # what was completed until then is returned and charged
        )

    async def results(self, state: BatchState, endpoint: Endpoint) -> list[BatchResult]:
        """Read both files; see `BatchForm.results`."""
        rows = [row for path in state.files for row in await self._rows(path, endpoint)]
        return [BatchResult(str(row.get("custom_id")), _answered(row)) for row in rows]

    async def cancel(self, batch: str, endpoint: Endpoint) -> None:
        """Ask for its end; see `BatchForm.cancel`."""
        await self._provider.post(f"/batches/{_segment(batch)}/cancel", endpoint, {})


class MessageBatches(SdkBatchForm):
    """Batches of Messages: requests in the body, results in a file."""

    max_items = 100_000
    max_bytes = 256 * _MB - 100  # what surrounds the requests

    def line(self, item: BatchItem) -> bytes:
        """Return an element of the list of requests; see `BatchForm.line`."""
        return _json({"custom_id": item.id, "params": item.body})

    async def submit(self, lines: Sequence[bytes], endpoint: Endpoint) -> str:
        """Submit the list; see `BatchForm.submit`."""
        body = {"requests": [json.loads(line) for line in lines]}
        return self._text(await self._provider.post("/v1/messages/batches", endpoint, body), "id", endpoint)

    async def state(self, batch: str, endpoint: Endpoint) -> BatchState:
        """Ask how far a batch is; see `BatchForm.state`."""
        found = await self._provider.fetch(f"/v1/messages/batches/{_segment(batch)}", endpoint)
        is_ended = found.get("processing_status") == "ended"
        return BatchState(is_ended, (f"/v1/messages/batches/{_segment(batch)}/results",) if is_ended else ())

    async def results(self, state: BatchState, endpoint: Endpoint) -> list[BatchResult]:
        """Read the file; see `BatchForm.results`."""
        rows = [row for path in state.files for row in await self._rows(path, endpoint)]
        return [BatchResult(str(row.get("custom_id")), _resulted(_mapping(row.get("result")))) for row in rows]

    async def cancel(self, batch: str, endpoint: Endpoint) -> None:
        """Ask for its end; see `BatchForm.cancel`."""
        await self._provider.post(f"/v1/messages/batches/{_segment(batch)}/cancel", endpoint, {})


class InlineBatches(SdkBatchForm):
    """Batches of Chat Completions whose requests stand in the body, and whose results come as pages of JSON."""

    max_items = 5_000
    max_bytes = 200 * _MB - 1000  # what surrounds the requests
    one_model = True

    def line(self, item: BatchItem) -> bytes:
        """Return an element of the list of requests; see `BatchForm.line`."""
        return _json({"custom_id": item.id, "body": item.body})

    async def submit(self, lines: Sequence[bytes], endpoint: Endpoint) -> str:
        """Submit the list; see `BatchForm.submit`. What all requests share has to stand before them."""
        requests = [json.loads(line) for line in lines]
        body = {
            "endpoint": f"/v1{self._provider.completions_path}",
            "model": requests[0]["body"].get("model"),
            "requests": requests,
        }
        return self._text(await self._provider.post("/batches", endpoint, body), "id", endpoint)

    async def state(self, batch: str, endpoint: Endpoint) -> BatchState:
        """Ask how far a batch is; see `BatchForm.state`."""
        found = await self._page(f"/batches/{_segment(batch)}", endpoint)
        status = str(found.get("status"))
        return BatchState(
            status == "completed" or status in _EARLY_ENDS,
            () if status == "failed" else (f"/batches/{_segment(batch)}/results",),
            _EARLY_ENDS.get(status, ""),
            str(_mapping(found.get("error")).get("message") or ""),
            charges_results_only=status == "failed",  # a check failed before anything ran
        )

    async def results(self, state: BatchState, endpoint: Endpoint) -> list[BatchResult]:
        """Read all pages; see `BatchForm.results`."""
        rows: list[Any] = []
        for path in state.files:
            cursor, seen = "", set[str]()
            while cursor not in seen:  # a server that repeats a cursor would be asked for ever
                seen.add(cursor)
                page = await self._page(f"{path}?cursor={_segment(cursor)}" if cursor else path, endpoint)
                rows += _list(page.get("results"))
                cursor = str(page.get("next_cursor") or "")
                if max(len(rows), len(seen)) > self.max_items:
                    raise error_mapping.unreadable(
                        "its results have no end", CallContext(self._provider, endpoint)
                    )
        return [BatchResult(str(row.get("custom_id")), _answered(row)) for row in map(_mapping, rows)]

    async def _page(self, path: str, endpoint: Endpoint) -> Mapping[str, Any]:
        """Return an object that may hold many results.

        Raises:
            ProviderError: It came incomplete, or it is something else.
        """
        body = await self._provider.read_bytes(path, endpoint)
        try:
            page = parse_json(body.removeprefix(BOM))
        except ValueError:
            page = None
        if isinstance(page, dict):
            return page
        del body, page
        raise error_mapping.unreadable("a JSON object was expected", CallContext(self._provider, endpoint))

    async def cancel(self, batch: str, endpoint: Endpoint) -> None:
        """Refuse: there is no way to end a batch; see `BatchForm.cancel`."""
        del batch, endpoint
        raise ConfigError(
            f"{self._provider.label} has no way to end a batch.",
            kind="batch_cancel",
            fix="Wait for its end: resume() reads the answers.",
        )


def _answered(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    response = _mapping(row.get("response"))
    body = _mapping(response.get("body"))
    if not body and str(_mapping(row.get("error")).get("code")) in _NOT_RUN:
        return None
    if row.get("error"):
        return {"error": row["error"]}
    if body.get("error") and isinstance(response.get("status_code"), int):
        return {**body, "status": response["status_code"]}
    return body or {"error": {"message": "There is no answer in its result."}}


def _resulted(result: Mapping[str, Any]) -> Mapping[str, Any] | None:
    kind = str(result.get("type"))
    if kind in _NOT_RUN:
        return None
    if kind == "succeeded":
        return _mapping(result.get("message"))
    if kind == "errored":
        error = _mapping(result.get("error"))
        return error if error.get("error") else {"error": error}
    return {"error": {"type": f"batch_{kind}", "message": "There is no answer in its result."}}


def _segment(text: str) -> str:
    """Return what a server calls something as one part of a path: it must not lead to another one."""
    return quote(text, safe="")


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
