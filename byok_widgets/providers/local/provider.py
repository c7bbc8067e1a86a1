"""The local models: no key, no account, on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from byok_widgets.config import BaseUrl
from byok_widgets.engine import HAS_THREADS, DaemonExecutor
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.errors import LocalModelError
from byok_widgets.providers.exchange import Endpoint, ModelInfo, Request
from byok_widgets.providers.model_facts import ModelFacts
from byok_widgets.providers.model_settings import SupportedSettings
from byok_widgets.providers.protocols.chat_completions import ChatCompletionsProvider
from byok_widgets.schema.profile import SchemaProfile
from byok_widgets.schema.request.answer_limits import AnswerLimits

if TYPE_CHECKING:
    from byok_widgets.providers.local.model_server import LocalServer

_SERVER_WORK = DaemonExecutor("byok-local-model", 4)


class LocalProvider(ChatCompletionsProvider):
    """Small open models served by llama.cpp in this process. For learning, tests and demos."""

    name = "local"
    label = "Local model"
    named = "the local model"
    needs_key = False
    free_of_charge = True
    settings = ChatCompletionsProvider.settings - {"reasoning_effort"}
    defaults: ClassVar[Mapping[str, Any]] = {"temperature": 0, "seed": 1}
    max_tokens = 512
    models = ModelFacts(enforces_schemas=True)  # llama.cpp writes by a grammar that it makes of the schema
    schema_profile = SchemaProfile(limits=AnswerLimits(max_tokens))

    @asynccontextmanager
    async def prepare(self, model: str, on_progress: OnProgress) -> AsyncIterator[Endpoint]:
        """Fetch the model's file if needed, start its server, and hold it while it is used."""
        server = await _SERVER_WORK.run(_served, await _fetched(model, on_progress), model)
        with server.hold():
            yield Endpoint(BaseUrl.parse(server.base_url), server.key)

    async def fetch_model(self, model: str, on_progress: OnProgress) -> None:
        """Fetch the model's file if it is not on this machine."""
        await _fetched(model, on_progress)

    async def warm_up(self, model: str) -> None:
        """Load what the first call needs, and start the server of a model whose file is on this machine."""
        from byok_widgets.providers.local import models

        path = models.find_cached(model)
        starting = [_SERVER_WORK.run(_served, path, model)] if path else []
        await asyncio.gather(self._set_up(), *starting)

    def runs_file(self, model: str) -> bool:
        """Return whether the id is the path of a file, and not a pinned model."""
        return not _is_pinned(model)

    def missing_model(self, model: str) -> str:
        """Return that a model is neither a pinned one nor the path of a file."""
        if _is_pinned(model):
            return ""
        from byok_widgets.providers.local import models

        try:
            models.resolve(model)
        except LocalModelError as fault:
            return f"{fault.problem} {fault.fix}"
        return ""

    def is_weak_judge(self, model: str) -> bool:
        """Return whether it is a pinned model: they are too small to judge."""
        return _is_pinned(model)

    def invents_values(self, model: str) -> bool:
        """Return whether it is a pinned model: much of what they write was not said."""
        return _is_pinned(model)

    def extras(self, request: Request) -> dict[str, Any]:
        """Return parameters that make answers reproducible: a tutorial must not depend on chance."""
        return {**super().extras(request), **self.defaults}

    def _known_settings(self, model: str) -> SupportedSettings:
        del model
        return {"temperature": (), "seed": (), "reasoning_effort": None}

    def headers(self) -> dict[str, str]:
        """Request a new connection for each call: the server drops some of those that it keeps alive."""
        return {"Connection": "close"}

    async def list_models(self, endpoint: Endpoint) -> list[ModelInfo]:
        """Return the models that can be fetched; no server needs to run."""
        from byok_widgets.providers.local.catalog import LOCAL_MODELS

        del endpoint
        return [
            ModelInfo(id=model.id, label=model.label, context_tokens=model.context_tokens, structured_output=True)
            for model in LOCAL_MODELS.values()
        ]


def _is_pinned(model: str) -> bool:
    from byok_widgets.providers.local.catalog import LOCAL_MODELS

    return model in LOCAL_MODELS


async def _fetched(model: str, on_progress: OnProgress) -> Path:
    from byok_widgets.providers.local import models, shared_download

    if not HAS_THREADS:
        raise LocalModelError(
            models.NOT_IN_A_TAB,
            kind="local_server_unsupported",
            fix="Only what was recorded is answered here, word for word. For anything else, choose a provider in "
            "Settings and paste your own key, or open the notebook in JupyterLab.",
        )
    return models.find_cached(model) or await shared_download.fetch(model, on_progress)


def _served(path: Path, model: str) -> LocalServer:
    """Return the server of a model file; the code that runs it is loaded with the first one."""
    from byok_widgets.providers.local import model_server

    return model_server.serve(path, alias=model)
