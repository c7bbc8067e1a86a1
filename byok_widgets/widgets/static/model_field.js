// A field for the id of a model: a combobox over the rows of its panel, searched here at each keystroke.
//
// What is typed lives in the <input> alone until it is chosen: by Enter, by a click on a row, or when the field is
// left. Then it goes to the kernel as one custom message, unless it looks like an API key: then it goes nowhere. What
// the kernel sends meanwhile changes the list and never the typed text.

const REFERENCE = "IPY_MODEL_";
const LATE_AFTER_MS = 1500;
const MISPLACED = "Not set: This looks like an API key; it belongs in the key field. It was not saved.";
const LATE = "Waiting for the kernel: a running cell holds it up.";
const GONE = "Not set: the kernel was restarted or stopped. Run this cell again.";

function build(id) {
  const off = { autocomplete: "off", autocapitalize: "off", autocorrect: "off", "data-1p-ignore": "" };
  const box = { role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-haspopup": "listbox" };
  const about = { "aria-controls": `${id}-list`, "aria-describedby": `${id}-problem ${id}-note` };
  const part = {
    label: make("label", { htmlFor: id, className: "byok-label" }),
    input: make("input", { id, type: "text", className: "byok-input", attributes: { ...off, ...box, ...about } }),
    toggle: make("button", {
      type: "button", className: "byok-model-toggle", tabIndex: -1, textContent: "▾",
      attributes: { "aria-label": "Models", "aria-expanded": "false", "aria-controls": `${id}-list` },
    }),
    problem: make("p", { id: `${id}-problem`, className: "byok-bad", attributes: { role: "alert" } }),
    note: make("span", { id: `${id}-note`, className: "byok-note", attributes: { role: "status" } }),
    action: button("", "byok-quiet"),
  };
  part.box = make("div", { className: "byok-model-box" }, part.input, part.toggle);
  part.foot = make("div", { className: "byok-row byok-model-foot" }, part.note, part.action);
  part.input.spellcheck = false;
  return part;
}

function renderModelField({ model, el }) {
  const id = `byok-${randomId()}`;
  const part = build(id);
  const { input } = part;
  const list = modelList(id, {
    input,
    anchor: part.box,
    controls: [input, part.toggle],
    isSet: (name) => [name, `${rows.get("provider")}:${name}`].includes(model.get("value")),
    pick: choose,
  });
  el.classList.add("byok-model", "byok-field");
  el.append(part.label, part.box, part.problem, part.foot, list.popup);
  isolate(el);

  let rows = null; // the model that holds the rows
  let entries = null; // they as they are searched; made when they are first looked at
  let typed = false; // since the last choice
  let pending = ""; // the id of a choice that the kernel has not answered yet
  let late = 0;
  let frame = 0; // in which the list is to follow what was typed
  let over = false;

  function open(show = list.show) {
    cancelAnimationFrame(frame);
    frame = 0;
    entries ??= rows ? indexed(rows.get("rows")) : [];
    if (entries.length) show(entries, typed ? input.value : "");
  }

  // Keystrokes that come faster than the screen is drawn are answered together.
  function openSoon() {
    list.relax();
    frame ||= requestAnimationFrame(() => open());
  }

  function close() {
    cancelAnimationFrame(frame);
    frame = 0;
    list.close();
  }

  function say(text) {
    part.problem.textContent = text;
    part.problem.hidden = !text;
  }

  function showValue() {
    typed = false;
    input.value = model.get("value");
    input.title = input.value; // a long one does not fit into a narrow side bar
  }

  function settle() {
    clearTimeout(late);
    pending = "";
    paintNote();
  }

  function choose(text) {
    close();
    typed = false;
    input.value = text.trim();
    if (looksLikeKey(text)) {
      showValue();
      return say(MISPLACED);
    }
    settle();
    pending = randomId();
    late = setTimeout(() => { part.note.textContent = LATE; part.foot.hidden = false; }, LATE_AFTER_MS);
    try {
      model.send({ kind: "choose", value: input.value, id: pending });
    } catch {
      settle();
      say(GONE);
    }
  }

  function onAnswer(message) {
    if (message?.kind !== "answer" || message.id !== pending) return;
    settle();
    say(model.get("problem"));
    if (!typed && message.outcome !== "refused") showValue();
  }

  function onKey(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter") choose(list.chosen() ?? input.value);
    else if (event.key === "Escape") list.isOpen() ? close() : showValue();
    else if (["ArrowDown", "ArrowUp"].includes(event.key) && (frame || !list.isOpen())) open();
    else if (!list.follow(event.key)) return;
    event.preventDefault();
  }

  function paintNote() {
    part.note.textContent = model.get("note");
    part.action.textContent = model.get("action");
    part.action.hidden = !model.get("action");
    part.foot.hidden = !model.get("note") && !model.get("action");
  }

  function paint() {
    part.label.textContent = model.get("description");
    input.placeholder = model.get("placeholder");
    if (!pending) paintNote();
  }

  const onValue = () => { if (!typed && !pending) showValue(); };
  const onProblem = () => say(model.get("problem"));
  const onRows = () => {
    entries = null;
    if (list.isOpen() || (typed && document.activeElement === input)) open(list.showInPlace);
  };

  async function follow() {
    const held = await model.widget_manager.get_model(model.get("rows").slice(REFERENCE.length));
    if (over) return;
    rows = held;
    rows.on("change", onRows);
    onRows();
  }

  input.addEventListener("input", () => { typed = true; say(""); openSoon(); });
  input.addEventListener("click", () => { if (!list.isOpen()) open(); });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("keydown", onKey);
  input.addEventListener("blur", () => {
    if (document.activeElement === input) return; // another window came to the front, no more
    close();
    if (typed) choose(input.value);
  });
  part.toggle.addEventListener("mousedown", (event) => event.preventDefault());
  part.toggle.addEventListener("click", () => {
    list.isOpen() ? close() : open();
    input.focus();
  });
  part.action.addEventListener("click", () => model.send({ kind: "action" }));

  model.on("change", paint);
  model.on("change:value", onValue);
  model.on("change:problem", onProblem);
  model.on("msg:custom", onAnswer);
  paint();
  showValue();
  onProblem();
  follow();
  return () => {
    over = true;
    clearTimeout(late);
    close();
    rows?.off("change", onRows);
    model.off("change", paint);
    model.off("change:value", onValue);
    model.off("change:problem", onProblem);
    model.off("msg:custom", onAnswer);
  };
}
