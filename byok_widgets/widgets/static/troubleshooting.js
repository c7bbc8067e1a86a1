// What is to be mended in the flow, and what most often goes wrong with its provider; a click mends, nothing else does.
//
// Names of nodes and models are data: they are shown as text and never as markup.

const LATE_AFTER_MS = 1500;
const FOUND_WITHIN_MS = 3000;
const WAITING = "Waiting for the kernel: a running cell holds it up.";
const GONE = "The kernel was restarted or stopped: run this cell again.";
const DOTS = "Fill in the dots when it is pasted.";
const COPIED = "Copied. Paste it into a cell and fill in the dots.";
const COPIED_WHOLE = "Copied. Paste it into a cell.";
const NOT_COPIED = "The browser does not allow it: the line is selected, copy it by hand.";
const LEVELS = { error: ["✕", "Error"], warning: ["!", "Warning"] };

const link = ({ text, url }) => make("a", { href: url, textContent: text, target: "_blank", rel: "noopener noreferrer" });

const labelled = (panel, text) => [...panel.querySelectorAll("label")].find((label) => label.textContent === text)?.control;

// Where the keyboard can be sent in the panel; a field that is not there yet may come a moment later.
const PLACES = {
  key: (panel) => [...panel.querySelectorAll(".byok-key input")].find((input) => input.offsetParent),
  address: (panel) => labelled(panel, "Base URL"),
  model: (panel) => labelled(panel, "Default model"),
  node(panel, name) {
    const named = (row) => row.querySelector(".byok-node-name")?.textContent === name;
    const row = [...panel.querySelectorAll(".byok-node")].find(named);
    if (row && !row.open) row.querySelector("summary").click();
    return row && labelled(row, `Model for ${name}`);
  },
};

function goTo(from, { place, name }, then = () => {}) {
  const panel = from.closest(".byok-panel");
  const end = performance.now() + FOUND_WITHIN_MS;
  const look = () => {
    const field = panel && PLACES[place]?.(panel, name);
    if (field?.offsetParent) {
      field.focus();
      then(field);
    } else if (performance.now() < end) requestAnimationFrame(look);
  };
  look();
}

async function copy(code) {
  if (navigator.clipboard) return navigator.clipboard.writeText(code.textContent);
  getSelection().selectAllChildren(code); // a page without a secure context has no clipboard API
  if (!document.execCommand("copy")) throw new Error("not copied");
}

function render({ model, el }) {
  const part = {
    count: make("span", { className: "byok-count" }),
    check: button("Check the flow"),
    said: make("span", { className: "byok-said", attributes: { role: "status" } }),
    note: make("p", { className: "byok-note" }),
    findings: make("ul"),
    rows: make("dl"),
  };
  const summary = make("summary", { textContent: "Troubleshooting" }, part.count);
  const top = make("div", { className: "byok-row" }, part.check, part.said);
  const often = make("h4", { textContent: "When a call fails" });
  el.classList.add("byok-trouble");
  el.append(make("details", {}, summary, top, part.note, part.findings, often, part.rows));
  isolate(el);

  let own = ""; // what this view has to say, until the next check
  let pending = "";
  let late = 0;

  function say(text) {
    own = text;
    part.said.textContent = own || model.get("facts").said;
  }

  function settle() {
    clearTimeout(late);
    pending = "";
  }

  function ask(message) {
    settle();
    pending = randomId();
    late = setTimeout(() => say(WAITING), LATE_AFTER_MS);
    try {
      model.send({ ...message, id: pending });
    } catch {
      settle();
      say(GONE);
    }
  }

  function onAnswer(message) {
    if (message?.kind !== "answer" || message.id !== pending) return;
    settle();
    say(message.text);
    if (message.focus?.place) goTo(el, message.focus);
  }

  function finding({ id, level, problem, fix, button: text, code }) {
    const [icon, word] = LEVELS[level];
    const mark = make("span", { className: "byok-icon", textContent: icon, attributes: { "aria-hidden": "true" } });
    const head = make("p", {}, mark, " ", make("span", { className: "byok-level", textContent: `${word}: ` }), problem);
    const item = make("li", { className: "byok-finding", dataset: { level, id } }, head);
    if (fix) item.append(make("p", { className: "byok-note", textContent: fix }));
    if (text) item.append(make("div", { className: "byok-row" }, pressed(text, () => ask({ kind: "mend", finding: id }))));
    if (code) item.append(pasted(code));
    return item;
  }

  function pressed(text, act) {
    const made = button(text);
    made.addEventListener("click", act);
    return made;
  }

  function pasted(text) {
    const code = make("code", { textContent: text });
    const press = pressed("Copy", async () => {
      try {
        await copy(code);
        say(text.includes("...") ? COPIED : COPIED_WHOLE);
      } catch {
        getSelection().selectAllChildren(code);
        say(NOT_COPIED);
      }
    });
    press.setAttribute("aria-label", `Copy ${text}`);
    const dots = text.includes("...") ? [make("span", { className: "byok-note", textContent: DOTS })] : [];
    return make("div", { className: "byok-row" }, code, press, ...dots);
  }

  function row({ issue, text, links, button: label, focus, ask: kind }) {
    const actions = make("div", { className: "byok-row" }, ...links.map(link));
    const open = (field) => { if (focus === "model") field.click(); };
    if (label) actions.append(pressed(label, () => (kind ? ask({ kind }) : goTo(el, { place: focus }, open))));
    const told = make("dd", {}, make("p", { textContent: text }));
    if (actions.childElementCount) told.append(actions);
    return make("div", {}, make("dt", { textContent: issue }), told);
  }

  // A list that is the same is left alone. Who stood on a button that went stands on the one of its finding, or on
  // "Check the flow".
  function show(list, made, facts) {
    const now = JSON.stringify(facts);
    if (list.dataset.shown === now) return;
    const held = list.contains(document.activeElement) ? document.activeElement.closest("[data-id]")?.dataset.id ?? "" : null;
    list.dataset.shown = now;
    list.replaceChildren(...facts.map(made));
    list.hidden = !facts.length;
    if (held !== null) (list.querySelector(`[data-id="${held}"] button`) ?? part.check).focus();
  }

  function paint() {
    const { said, count, note, findings, rows } = model.get("facts");
    part.count.textContent = count ? ` · ${count}` : "";
    part.note.textContent = note;
    if (!own) part.said.textContent = said;
    show(part.findings, finding, findings ?? []);
    show(part.rows, row, rows ?? []);
  }

  part.check.addEventListener("click", () => { say(""); ask({ kind: "check" }); });
  model.on("change:facts", paint);
  model.on("msg:custom", onAnswer);
  paint();
  return () => {
    settle();
    model.off("change:facts", paint);
    model.off("msg:custom", onAnswer);
  };
}

export default { render };
