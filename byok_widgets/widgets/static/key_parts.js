// The parts of the key section: fields with labels, buttons, and the line of status. They do nothing by themselves.

const ICONS = {
  none: "○", hint: "!", saved: "●", working: "…", verified: "✓", unverified: "?", rejected: "✕", refused: "✕",
};
const MOVES = { env: "Use it as the name of a variable", key: "Use it as the key" };

// Neither a name nor an id that a password manager would match, and the words by which the big ones can be told off.
function quiet(input) {
  const off = { autocomplete: "new-password", autocapitalize: "off", autocorrect: "off", "data-1p-ignore": "" };
  const more = { "data-lpignore": "true", "data-bwignore": "true", "data-form-type": "other" };
  for (const [name, value] of Object.entries({ ...off, ...more })) input.setAttribute(name, value);
  input.spellcheck = false;
}

function build() {
  const id = `byok-${randomId()}`;
  const part = {
    keyLabel: make("label", { htmlFor: `${id}-a`, className: "byok-label" }),
    key: make("input", { type: "password", id: `${id}-a`, className: "byok-input" }),
    eye: button("Show", "byok-quiet"),
    nameLabel: make("label", { htmlFor: `${id}-b`, className: "byok-label", textContent: "Name of the variable" }),
    name: make("input", { type: "text", id: `${id}-b`, className: "byok-input byok-code" }),
    phraseLabel: make("label", { htmlFor: `${id}-d`, className: "byok-label" }),
    phrase: make("input", { type: "password", id: `${id}-d`, className: "byok-input" }),
    againLabel: make("label", { htmlFor: `${id}-e`, className: "byok-label", textContent: "The same once more" }),
    again: make("input", { type: "password", id: `${id}-e`, className: "byok-input" }),
    placeLabel: make("label", { htmlFor: `${id}-c`, className: "byok-label", textContent: "Where the key rests" }),
    place: make("select", { id: `${id}-c`, className: "byok-input" }),
    note: make("p", { id: `${id}-f`, className: "byok-note" }),
    save: button("Save", "byok-primary"),
    remove: button("Remove"),
    check: button("Check"),
    icon: make("span", { className: "byok-icon", attributes: { "aria-hidden": "true" } }),
    text: make("span"),
    link: make("a", { target: "_blank", rel: "noopener noreferrer" }),
    switchTo: button(""),
    move: button(""),
    anyway: button("Save it anyway", "byok-quiet"),
  };
  for (const input of [part.key, part.name, part.phrase, part.again]) quiet(input);
  part.place.setAttribute("aria-describedby", part.note.id);
  part.check.title = "Ask the provider whether the key is good, free of charge";
  part.remove.title = "Remove the key from where it rests";
  part.keyRow = make("div", { className: "byok-row byok-one-line" }, part.key, part.eye);
  part.keyBox = make("div", { className: "byok-field" }, part.keyLabel, part.keyRow);
  part.nameBox = make("div", { className: "byok-field" }, part.nameLabel, part.name);
  part.phraseBox = make("div", { className: "byok-field" }, part.phraseLabel, part.phrase);
  part.againBox = make("div", { className: "byok-field" }, part.againLabel, part.again);
  part.placeBox = make("div", { className: "byok-field" }, part.placeLabel, part.place, part.note);
  part.actions = make("div", { className: "byok-row byok-actions" }, part.save, part.check, part.remove);
  part.status = make("div", { className: "byok-status", attributes: { role: "status" } });
  part.status.append(part.icon, make("span", {}, part.text, " ", part.link));
  part.offers = make("div", { className: "byok-row byok-actions byok-offers" }, part.switchTo, part.move, part.anyway);
  return part;
}

// Shows one state: { state, text, link, link_text, switch_to, move_to, anyway }. The same text is not written again,
// so that it is not read out again.
function showStatus(part, shown) {
  part.status.dataset.state = shown.state;
  part.icon.textContent = ICONS[shown.state] ?? "";
  if (part.text.textContent !== shown.text) part.text.textContent = shown.text;
  part.link.hidden = !shown.link;
  part.link.href = shown.link || "#";
  part.link.textContent = shown.link_text || "";
  part.switchTo.hidden = !shown.switch_to;
  part.switchTo.textContent = shown.switch_to ? `Switch to ${shown.switch_to.label}` : "";
  part.move.hidden = !shown.move_to;
  part.move.textContent = MOVES[shown.move_to] ?? "";
  part.anyway.hidden = !shown.anyway;
  part.offers.hidden = !shown.switch_to && !shown.move_to && !shown.anyway;
}

