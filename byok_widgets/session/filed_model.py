"""The model that a session's file names for all calls: who sends the file does not choose what is run or paid."""

from __future__ import annotations

from dataclasses import replace

from byok_widgets.frontend import frontend
from byok_widgets.graph import FlowGraph
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.models_in_use import models_in_use
from byok_widgets.providers import PROVIDERS
from byok_widgets.session.session_data import SavedSession


def with_chosen_model(saved: SavedSession, graph: FlowGraph, context: FlowContext) -> SavedSession:
    """Return a session without the model of its file where nobody has chosen that model for this flow.

    The pinned local models are for everybody: they cost nothing, and name no file. The person is told what was
    left out, and the session's notice says so. Nothing looks whether there is a file of that name.
    """
    if saved.model is None:
        return saved
    ref = context.config.ref(saved.model)
    provider = PROVIDERS[ref.provider]
    is_harmless = provider.free_of_charge and not provider.runs_file(ref.model)
    if is_harmless or ref in models_in_use(context.config, graph.nodes):
        return saved
    left_out = (
        f"without the model of its file, {str(ref)!r}, which this flow does not use; "
        "load_session(path, trust=True) takes it"
    )
    frontend().tell(f"The session of flow {saved.flow_name!r} continues {left_out}.")
    return replace(saved, model=None, notice=", ".join(filter(None, (saved.notice, left_out))))
