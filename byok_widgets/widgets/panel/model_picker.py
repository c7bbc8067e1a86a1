"""The panel's model section: the default model with price, context and end date, and a preset for each role."""

from __future__ import annotations

import html
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets

from byok_widgets.display.sanitize import sanitize
from byok_widgets.engine import HAS_THREADS
from byok_widgets.errors import ByokError
from byok_widgets.providers import catalog
from byok_widgets.providers.exchange import ModelInfo
from byok_widgets.providers.local import models
from byok_widgets.providers.local.default_model import default_model
from byok_widgets.widgets.panel import visitor
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.model_field import ModelField, ModelRows
from byok_widgets.widgets.panel.model_listing import Listing
from byok_widgets.widgets.panel.model_lists import ModelLists
from byok_widgets.widgets.panel.model_messages import describe, rows_of
from byok_widgets.widgets.panel.text_field import error_text

if TYPE_CHECKING:
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

LOCAL_NOTE = "Local models are small: for learning, tests and demos. They can be fluent and wrong."


class ModelPicker:
    """A field with the known models, buttons for the presets, and one for the successor of a retired model.

    Attributes:
        view: The widget.
        rows: The models that it and the nodes' fields offer.
    """

    def __init__(self, flow: PanelFlow) -> None:
        self._flow = flow
        self._lists = ModelLists.of(flow)
        self._shown: EndpointTarget | None = None
        self._listed: Listing | None = None
        self.rows = ModelRows()
        self._field = ModelField(
            self._set,
            self.rows,
            on_action=lambda: self._lists.refresh(EndpointTarget.of(flow)),
            description="Default model",
            placeholder="Pick or type a model id",
        )
        self._presets = ipywidgets.HBox()
        self._presets.add_class("byok-presets")
        self._offered: tuple[tuple[str, str], ...] | None = None
        self._facts = ipywidgets.HTML()
        self._newer = ipywidgets.Button()
        self._newer.on_click(lambda _: self._set(self._successor() or ""))
        self._offer_newer = ipywidgets.HBox([self._newer])
        self.view = ipywidgets.VBox([self._field, self._presets, self._facts, self._offer_newer])

    def refresh(self) -> None:
        """Show the flow's current settings."""
        target, model = EndpointTarget.of(self._flow), self._flow.model
        if self._shown != target:
            self._shown, self._field.problem = target, ""
        self._lists.ask(target, model)
        self._list(target)
        self._field.value = model or ""
        self._offer(_choices(target), model)
        self._facts.value = "".join(note_html(line) for line in self._lines(target, model) if line)
        newer = self._successor()
        self._newer.description = f"Use {newer}" if newer else ""
        self._offer_newer.layout.display = None if newer else "none"

    def _list(self, target: EndpointTarget) -> None:
        listing = self._lists.listing(target)
        with self._field.hold_sync():
            self._field.note_at = listing.given_at.isoformat() if listing.given_at else ""
            self._field.note = sanitize(listing.source)
        if self._listed != listing:
            self._listed = listing
            with self.rows.hold_sync():
                self.rows.provider = target.provider.name
                self.rows.rows = rows_of(listing.models)
        asking = "Refreshing…" if self._lists.is_asking(target) else "Refresh"
        self._field.action = asking if target.takes_key else ""

    def _lines(self, target: EndpointTarget, model: str | None) -> list[str]:
        if target.provider.free_of_charge:
            return [_local_line(model), LOCAL_NOTE]
        if not model:
            return ["No default model is chosen. Pick one or type its id."]
        info = self._lists.info(target, model) or ModelInfo(id=model)
        return [describe(info), self._lists.doubt(target, model)]

    def _successor(self) -> str | None:
        """Return the replacement for the chosen model, if that one is retired or about to be."""
        provider, model = self._flow.provider, self._flow.model
        return catalog.replacement(provider, model) if model and catalog.lifecycle_note(provider, model) else None

    def _offer(self, choices: tuple[tuple[str, str], ...], model: str | None) -> None:
        if choices != self._offered:
            self._offered = choices
            for old in self._presets.children:
                old.close()
            self._presets.layout.display = None if choices else "none"
            self._presets.children = [self._button(label, choice) for label, choice in choices]
        for button, (label, choice) in zip(self._presets.children, choices, strict=True):
            chosen = choice == model
            button.description = f"✓ {label}" if chosen else label
            (button.add_class if chosen else button.remove_class)("byok-chosen")

    def _button(self, label: str, choice: str) -> ipywidgets.Button:
        button = ipywidgets.Button(description=label, tooltip=f"Use {choice}")
        button.on_click(partial(self._set, choice))
        return button

    def _set(self, model: str, _button: object = None) -> None:
        visitor.check_pick(self._flow.context, self._flow.nodes, model)
        self._flow.model = model or None


def _choices(target: EndpointTarget) -> tuple[tuple[str, str], ...]:
    if target.provider.free_of_charge:
        known = models.LOCAL_MODELS.values()
        return tuple((f"{model.label} ({_mb(model)} MB)", model.id) for model in known)
    return tuple(catalog.presets(target.provider.name).items())


def _local_line(model: str | None) -> str:
    if not HAS_THREADS:
        return f"{models.NOT_IN_A_TAB} What was recorded with one is answered all the same."
    chosen = model or default_model()
    try:
        known = models.resolve(chosen)
        there = models.find_cached(chosen) is not None
        unchecked = models.is_unchecked(chosen)
    except ByokError as fault:
        return error_text(fault)
    if not isinstance(known, models.LocalModel):
        return models.announce_download(known)
    if there:
        return f"{known.label}, {known.licence}: already on this machine."
    if unchecked:
        return f"{known.label}, {known.licence}: on this machine; its file is checked on the first run."
    return f"Not downloaded yet. On the first run, {models.announce_download(known)}"


def _mb(model: models.LocalModel) -> int:
    return round(model.size_bytes / 1e6)


def problem_html(problem: str) -> str:
    """Return the line that says why something was not set; empty if there is no problem."""
    return f'<div class="byok-bad" role="alert">Not set: {html.escape(sanitize(problem))}</div>' if problem else ""


def note_html(line: str) -> str:
    """Return a line that explains something."""
    return f'<div class="byok-note">{html.escape(sanitize(line))}</div>'
