// One setting of a node: a text field for a number, a list for a choice. What is typed goes to the kernel when it is
// finished: by Enter, or when the field is left. What is refused stays, with the reason.

function nodeSetting(name, ask) {
  const id = `byok-${randomId()}`;
  let facts = null;
  let typed = false;
  const part = {
    label: make("label", { htmlFor: id, className: "byok-label" }),
    back: button("", "byok-quiet"),
    help: make("p", { id: `${id}-help`, className: "byok-note" }),
    problem: make("p", { id: `${id}-problem`, className: "byok-bad", attributes: { role: "alert" }, hidden: true }),
  };
  const row = make("div", { className: "byok-row" }, part.back);
  const el = make("div", { className: "byok-setting" }, part.label, row, part.help, part.problem);
  let input = null;

  function say(text) {
    part.problem.textContent = text;
    part.problem.hidden = !text;
  }

  function showValue() {
    typed = false;
    input.value = facts.value;
  }

  function send(kind, value) {
    say("");
    const refused = (text, outcome) => {
      say(text);
      if (outcome === "misplaced" || facts.kind === "choice") showValue();
    };
    if (looksLikeKey(value)) return refused(MISPLACED, "misplaced");
    ask({ kind, name, value }, (answer) => {
      if (answer.outcome !== "taken") return refused(answer.text, answer.outcome);
      if (!typed) showValue();
    });
  }

  function commit() {
    if (!typed) return;
    typed = false;
    if (input.value.trim() === facts.value) return showValue();
    send("set", input.value);
  }

  function build(kind) {
    const about = { "aria-describedby": `${id}-help ${id}-problem` };
    if (kind === "choice") {
      input = make("select", { id, className: "byok-input", attributes: about });
      input.addEventListener("change", () => send("set", input.value));
    } else {
      const off = { autocomplete: "off", inputmode: kind === "whole" ? "numeric" : "decimal" };
      input = make("input", { id, type: "text", className: "byok-input", attributes: { ...about, ...off } });
      input.addEventListener("input", () => { typed = true; say(""); });
      input.addEventListener("blur", commit);
      input.addEventListener("keydown", (event) => {
        if (event.isComposing) return;
        if (event.key === "Enter") commit();
        if (event.key === "Escape") { showValue(); say(""); }
      });
    }
    row.prepend(input);
  }

  function paintOptions() {
    const known = facts.options.map((value) => ({ value, text: value }));
    const own = facts.value && !facts.options.includes(facts.value) ? [{ value: facts.value, text: facts.value }] : [];
    const all = [{ value: "", text: facts.unset }, ...own, ...known];
    const shown = JSON.stringify(all);
    if (input.dataset.shown === shown) return;
    input.dataset.shown = shown;
    input.replaceChildren(...all.map(({ value, text }) => make("option", { value, textContent: text })));
    showValue();
  }

  function paint(now) {
    const before = facts;
    facts = now;
    if (!input) build(facts.kind);
    part.label.textContent = facts.label;
    part.help.textContent = facts.help;
    part.back.textContent = facts.back;
    part.back.setAttribute("aria-label", `${facts.back}: ${facts.label}`);
    const held = document.activeElement === part.back;
    part.back.hidden = !facts.back;
    if (held && part.back.hidden) input.focus();
    if (facts.kind === "choice") paintOptions();
    else input.placeholder = facts.unset;
    if (before?.value === facts.value) return;
    say("");
    if (!typed) showValue();
  }

  part.back.addEventListener("click", () => send("give_back", ""));
  return { el, paint };
}
