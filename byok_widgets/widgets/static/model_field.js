// A field for the id of a model: a combobox over the rows of its panel, filtered here at each keystroke.
//
// What is typed lives in the <input> alone until it is chosen: by Enter, by a click on a row, or when the field is
// left. Then it goes to the kernel as one custom message, unless it looks like an API key: then it goes nowhere. What
// the kernel sends meanwhile changes the list and never the typed text.

const PAGE = 50;
const REFERENCE = "IPY_MODEL_";
const LATE_AFTER_MS = 1500;
const MISPLACED = "Not set: This looks like an API key; it belongs in the key field. It was not saved.";
const LATE = "Waiting for the kernel: a running cell holds it up.";
const GONE = "Not set: the kernel was restarted or stopped. Run this cell again.";

const KEY_SHAPE =
  /(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))sk-(?:(?:ant|or|proj|svcacct|admin)-[A-Za-z0-9_-]{16,}|[A-Za-z0-9]{20,})/;

// The rules of keys/misplaced.py: the kernel refuses the same texts, and these do not even get there.
export function looksLikeKey(text) {
  const prefixed = text.match(/(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]+/g) ?? [];
  const short = prefixed.flatMap((found) => found.match(/[A-Za-z0-9]{8,}/g) ?? []).some((run) => /\d/.test(run));
  const runs = text.match(/[A-Za-z0-9]{32,}/g) ?? [];
  const noise = runs.some((run) => /[a-z]/.test(run) && /[A-Z]/.test(run) && (run.match(/\d+/g) ?? []).length > 1);
  return KEY_SHAPE.test(text) || short || noise;
}

const plain = (text) => text.toLowerCase().replace(/[._]/g, "-"); // "5.5" finds "5-5", too

function vendorOf(id) {
  const at = id.indexOf("/");
  return at > 0 ? id.slice(0, at).replace(/^~/, "") : "";
}

// The rows as they are searched, those of a vendor together.
function indexed(rows) {
  const groups = new Map();
  for (const row of rows) {
    const vendor = vendorOf(row[0]);
    if (!groups.has(vendor)) groups.set(vendor, []);
    groups.get(vendor).push({ row, vendor, text: plain(`${row[0]} ${row[1]}`) });
  }
  return [...groups.values()].flat();
}

function matching(entries, query) {
  const words = plain(query).split(/\s+/).filter(Boolean);
  return entries.filter(({ text }) => words.every((word) => text.includes(word)));
}

function make(tag, properties = {}, ...children) {
  const { attributes, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const randomId = () => Math.random().toString(36).slice(2);

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
    action: make("button", { type: "button", className: "byok-button byok-quiet" }),
    list: make("div", {
      id: `${id}-list`, className: "byok-model-list", tabIndex: -1, attributes: { role: "listbox", "aria-label": "Models" },
    }),
    count: make("p", { className: "byok-model-count", attributes: { role: "status" } }),
  };
  part.box = make("div", { className: "byok-model-box" }, part.input, part.toggle);
  part.foot = make("div", { className: "byok-row byok-model-foot" }, part.note, part.action);
  part.popup = make("div", { className: "byok-model-popup", hidden: true }, part.list, part.count);
  if ("popover" in part.popup) part.popup.popover = "manual"; // above all else: a cell's output would cut it off
  part.input.spellcheck = false;
  return part;
}

function optionOf([id, label, facts, end], attributes, isSet) {
  const name = make("span", { className: "byok-model-id", textContent: id });
  const first = make("div", {}, name);
  if (isSet) first.prepend(make("span", { textContent: "✓ ", attributes: { "aria-label": "set now" } }));
  if (label) first.append(" ", make("span", { className: "byok-model-label", textContent: label }));
  if (end) first.append(" ", make("span", { className: "byok-model-end", textContent: end }));
  const node = make("div", { className: "byok-model-option", attributes: { role: "option", ...attributes } }, first);
  if (facts) node.append(make("div", { className: "byok-model-facts", textContent: facts }));
  return node;
}

function renderModelField({ model, el }) {
  const id = `byok-${randomId()}`;
  const part = build(id);
  el.classList.add("byok-model", "byok-field");
  el.append(part.label, part.box, part.problem, part.foot, part.popup);
  isolate(el);

  let rows = null; // the model that holds the rows
  let entries = null; // they as they are searched; made when they are first looked at
  let found = []; // what matches
  let shown = 0; // how many of it stand in the list
  let active = -1;
  let typed = false; // since the last choice
  let pending = ""; // the id of a choice that the kernel has not answered yet
  let late = 0;
  let frame = 0; // in which the list is to follow what was typed
  let over = false;

  const isOpen = () => !part.popup.hidden;
  const options = () => part.list.querySelectorAll("[role=option]");
  const isSet = (name) => [name, `${rows.get("provider")}:${name}`].includes(model.get("value"));

  function place() {
    const field = part.box.getBoundingClientRect();
    const below = innerHeight - field.bottom - 12;
    const above = field.top - 12;
    const width = Math.min(Math.max(field.width, 380), innerWidth - 16);
    const style = part.popup.style;
    style.width = `${width}px`;
    style.left = `${Math.max(8, Math.min(field.left, innerWidth - width - 8))}px`;
    const under = below >= Math.min(280, above);
    style.maxHeight = `${Math.max(120, Math.min(380, under ? below : above))}px`;
    style.top = under ? `${field.bottom + 2}px` : "auto";
    style.bottom = under ? "auto" : `${innerHeight - field.top + 2}px`;
  }

  const onMove = (event) => { if (!part.popup.contains(event.target)) place(); };

  function open() {
    cancelAnimationFrame(frame);
    frame = 0;
    entries ??= rows ? indexed(rows.get("rows")) : [];
    if (!entries.length) return;
    if (!isOpen()) {
      part.popup.hidden = false;
      part.popup.showPopover?.();
      place();
      addEventListener("scroll", onMove, true);
      addEventListener("resize", onMove);
      expand("true");
    }
    fill();
  }

  // Keystrokes that come faster than the screen is drawn are answered together.
  function openSoon() {
    activate(-1);
    frame ||= requestAnimationFrame(open);
  }

  function close() {
    cancelAnimationFrame(frame);
    frame = 0;
    if (!isOpen()) return;
    activate(-1);
    part.popup.hidePopover?.();
    part.popup.hidden = true;
    removeEventListener("scroll", onMove, true);
    removeEventListener("resize", onMove);
    expand("false");
  }

  function expand(word) {
    for (const node of [part.input, part.toggle]) node.setAttribute("aria-expanded", word);
  }

  function fill() {
    activate(-1);
    found = matching(entries, typed ? part.input.value : "");
    shown = 0;
    part.list.replaceChildren();
    part.list.scrollTop = 0;
    grow();
  }

  // The list is made in pieces: a keystroke costs the same for 40 models and for 4,000.
  function grow() {
    const more = found.slice(shown, shown + PAGE);
    for (const { row, vendor } of more) {
      const at = shown++;
      const place = { id: `${id}-${at}`, "aria-selected": "false", "aria-setsize": found.length, "aria-posinset": at + 1 };
      groupOf(vendor).append(optionOf(row, place, isSet(row[0])));
    }
    part.count.textContent = counted();
  }

  function groupOf(vendor) {
    const last = part.list.lastElementChild;
    if (!vendor) return part.list;
    if (last?.dataset.vendor === vendor) return last;
    const name = make("div", { className: "byok-model-vendor", textContent: vendor, attributes: { "aria-hidden": "true" } });
    const group = make("div", { attributes: { role: "group", "aria-label": vendor } }, name);
    group.dataset.vendor = vendor;
    part.list.append(group);
    return group;
  }

  function counted() {
    const all = entries.length.toLocaleString("en");
    if (!found.length) return `None of ${all} matches. Enter takes what you typed.`;
    if (shown < found.length) return `Showing ${shown} of ${found.length.toLocaleString("en")}: type to narrow.`;
    return found.length === entries.length ? `${all} models` : `${found.length} of ${all} models`;
  }

  function activate(at) {
    part.list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    active = at;
    const option = at < 0 ? null : options()[at];
    if (!option) return part.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    part.input.setAttribute("aria-activedescendant", option.id);
  }

  function move(to) {
    const at = Math.max(-1, Math.min(to, found.length - 1));
    while (shown <= at) grow();
    activate(at);
  }

  function say(text) {
    part.problem.textContent = text;
    part.problem.hidden = !text;
  }

  function showValue() {
    typed = false;
    part.input.value = model.get("value");
  }

  function settle() {
    clearTimeout(late);
    pending = "";
    paintNote();
  }

  function choose(text) {
    close();
    typed = false;
    part.input.value = text.trim();
    if (looksLikeKey(text)) {
      showValue();
      return say(MISPLACED);
    }
    settle();
    pending = randomId();
    late = setTimeout(() => { part.note.textContent = LATE; part.foot.hidden = false; }, LATE_AFTER_MS);
    try {
      model.send({ kind: "choose", value: part.input.value, id: pending });
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
    const steps = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 8, PageUp: Math.max(0, active - 8) };
    const ends = { Home: 0, End: found.length - 1 };
    if (event.key === "Enter") choose(isOpen() && active >= 0 ? found[active].row[0] : part.input.value);
    else if (event.key === "Escape") isOpen() ? close() : showValue();
    else if (event.key in steps) {
      if (!isOpen() || frame) open();
      else move(steps[event.key]);
    } else if (event.key in ends && active >= 0) move(ends[event.key]);
    else return;
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
    part.input.placeholder = model.get("placeholder");
    if (!pending) paintNote();
  }

  const onValue = () => { if (!typed && !pending) showValue(); };
  const onProblem = () => say(model.get("problem"));
  function onRows() {
    entries = null;
    if (!isOpen() && !(typed && document.activeElement === part.input)) return;
    const [kept, seen, top] = [found[active]?.row[0], shown, part.list.scrollTop];
    open();
    while (shown < Math.min(seen, found.length)) grow();
    part.list.scrollTop = top;
    const at = found.findIndex(({ row }) => row[0] === kept);
    if (at >= 0) move(at);
  }

  async function follow() {
    const held = await model.widget_manager.get_model(model.get("rows").slice(REFERENCE.length));
    if (over) return;
    rows = held;
    rows.on("change", onRows);
    onRows();
  }

  part.input.addEventListener("input", () => { typed = true; say(""); openSoon(); });
  part.input.addEventListener("click", () => { if (!isOpen()) open(); });
  part.input.addEventListener("focus", () => part.input.select());
  part.input.addEventListener("keydown", onKey);
  part.input.addEventListener("blur", () => {
    if (document.activeElement === part.input) return; // another window came to the front, no more
    close();
    if (typed) choose(part.input.value);
  });
  part.toggle.addEventListener("click", () => {
    isOpen() ? close() : open();
    part.input.focus();
  });
  part.action.addEventListener("click", () => model.send({ kind: "action" }));
  part.list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(found[[...options()].indexOf(option)].row[0]);
  });
  part.list.addEventListener("scroll", () => {
    if (shown < found.length && part.list.scrollTop + part.list.clientHeight > part.list.scrollHeight - 200) grow();
  });
  for (const node of [part.popup, part.toggle]) node.addEventListener("mousedown", (event) => event.preventDefault());

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
