"""What all adapters over an official SDK share: one client for each key and address, and the steps of a call.

`openai` and `anthropic` are built alike. The SDK builds the request, signs it, reads the event stream and names
the errors; events come as plain mappings (`cast_to=object`), since creating a typed object for each chunk costs
ten times as much as reading it. An adapter defines what its requests contain and what its events mean.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from byok_widgets.engine.callbacks import OnText
from byok_widgets.errors import ByokError
from byok_widgets.keys import clean_key
from byok_widgets.providers import error_mapping
from byok_widgets.providers.adaptation import Resending
from byok_widgets.providers.base import Answer, Endpoint, ModelInfo, Provider, Request
from byok_widgets.providers.error_mapping import CallContext
from byok_widgets.providers.response_accumulator import ResponseAccumulator
from byok_widgets.providers.transport import CONNECT_TIMEOUT_S, SET_UP, http_client, prepare_client

if TYPE_CHECKING:
    import httpx2

NO_KEY = "none"
"""What is sent to an endpoint that needs no key."""


class SdkProvider(Provider):
    """A provider that is reached through its SDK."""

    completions_path: ClassVar[str]
    _is_loaded = False
    models_path: ClassVar[str]
    limit_names: ClassVar[tuple[str, ...]] = ()
    """The names that the maximum number of tokens may have; empty if it is required under one name."""
    thought_tags: ClassVar[tuple[str, str] | None] = None
    """What stands around thoughts in the text of an answer, where this vendor sends them so."""

    def __init__(self) -> None:
        self._clients: WeakKeyDictionary[object, dict[str, Any]] = WeakKeyDictionary()

    async def complete(self, request: Request, endpoint: Endpoint, on_text: OnText) -> Answer:
        """Send one request; see `Provider.complete`."""
        site = CallContext(self, endpoint, request.model)
        gathered = ResponseAccumulator(
            on_text,
            offers_tool=request.output is not None and request.output.mode == "tool",
            thought_tags=self.thought_tags,
        )
        resending = Resending(request, site, self.limit_names)

        async def converse(payload: dict[str, Any]) -> None:
            await self._converse(payload, gathered, site)

        try:
            await self._set_up()
            await resending.send(self.payload(request), converse, has_begun=lambda: not gathered.is_empty)
        except ByokError as fault:
            error = fault.with_traceback(None)  # its frames hold the server's message, which may quote the key
        except Exception as foreign:  # noqa: BLE001 - the boundary: whatever the SDK raises becomes a `ProviderError`
            error = error_mapping.translate(foreign, site)
        else:
            return resending.complete(gathered.answer())
        error.attempts = resending.attempts
        return resending.complete(gathered.partial_or_raise(error))

    async def list_models(self, endpoint: Endpoint) -> list[ModelInfo]:
        """Ask for the models; see `Provider.list_models`."""
        rows = (await self._get(self.models_path, endpoint)).get("data")
        if not isinstance(rows, list):
            del rows
            raise error_mapping.unreadable("a model list was expected", CallContext(self, endpoint))
        return [self._model_info(row) for row in rows if isinstance(row, Mapping) and row.get("id")]

    @abstractmethod
    def payload(self, request: Request) -> dict[str, Any]:
        """Return the request in the protocol's format."""

    @abstractmethod
    def _sdk(self) -> Any:
        """Import the SDK, which takes a while, and return it."""

    async def _set_up(self) -> None:
        """Import the SDK, and make the client that all share, with what is slow about it in a thread."""
        if not self._is_loaded:
            await SET_UP.run(self._sdk)
            self._is_loaded = True
        await prepare_client()

    @abstractmethod
    def _new_client(self, **arguments: Any) -> Any:
        """Make the SDK's client. Environment variables must not influence it."""

    @abstractmethod
    def _accumulate(self, event: Mapping[str, Any], gathered: ResponseAccumulator, site: CallContext) -> None:
        """Process one event of the stream.

        Raises:
            ProviderError: It contains an error, or is not an event of this protocol.
        """

    @abstractmethod
    def _accumulate_whole(
        self, answer: Mapping[str, Any], gathered: ResponseAccumulator, site: CallContext
    ) -> None:
        """Process an answer that came in one piece, from a server that does not stream.

        Raises:
            ProviderError: It contains an error, or is not an answer of this protocol.
        """

    @abstractmethod
    def _model_info(self, row: Mapping[str, Any]) -> ModelInfo:
        """Read one row of the model list."""

    async def _converse(self, payload: dict[str, Any], gathered: ResponseAccumulator, site: CallContext) -> None:
        stream = await self._client(site.endpoint).post(
            self.completions_path,
            body=payload,
            cast_to=object,
            stream=True,
            stream_cls=self._sdk().AsyncStream[object],
        )
        async with stream:
            gathered.request_id = error_mapping.request_id(stream.response.headers)
            if "event-stream" in stream.response.headers.get("content-type", ""):
                async for event in stream:
                    self._take(event, gathered, site)
            else:
                await stream.response.aread()
                self._take_body(stream.response, gathered, site)
        if gathered.is_empty:
            raise error_mapping.empty(site)

    def _take(self, event: object, gathered: ResponseAccumulator, site: CallContext) -> None:
        if not isinstance(event, dict):
            raise error_mapping.unreadable("an event is not an object", site)
        if event.get("error"):
            raise error_mapping.from_body(event, site)
        self._accumulate(event, gathered, site)

    def _take_body(self, response: httpx2.Response, gathered: ResponseAccumulator, site: CallContext) -> None:
        """Process a body that is not declared as a stream: one answer, or events nevertheless."""
        if response.content.lstrip().startswith((b"data:", b"event:", b":")):
            for event in _events(response.content):
                self._take(event, gathered, site)
        else:
            self._accumulate_whole(_answer(response, site), gathered, site)

    async def _get(self, path: str, endpoint: Endpoint) -> Mapping[str, Any]:
        site = CallContext(self, endpoint)
        try:
            await self._set_up()
            import httpx2

            return _answer(await self._client(endpoint).get(path, cast_to=httpx2.Response), site)
        except ByokError as fault:
            error = fault.with_traceback(None)
        except Exception as foreign:  # noqa: BLE001 - the boundary
            error = error_mapping.translate(foreign, site)
        raise error

    def _client(self, endpoint: Endpoint) -> Any:
        """Return the SDK's client for this key and address; it lives as long as the key is held."""
        holder: object = endpoint.key or self
        clients = self._clients.setdefault(holder, {})
        client = clients.get(endpoint.base_url.url)
        if client is None or client._client is not http_client():  # noqa: SLF001 - a new loop has a new connection
            client = clients[endpoint.base_url.url] = self._new_client(
                api_key=clean_key(endpoint.key.reveal()) if endpoint.key else NO_KEY,
                base_url=endpoint.base_url.url,
                http_client=http_client(),
                max_retries=0,
                timeout=self._sdk().Timeout(self.idle_timeout_s, connect=CONNECT_TIMEOUT_S),
            )
        return client


def _answer(response: httpx2.Response, site: CallContext) -> Mapping[str, Any]:
    """Return the JSON object in a 200 answer; an error in it is raised."""
    try:
        answer = json.loads(response.content)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and not answer.get("error"):
        return answer
    if isinstance(answer, dict):
        raise error_mapping.from_body(answer, site)
    if error_mapping.looks_like_page(response.content) or "html" in response.headers.get("content-type", ""):
        raise error_mapping.page_instead(site)
    raise error_mapping.unreadable("it is not a JSON object", site)


def _events(body: bytes) -> Iterator[object]:
    lines = (line[5:].strip() for line in body.splitlines() if line.startswith(b"data:"))
    return (json.loads(line) for line in lines if line != b"[DONE]")
