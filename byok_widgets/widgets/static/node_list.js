// The nodes of a flow, one row each: its model and where that comes from; opened, a model of its own and its settings.
//
// A row is built when it is first opened, so a flow of many nodes appears as fast as one of three. Names of nodes and
// models are data: they are shown as text and never as markup.

const FEW = 3; // as many rows are open from the start
const EMPTY = "Nodes appear here when a cell has made them: each can have a model and settings of its own.";

// What the field of model_field.js takes for its widget: one node's model, its changes, and answers to its choices.
function fieldModel(list, ask) {
  const state = { value: "", placeholder: "the flow's default", description: "", problem: "", note: "", action: "" };
  const listeners = new Map();
  const tell = (event, ...more) => [...(listeners.get(event) ?? [])].forEach((listener) => listener(...more));
  const set = (name, value) => {
    if (state[name] === value) return;
    state[name] = value;
    tell(`change:${name}`);
    tell("change");
    if (name === "value") set("problem", "");
  };
  return {
    set,
    get: (name) => (name === "rows" ? list.get("models") : state[name]),
    on: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    off: (event, listener) => listeners.set(event, (listeners.get(event) ?? []).filter((other) => other !== listener)),
    send: ({ kind, value, id }) => ask({ kind, value }, (answer) => {
      set("problem", answer.outcome === "taken" ? "" : answer.text);
      tell("msg:custom", { ...answer, id });
    }),
    widget_manager: list.widget_manager,
  };
}

function nodeRow(list, ask) {
  const part = {
    name: make("span", { className: "byok-node-name" }),
    kind: make("span", { className: "byok-node-kind" }),
    model: make("span", { className: "byok-node-model" }),
    source: make("span", { className: "byok-node-source" }),
    tuned: make("span", { className: "byok-node-tuned" }),
    unfit: make("span", { className: "byok-node-unfit" }),
    body: make("div", { className: "byok-node-body" }),
  };
  const spans = [part.name, part.kind, part.model, part.source, part.tuned, part.unfit];
  const line = spans.flatMap((span) => [span, " "]);
  const el = make("details", { className: "byok-node" }, make("summary", {}, ...line), part.body);
  let facts = null;
  let inner = null;

  el.addEventListener("toggle", () => { if (el.open) build(); });
  el.firstChild.addEventListener("click", () => { el.dataset.chosen = "true"; });

  function build() {
    if (inner || !facts) return;
    inner = nodeBody(list, ask);
    part.body.append(inner.el);
    inner.paint(facts);
  }

  function paint(now, few) {
    facts = now;
    part.name.textContent = facts.name;
    part.kind.textContent = facts.kind;
    part.model.textContent = facts.model;
    part.model.title = facts.model;
    part.source.textContent = facts.source;
    part.tuned.textContent = facts.tuned;
    part.unfit.textContent = facts.unfit;
    if (!el.dataset.chosen && !el.contains(document.activeElement)) el.open = few;
    if (el.open) build();
    inner?.paint(facts);
  }

  return { el, paint, end: () => inner?.end() };
}

function nodeBody(list, ask) {
  const part = {
    notes: make("div", { className: "byok-node-notes" }),
    field: make("div"),
    back: button("Back to default"),
    all: button(""),
    misfits: make("div", { className: "byok-node-misfits", attributes: { role: "alert" } }),
    settings: make("div", { className: "byok-settings", attributes: { role: "group" } }),
    more: make("p", { className: "byok-note" }),
  };
  const summary = make("summary", { textContent: "Advanced" });
  const override = make("div", { className: "byok-override" }, part.field, part.back, part.all);
  const advanced = make("details", { className: "byok-advanced" }, summary, part.settings, part.more);
  const el = make("div", {}, part.notes, override, part.misfits, advanced);
  const field = fieldModel(list, ask);
  const settings = new Map();
  let end = null;

  const press = (button, message) => button.addEventListener("click", () => ask(message, () => {}));
  press(part.back, { kind: "choose", value: "" });
  press(part.all, { kind: "for_all" });

  // A button that has done its work goes; who stood on it stands in the field then.
  function show(button, isShown) {
    const held = document.activeElement === button;
    button.hidden = !isShown;
    if (held && !isShown) part.field.querySelector("input")?.focus();
  }

  function paintSettings(facts) {
    for (const { name } of facts.settings) if (!settings.has(name)) settings.set(name, nodeSetting(name, ask));
    const views = facts.settings.map(({ name }) => settings.get(name).el);
    if (views.some((view, at) => part.settings.children[at] !== view) || views.length !== part.settings.children.length) {
      part.settings.replaceChildren(...views);
    }
    for (const setting of facts.settings) settings.get(setting.name).paint(setting);
  }

  function paintMisfits(misfits) {
    const before = JSON.stringify(misfits);
    if (part.misfits.dataset.shown === before) return;
    part.misfits.dataset.shown = before;
    part.misfits.replaceChildren(...misfits.map(({ name, text }) => {
      const away = button(`Take ${name} away`);
      press(away, { kind: "set", name, value: "" });
      return make("div", { className: "byok-bad byok-row" }, make("span", { textContent: text }), away);
    }));
  }

  function paint(facts) {
    part.notes.replaceChildren(...facts.notes.map((text) => make("p", { className: "byok-note", textContent: text })));
    field.set("description", `Model for ${facts.name}`);
    field.set("value", facts.override);
    part.back.setAttribute("aria-label", `Back to default for ${facts.name}`);
    part.all.textContent = facts.for_all;
    show(part.back, Boolean(facts.override));
    show(part.all, Boolean(facts.for_all));
    part.settings.setAttribute("aria-label", `Settings of ${facts.name}`);
    part.more.textContent = facts.more;
    part.more.hidden = !facts.more;
    paintSettings(facts);
    paintMisfits(facts.misfits);
    end ??= renderModelField({ model: field, el: part.field });
  }

  return { el, paint, end: () => end?.() };
}

function renderNodes({ model, el }) {
  const part = {
    title: make("h4", { textContent: "Nodes" }),
    empty: make("p", { className: "byok-note", textContent: EMPTY }),
    rows: make("div", { className: "byok-node-rows" }),
    said: make("p", { className: "byok-note byok-said", attributes: { role: "status" } }),
  };
  const rows = new Map();
  const waiting = new Map();
  el.classList.add("byok-nodes");
  el.append(part.title, part.empty, part.rows, part.said);
  isolate(el);

  // What was said goes when something else is done in the panel: pressed or typed.
  function say(text) {
    part.said.textContent = text;
    const panel = el.closest(".byok-panel") ?? el;
    for (const kind of ["pointerdown", "input"]) {
      panel.addEventListener(kind, () => { part.said.textContent = ""; }, { once: true, capture: true });
    }
  }

  function ask(node, message, done) {
    const id = randomId();
    const late = setTimeout(() => say(LATE), LATE_AFTER_MS);
    waiting.set(id, (answer) => { clearTimeout(late); done(answer); });
    try {
      model.send({ ...message, node, id });
    } catch {
      onAnswer({ kind: "answer", id, outcome: "refused", text: GONE });
    }
  }

  function onAnswer(message) {
    const done = message?.kind === "answer" && waiting.get(message.id);
    if (!done) return;
    waiting.delete(message.id);
    say(message.text);
    done(message);
  }

  function paint() {
    const nodes = model.get("nodes");
    const there = new Set(nodes.map(({ id }) => id));
    for (const [id, row] of rows) {
      if (there.has(id)) continue;
      row.end();
      row.el.remove();
      rows.delete(id);
    }
    nodes.forEach((facts, at) => {
      const { id } = facts;
      if (!rows.has(id)) rows.set(id, nodeRow(model, (message, done) => ask(id, message, done)));
      const row = rows.get(id);
      if (part.rows.children[at] !== row.el) part.rows.insertBefore(row.el, part.rows.children[at] ?? null);
      row.paint(facts, nodes.length <= FEW);
    });
    part.empty.hidden = nodes.length > 0;
  }

  model.on("change:nodes", paint);
  model.on("msg:custom", onAnswer);
  paint();
  return () => {
    model.off("change:nodes", paint);
    model.off("msg:custom", onAnswer);
    for (const row of rows.values()) row.end();
  };
}

export default { render: renderNodes };
