"""What all protocols over an official SDK share: one client for each key and address, and the steps of a call.

`openai` and `anthropic` are built alike. The SDK builds the request, signs it and names the errors. It hands over
the response unread, and our own reader reads it: the SDKs' readers refuse much of what real servers send, have no
bounds, and cost several times as much. A protocol defines what its requests contain and what its events mean.

What a call needs is loaded with the first one: a flow is made, shown and checked without it.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from byok_widgets.engine.callbacks import OnText
from byok_widgets.errors import ByokError
from byok_widgets.keys import clean_key
from byok_widgets.providers import adaptation, error_mapping, stream, transport
from byok_widgets.providers.base import Provider
from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.exchange import Answer, Endpoint, ModelInfo, Request
from byok_widgets.providers.stream import bounds
from byok_widgets.secrets.log_redaction import redact_logs
from byok_widgets.thought_tags import KNOWN_TAGS, Tags
from byok_widgets.usage import Cost

if TYPE_CHECKING:
    import httpx2

    from byok_widgets.providers.adaptation.quirks import EndpointQuirks
    from byok_widgets.providers.response_accumulator import ResponseAccumulator

LIST_TIMEOUT_S = 60.0
"""Longest silence while a model list is fetched, in seconds; only a model may think for longer."""
LIST_DEADLINE_S = 120.0
"""How long a model list may take in all, in seconds, however steadily it drips."""
NO_KEY = "none"
"""What is sent to an endpoint that needs no key."""

_HTTP_LOGGERS = (
    "httpx2",
    "httpcore2",
    *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)
"""Loggers of the HTTP libraries, which log headers; some are made when they are first needed."""


class SdkProvider(Provider):
    """A provider that is reached through its SDK."""

    completions_path: ClassVar[str]
    _is_loaded = False
    models_path: ClassVar[str]
    limit_names: ClassVar[tuple[str, ...]] = ()
    """The names that the maximum number of tokens may have; empty if it is required under one name."""
    thought_tags: ClassVar[Tags] = KNOWN_TAGS
    """What may stand around thinking in this vendor's answers; at another address than its own, any known tag."""

    def __init__(self) -> None:
        self._clients: WeakKeyDictionary[object, dict[str, Any]] = WeakKeyDictionary()

    async def complete(self, request: Request, endpoint: Endpoint, on_text: OnText) -> Answer:
        """Send one request; see `Provider.complete`."""
        from byok_widgets.providers.response_accumulator import ResponseAccumulator

        context = CallContext(self, endpoint, request.model, request.limit_setting)
        accumulator = ResponseAccumulator(
            on_text,
            offers_tool=request.output is not None and request.output.mode == "tool",
            thought_tags=self.thought_tags if endpoint.base_url.url == self.default_url else KNOWN_TAGS,
        )
        resending = adaptation.Resending(request, context, self.limit_names)

        async def converse(payload: dict[str, Any]) -> None:
            endpoint.on_send()
            await self._converse(payload, accumulator, context, resending.quirks)

        try:
            await self._set_up()
            await resending.send(self.payload(request), converse, has_begun=lambda: accumulator.has_begun)
        except asyncio.CancelledError:
            # what has come is kept as a partial answer, to its last word
            endpoint.on_stop(resending.complete(accumulator.answer(is_stopped=True)))
            raise
        except ByokError as fault:
            error = fault.with_traceback(None)  # its frames hold the server's message, which may quote the key
        except Exception as foreign:  # noqa: BLE001 - the boundary: whatever the SDK raises becomes a `ProviderError`
            error_mapping.pass_on_head(foreign, endpoint)
            error = error_mapping.translate(foreign, context)
        else:
            return resending.complete(accumulator.answer())
        error.attempts = resending.attempts
        if accumulator.may_be_charged:
            error.cost = Cost()
        return resending.complete(accumulator.partial_or_raise(error))

    async def warm_up(self, model: str) -> None:
        """Import the SDK, and make the client."""
        del model
        await self._set_up()

    async def list_models(self, endpoint: Endpoint) -> list[ModelInfo]:
        """Ask for the models; see `Provider.list_models`."""
        from byok_widgets.providers.protocols.model_lists import named_rows

        found = _rows_or_error(await self._get(self.models_path, endpoint), CallContext(self, endpoint))
        if isinstance(found, ByokError):
            raise found
        return [self._model_info(row) for row in named_rows(found)]

    @abstractmethod
    def payload(self, request: Request) -> dict[str, Any]:
        """Return the request in the protocol's format."""

    @abstractmethod
    def _sdk(self) -> Any:
        """Import the SDK, which takes a while, and return it."""

    async def _set_up(self) -> None:
        """Import the SDK, and make the client that all share, with what is slow about it in a thread."""
        if not self._is_loaded:
            await transport.SET_UP.run(self._load)
            self._is_loaded = True
        await transport.prepare_client()

    def _load(self) -> None:
        from byok_widgets.engine.garbage import without_collection

        with without_collection():
            self._sdk()

    @abstractmethod
    def _new_client(self, **arguments: Any) -> Any:
        """Make the SDK's client. Environment variables must not influence it."""

    @abstractmethod
    def accumulate(self, event: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext) -> None:
        """Process one event of the stream.

        Raises:
            ProviderError: It contains an error, or is not an event of this protocol.
        """

    def accumulate_plain(
        self, event: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext
    ) -> str | None:
        """Process an event in which nothing is unusual, as in nearly all, and return its words.

        Returns:
            The words; empty if there is anything beside them. `None` if the event is another one: then nothing of
            it was processed.

        Raises:
            ProviderError: It says that the answer failed.
        """
        del event, accumulator, context
        return None

    def accumulate_words(self, words: str, like: Mapping[str, Any], accumulator: ResponseAccumulator) -> None:
        """Process the words of events that are like a plain one but for them.

        Args:
            words: Their words, joined.
            like: An event that `accumulate_plain` took, with nothing but words in it.
            accumulator: Takes what they say.
        """
        del like
        accumulator.add_piece(words)

    def plain_words(self, event: Mapping[str, Any]) -> str:
        """Return the words of an event with nothing else in it but its `id` and `model`, as in nearly all.

        Empty for any other, in which more has to be looked at.
        """
        del event
        return ""

    @abstractmethod
    def accumulate_whole(
        self, answer: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext
    ) -> None:
        """Process an answer that came in one piece, from a server that does not stream.

        Raises:
            ProviderError: It contains an error, or is not an answer of this protocol.
        """

    @abstractmethod
    def _model_info(self, row: Mapping[str, Any]) -> ModelInfo:
        """Read one row of the model list."""

    async def _converse(
        self,
        payload: dict[str, Any],
        accumulator: ResponseAccumulator,
        context: CallContext,
        quirks: EndpointQuirks,
    ) -> None:
        import httpx2

        from byok_widgets.providers.protocols.answer_parser import AnswerParser

        exchange = context.endpoint.exchange
        if exchange is not None:
            unstreamed = {
                name: value for name, value in payload.items() if name not in ("stream", "stream_options")
            }
            parser = AnswerParser(self, accumulator, context, "application/json")
            parser.feed(await exchange(unstreamed))
            parser.end()
            return
        response = await self._send("post", self.completions_path, context.endpoint, body=payload)
        headers = stream.head_of(response)
        context.endpoint.on_head(response.status_code, headers)
        accumulator.request_id = error_mapping.request_id(headers)
        parser = AnswerParser(self, accumulator, context, headers.get("content-type", ""))
        context.endpoint.on_life(accumulator)
        has_all = False  # of a body that is no stream
        body = stream.ResponseBody(response)
        try:
            async with body:
                async for piece in body:
                    parser.feed(piece)
                    if parser.is_complete:
                        break
                    if accumulator.is_empty:
                        context.endpoint.on_life(accumulator)
                        has_all = not body.has_arrived and parser.has_whole_answer()
                    lacks_usage = not (has_all or accumulator.has_usage or quirks.keeps_usage)
                    body.expect_end(1 if has_all else accumulator.ended_after, lacks_usage=lacks_usage)
        except httpx2.TransportError:
            if not has_all:
                raise
        parser.end()
        accumulator.note_wait(body.lingered_s, was_late=body.was_late)
        if body.was_late or quirks.keeps_usage:
            quirks.keeps_usage = not accumulator.has_usage

    async def _get(self, path: str, endpoint: Endpoint) -> Any:
        """Return the JSON that is at a path.

        Raises:
            ProviderError: Any error, in plain words.
        """
        return await self._asked(endpoint, "get", path)

    async def fetch(self, path: str, endpoint: Endpoint) -> Mapping[str, Any]:
        """Return the JSON object that is at a path.

        Raises:
            ProviderError: Any error, in plain words.
        """
        return self._object(await self._get(path, endpoint), endpoint)

    async def post(self, path: str, endpoint: Endpoint, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Post a JSON object, and return the one that comes back.

        Raises:
            ProviderError: Any error, in plain words.
        """
        return self._object(await self._asked(endpoint, "post", path, body=body), endpoint)

    async def upload(
        self, path: str, form: Mapping[str, Any], content: bytes, endpoint: Endpoint
    ) -> Mapping[str, Any]:
        """Post a file with a form, and return the JSON object that comes back.

        Raises:
            ProviderError: Any error, in plain words.
        """
        more = {"body": dict(form), "files": [("file", ("batch.jsonl", content, "application/jsonl"))]}
        headers = {"Content-Type": "multipart/form-data"}
        return self._object(await self._asked(endpoint, "post", path, headers, **more), endpoint)

    async def read_bytes(self, path: str, endpoint: Endpoint) -> bytes:
        """Return the file that is at a path.

        Raises:
            ProviderError: Any error, in plain words.
        """
        context = CallContext(self, endpoint)
        try:
            await self._set_up()
            response = await self._send("get", path, endpoint, options={"timeout": self._patience()})
            return await stream.read_whole(response, bounds.MAX_RESULTS_BYTES, "MAX_RESULTS_BYTES")
        except ByokError as fault:
            error = fault.with_traceback(None)
        except Exception as foreign:  # noqa: BLE001 - the boundary
            error = error_mapping.translate(foreign, context)
        raise error

    def _object(self, value: Any, endpoint: Endpoint) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        del value
        raise error_mapping.unreadable("a JSON object was expected", CallContext(self, endpoint))

    async def _asked(
        self,
        endpoint: Endpoint,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Any:
        context = CallContext(self, endpoint)
        try:
            await self._set_up()
            if method == "get":
                return await _within(LIST_DEADLINE_S, self._read_json(method, path, context, headers, **more))
            return await self._read_json(method, path, context, headers, **more)
        except ByokError as fault:
            error = fault.with_traceback(None)
        except Exception as foreign:  # noqa: BLE001 - the boundary
            error = error_mapping.translate(foreign, context)
        raise error

    async def _read_json(
        self, method: str, path: str, context: CallContext, headers: Mapping[str, str] | None, **more: Any
    ) -> Any:
        from byok_widgets.providers.protocols.answer_parser import json_in, not_an_answer

        options: dict[str, Any] = {"timeout": self._patience()}
        if headers:
            options["headers"] = dict(headers)
        response = await self._send(method, path, context.endpoint, options=options, **more)
        body = await stream.read_whole(response, bounds.MAX_LIST_BYTES, "MAX_LIST_BYTES")
        value = json_in(body)
        if isinstance(value, dict) and error_mapping.holds_error(value):
            raise error_mapping.from_body(value, context)
        if isinstance(value, (dict, list)):
            return value
        raise not_an_answer(body, context, is_html="html" in response.headers.get("content-type", ""))

    def _patience(self) -> Any:
        """Return how long the server of anything but an answer may be silent."""
        return self._sdk().Timeout(LIST_TIMEOUT_S, connect=transport.CONNECT_TIMEOUT_S)

    async def _send(self, method: str, path: str, endpoint: Endpoint, **more: Any) -> httpx2.Response:
        """Let the SDK build, sign and send a request; return the response, of which nothing is read yet."""
        import httpx2

        send = getattr(self._client(endpoint), method)
        url = endpoint.base_url.url + path  # a relative path would be parsed three times
        response: httpx2.Response = await send(
            url, cast_to=httpx2.Response, stream=True, stream_cls=_stream_class(self._sdk()), **more
        )
        return response

    def _client(self, endpoint: Endpoint) -> Any:
        """Return the SDK's client for this key and address; it lives as long as the key is held."""
        holder: object = endpoint.key or self  # weakly: when the key is forgotten, so is the client that holds it
        clients = self._clients.setdefault(holder, {})
        client = clients.get(endpoint.base_url.url)
        if client is None or client._client is not transport.http_client():  # noqa: SLF001 - a new loop has a new connection
            redact_logs(self._sdk().__name__, *_HTTP_LOGGERS)
            client = clients[endpoint.base_url.url] = self._new_client(
                api_key=clean_key(endpoint.key.reveal()) if endpoint.key else NO_KEY,
                base_url=endpoint.base_url.url,
                http_client=transport.http_client(),
                max_retries=0,  # the engine retries, and knows about the quota
                timeout=self._sdk().Timeout(
                    None, connect=transport.CONNECT_TIMEOUT_S
                ),  # a model may think for minutes
            )
        return client


async def _within(seconds: float, work: Awaitable[Any]) -> Any:
    import httpx2

    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise httpx2.ReadTimeout("It did not end in time.") from None


@cache
def _stream_class(sdk: ModuleType) -> Any:
    """Return what the SDK is told to return for a stream, although it returns the response itself."""
    return sdk.AsyncStream[object]  # looking it up costs more than it seems


def _rows_or_error(answer: Any, context: CallContext) -> list[Any] | ByokError:
    """Return the rows of a model list, or what is wrong: no frame of an error holds what a server sent."""
    from byok_widgets.providers.protocols.model_lists import rows_of

    rows = rows_of(answer)
    if rows is None and error_mapping.text_of_reason(answer):
        return error_mapping.from_body(answer, context)
    if rows is None:
        return error_mapping.unreadable("a model list was expected", context)
    if len(rows) > bounds.MAX_LIST_ROWS:
        return error_mapping.translate(bounds.too_many_rows(bounds.MAX_LIST_ROWS), context)
    return rows
