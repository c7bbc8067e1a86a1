// The field that takes an API key from the browser to the kernel, once; and the passphrase of the encrypted file.
//
// What is typed lives in the <input> alone: never in a trait, never in a variable that outlives one call. On Save it
// is sealed for this kernel (ECDH P-256, HKDF, AES-GCM) and sent as the buffers of one custom message. The field is
// emptied when the kernel has answered "saved"; when the kernel refuses, or never answers, what was typed is still
// there, masked. Where the page cannot seal (plain http from another machine) nothing is sent at all.

const SEAL_INFO = "byok-key-v1";
const BUSY_AFTER_MS = 1500;
const LOST_AFTER_MS = 20000;
const ICONS = { none: "○", saved: "●", working: "…", verified: "✓", unverified: "?", rejected: "✕", refused: "✕" };
const TEXTS = {
  empty: "Paste an API key first.",
  emptyOptional: "Paste an API key to save one. This endpoint may need none: press Check to see.",
  emptyName: "Type the name of the variable first.",
  emptyPhrase: "Type the passphrase first.",
  unlike: "The two passphrases are not the same. Nothing was sent.",
  unlocking: "Making a key of the passphrase",
  insecure:
    "Nothing was sent. This page is open over plain http from another machine, so the key would travel in the " +
    "clear. Open the notebook over https, or through a tunnel at localhost.",
  unsealed: "Nothing was sent: this kernel offers no way to seal the key. Run the cell of this panel again.",
  saving: "Saving",
  busy: "Waiting for the kernel. A running cell holds it up; the key is saved when that cell ends.",
  lost:
    "No answer from the kernel yet. If a cell is running, the key is saved when it ends; if the kernel was " +
    "restarted, run the cell of this panel again. What you typed is still here.",
  failed: "The key could not be sealed, so nothing was sent. What you typed is still here; press Save to try again.",
  gone: "The kernel was restarted or stopped: run this cell again. Nothing was sent.",
};

export function canSeal(model) {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) return TEXTS.insecure;
  return model.get("public_key") ? "" : TEXTS.unsealed;
}

async function seal(publicKey, bytes) {
  const subtle = crypto.subtle;
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = Uint8Array.from(atob(publicKey), (c) => c.charCodeAt(0));
  const peer = await subtle.importKey("raw", theirs, curve, false, []);
  const mine = await subtle.generateKey(curve, false, ["deriveBits"]);
  const ephemeral = new Uint8Array(await subtle.exportKey("raw", mine.publicKey));
  const shared = await subtle.deriveBits({ name: "ECDH", public: peer }, mine.privateKey, 256);
  const material = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode(SEAL_INFO);
  const key = await subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: ephemeral, info },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv }, key, bytes));
  return [ephemeral, iv, text].map((part) => part.buffer);
}

function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function make(tag, properties = {}, ...children) {
  const { dataset, attributes, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, dataset ?? {});
  for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function button(text, className = "") {
  return make("button", { type: "button", className: `byok-button ${className}`, textContent: text });
}

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
    note: make("p", { className: "byok-note" }),
    save: button("Save", "byok-primary"),
    remove: button("Remove"),
    check: button("Check"),
    icon: make("span", { className: "byok-icon", attributes: { "aria-hidden": "true" } }),
    text: make("span"),
    link: make("a", { target: "_blank", rel: "noopener noreferrer" }),
    switchTo: button(""),
    anyway: button("Save it anyway", "byok-quiet"),
  };
  for (const input of [part.key, part.name, part.phrase, part.again]) quiet(input);
  part.eye.setAttribute("aria-pressed", "false");
  part.keyRow = make("div", { className: "byok-row byok-one-line" }, part.key, part.eye);
  part.keyBox = make("div", { className: "byok-field" }, part.keyLabel, part.keyRow);
  part.nameBox = make("div", { className: "byok-field" }, part.nameLabel, part.name);
  part.phraseBox = make("div", { className: "byok-field" }, part.phraseLabel, part.phrase);
  part.againBox = make("div", { className: "byok-field" }, part.againLabel, part.again);
  part.placeBox = make("div", { className: "byok-field" }, part.placeLabel, part.place, part.note);
  part.actions = make("div", { className: "byok-row byok-actions" }, part.save, part.check, part.remove);
  part.status = make("div", { className: "byok-status", attributes: { role: "status" } });
  part.status.append(part.icon, make("span", {}, part.text, " ", part.link));
  part.offers = make("div", { className: "byok-row byok-actions byok-offers" }, part.switchTo, part.anyway);
  return part;
}

function render({ model, el }) {
  const part = build();
  el.classList.add("byok-key");
  el.append(part.keyBox, part.nameBox, part.phraseBox, part.againBox, part.placeBox);
  el.append(part.actions, part.status, part.offers);

  let own = null; // what this view has to say, until the next change: { state, text, switch_to, anyway }
  let waiting = null; // the timers of a request that nobody has answered yet
  let pending = ""; // its id; it outlives the waiting, and ends when something else is typed

  const byName = () => model.get("place") === "env";
  const byPhrase = () => model.get("place") === "file" && Boolean(model.get("lock"));
  const isNew = () => byPhrase() && model.get("lock") === "new";
  const input = () => (byPhrase() ? part.phrase : byName() ? part.name : part.key);

  function unsaved() {
    const { pasted } = model.get("status");
    return pasted && part.key.value && input() === part.key ? { state: "none", text: pasted } : null;
  }

  function paint() {
    const shown = own ?? unsaved() ?? model.get("status");
    part.keyLabel.textContent = model.get("label");
    part.key.placeholder = model.get("hint");
    part.eye.hidden = !part.key.value;
    part.name.placeholder = model.get("variable_hint");
    part.phraseLabel.textContent = `${isNew() ? "New passphrase" : "Passphrase"} of the encrypted file`;
    part.keyBox.hidden = input() !== part.key;
    part.nameBox.hidden = !byName();
    part.phraseBox.hidden = !byPhrase();
    part.againBox.hidden = !isNew();
    part.save.textContent = isNew() ? "Set passphrase" : byPhrase() ? "Unlock" : "Save";
    const places = model.get("places");
    if (JSON.stringify(places) !== part.place.dataset.shown) {
      part.place.replaceChildren(...places.map(({ id, label }) => make("option", { value: id, textContent: label })));
      part.place.dataset.shown = JSON.stringify(places);
    }
    part.place.value = model.get("place");
    part.note.textContent = places.find(({ id }) => id === model.get("place"))?.note ?? "";
    part.status.dataset.state = shown.state;
    part.icon.textContent = ICONS[shown.state] ?? "";
    if (part.text.textContent !== shown.text) part.text.textContent = shown.text;
    part.link.hidden = !shown.link;
    part.link.href = shown.link || "#";
    part.link.textContent = shown.link_text || "";
    part.switchTo.hidden = !shown.switch_to;
    part.switchTo.textContent = shown.switch_to ? `Switch to ${shown.switch_to.label}` : "";
    part.anyway.hidden = !shown.anyway;
    part.offers.hidden = !shown.switch_to && !shown.anyway;
    const busy = Boolean(waiting);
    for (const control of [part.save, part.switchTo, part.anyway, part.place]) control.disabled = busy;
    for (const control of [part.key, part.name, part.phrase, part.again]) control.readOnly = busy;
    part.check.disabled = busy || !model.get("can_check") || model.get("status").state === "working";
    part.remove.disabled = busy || !model.get("has_key");
  }

  function say(state, text, more = {}) {
    own = text ? { state, text, ...more } : null;
    paint();
  }

  function settle() {
    waiting?.forEach(clearTimeout);
    waiting = null;
  }

  function expectAnswer(id) {
    settle();
    const late = (text) => () => say("working", text);
    pending = id;
    waiting = [
      setTimeout(late(TEXTS.busy), BUSY_AFTER_MS),
      setTimeout(() => { settle(); say("unverified", TEXTS.lost); }, LOST_AFTER_MS),
    ];
    say("working", byPhrase() ? TEXTS.unlocking : TEXTS.saving);
  }

  function hideKey() {
    part.key.type = "password";
    part.eye.textContent = "Show";
    part.eye.setAttribute("aria-pressed", "false");
  }

  function empty() {
    part.key.value = "";
    part.name.value = "";
    hideKey();
  }

  function emptyPhrase() {
    part.phrase.value = "";
    part.again.value = "";
  }

  function missing(field) {
    if (isNew() && part.phrase.value !== part.again.value) return TEXTS.unlike;
    if (field.value.trim()) return "";
    if (byPhrase()) return TEXTS.emptyPhrase;
    if (byName()) return TEXTS.emptyName;
    return model.get("needs_key") ? TEXTS.empty : TEXTS.emptyOptional;
  }

  async function save(override) {
    const field = input();
    if (waiting) return;
    const lacking = missing(field);
    if (lacking) {
      say("refused", lacking);
      field.focus();
      return;
    }
    const problem = canSeal(model);
    if (problem) return say("refused", problem);
    const id = randomId();
    const key = { kind: "save", id, target: model.get("target"), place: model.get("place"), override };
    const head = byPhrase() ? { kind: "unlock", id, new: isNew() } : key;
    hideKey();
    expectAnswer(id);
    let fault = TEXTS.failed;
    try {
      const sealed = await seal(model.get("public_key"), new TextEncoder().encode(field.value));
      fault = TEXTS.gone; // a kernel that is no longer there is told by an exception
      model.send(head, undefined, sealed);
    } catch {
      settle();
      say("refused", fault);
    }
  }

  function onAnswer(message) {
    if (message?.kind !== "answer" || message.id !== pending) return;
    settle();
    pending = "";
    if (message.outcome === "saved" || message.clear) empty();
    if (message.outcome === "unlocked") emptyPhrase();
    if (["saved", "unlocked"].includes(message.outcome)) return say("", "");
    say("refused", message.text, { switch_to: message.switch_to, anyway: message.anyway });
    (message.switch_to ? part.switchTo : input()).focus();
  }

  part.eye.addEventListener("click", () => {
    const show = part.key.type === "password";
    hideKey();
    if (!show) return;
    part.key.type = "text";
    part.eye.textContent = "Hide";
    part.eye.setAttribute("aria-pressed", "true");
  });
  part.save.addEventListener("click", () => save(false));
  part.anyway.addEventListener("click", () => save(true));
  part.switchTo.addEventListener("click", () => {
    model.send({ kind: "switch", provider: own?.switch_to?.name });
    say("", "");
    part.save.focus();
  });
  part.check.addEventListener("click", () => model.send({ kind: "check", target: model.get("target") }));
  part.remove.addEventListener("click", () => {
    hideKey();
    model.send({ kind: "remove", target: model.get("target") });
  });
  part.place.addEventListener("change", () => {
    model.set("place", part.place.value);
    model.save_changes();
    say("", "");
  });
  for (const field of [part.key, part.name, part.phrase, part.again]) {
    field.addEventListener("input", () => {
      pending = "";
      if (!part.key.value) hideKey();
      if (!waiting) say("", "");
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) save(false);
    });
  }
  for (const kind of ["keydown", "keypress", "keyup", "copy", "cut", "paste"]) {
    el.addEventListener(kind, (event) => event.stopPropagation());
  }

  const onStatus = () => { if (!waiting) own = null; paint(); };
  model.on("change", paint);
  model.on("change:status", onStatus);
  model.on("change:target", onStatus);
  model.on("msg:custom", onAnswer);
  paint();
  return () => {
    settle();
    part.key.value = "";
    emptyPhrase();
    model.off("change", paint);
    model.off("change:status", onStatus);
    model.off("change:target", onStatus);
    model.off("msg:custom", onAnswer);
  };
}

export default { render };
