// The field that takes an API key from the browser to the kernel, once; and the passphrase of the encrypted file.
//
// What is typed lives in the <input> alone: never in a trait, never in a variable that outlives one call. On Save it
// is sealed for this kernel (ECDH P-256, HKDF, AES-GCM) and sent as the buffers of one custom message. The field is
// emptied when the kernel has answered "saved"; when the kernel refuses, or never answers, what was typed is still
// there, masked. Where the page cannot seal (plain http from another machine) nothing is sent at all.

const BUSY_AFTER_MS = 1500;
const LOST_AFTER_MS = 20000;

function render({ model, el }) {
  const part = build();
  el.classList.add("byok-key");
  el.append(part.keyBox, part.nameBox, part.phraseBox, part.againBox, part.placeBox);
  el.append(part.actions, part.status, part.offers);

  let own = null; // what this view has to say, until the next change: { state, text, switch_to, anyway }
  let shown = {}; // what it says now
  let waiting = false; // for the answer to what was sent sealed
  let pending = ""; // its id; it outlives the waiting, and ends when something else is typed
  let timers = []; // of what is said when the kernel takes long

  const byName = () => model.get("place") === "env";
  const byPhrase = () => model.get("place") === "file" && Boolean(model.get("lock"));
  const isNew = () => byPhrase() && model.get("lock") === "new";
  const input = () => (byPhrase() ? part.phrase : byName() ? part.name : part.key);

  // What there is to say of what is typed, before anything is sent. No word of it depends on more than its form.
  function unsent() {
    const field = input();
    if (!field.value || field === part.phrase) return null;
    const hint = (field === part.key ? keyHint : nameHint)(field.value, model.get("shapes"));
    if (hint) return { state: "hint", ...hint };
    const text = field === part.key ? model.get("status").pasted : TEXTS.named;
    return text ? { state: "none", text } : null;
  }

  function paint() {
    shown = own ?? unsent() ?? model.get("status");
    paintFields();
    paintPlaces();
    showStatus(part, shown);
    paintControls();
  }

  function paintFields() {
    part.keyLabel.textContent = model.get("label");
    part.key.placeholder = model.get("hint");
    part.eye.hidden = !part.key.value;
    part.name.placeholder = model.get("variable_hint");
    part.phraseLabel.textContent = `${isNew() ? "New passphrase" : "Passphrase"} of the encrypted file`;
    part.keyBox.hidden = input() !== part.key;
    part.nameBox.hidden = !byName();
    part.phraseBox.hidden = !byPhrase();
    part.againBox.hidden = !isNew();
  }

  function paintPlaces() {
    const places = model.get("places");
    if (JSON.stringify(places) !== part.place.dataset.shown) {
      part.place.replaceChildren(...places.map(({ id, label }) => make("option", { value: id, textContent: label })));
      part.place.dataset.shown = JSON.stringify(places);
    }
    part.place.value = model.get("place");
    part.note.textContent = places.find(({ id }) => id === model.get("place"))?.note ?? "";
  }

  function paintControls() {
    const changing = [part.save, part.switchTo, part.move, part.anyway, part.place];
    for (const control of changing) control.disabled = waiting;
    for (const control of [part.key, part.name, part.phrase, part.again]) control.readOnly = waiting;
    part.save.textContent = isNew() ? "Set passphrase" : byPhrase() ? "Unlock" : "Save";
    part.check.disabled = waiting || !model.get("can_check") || model.get("status").state === "working";
    part.remove.disabled = waiting || !model.get("has_key");
  }

  function say(state, text, more = {}) {
    own = text ? { state, text, ...more } : null;
    paint();
  }

  function settle() {
    timers.forEach(clearTimeout);
    timers = [];
    waiting = false;
  }

  const after = (ms, act) => { timers.push(setTimeout(act, ms)); };

  function expectAnswer(id) {
    const words = byPhrase() ? PHRASE : KEY;
    settle();
    waiting = true;
    pending = id;
    after(BUSY_AFTER_MS, () => say("working", words.busy));
    after(LOST_AFTER_MS, () => { settle(); say("unverified", words.lost); });
    say("working", words.sent);
  }

  // What the kernel answers by a change of the status. One that is no longer there is told by an exception.
  function ask(message) {
    settle();
    say("", "");
    try {
      model.send(message);
      after(BUSY_AFTER_MS, () => say("working", TEXTS.held));
    } catch {
      say("refused", TEXTS.gone);
    }
  }

  function choosePlace(place) {
    model.set("place", place);
    model.save_changes();
    say("", "");
  }

  function showKey(open) {
    part.key.type = open ? "text" : "password";
    part.eye.textContent = open ? "Hide" : "Show";
    part.eye.setAttribute("aria-label", `${part.eye.textContent} the key`);
  }

  function empty() {
    part.key.value = "";
    part.name.value = "";
    showKey(false);
  }

  function emptyPhrase() {
    part.phrase.value = "";
    part.again.value = "";
  }

  // A name that was typed as a key, or a key as a name, goes to the other field.
  function move() {
    const typed = input().value;
    const to = byName() ? model.get("places")[0].id : "env";
    empty();
    choosePlace(to);
    input().value = byName() ? nameIn(typed, model.get("shapes")) : typed;
    paint();
    input().focus();
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
    showKey(false);
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

  part.eye.addEventListener("click", () => showKey(part.key.type === "password"));
  part.save.addEventListener("click", () => save(false));
  part.anyway.addEventListener("click", () => save(true));
  part.switchTo.addEventListener("click", () => {
    ask({ kind: "switch", provider: shown.switch_to?.name });
    part.save.focus();
  });
  part.move.addEventListener("click", move);
  part.check.addEventListener("click", () => ask({ kind: "check", target: model.get("target") }));
  part.remove.addEventListener("click", () => {
    showKey(false);
    ask({ kind: "remove", target: model.get("target") });
  });
  part.place.addEventListener("change", () => choosePlace(part.place.value));
  for (const field of [part.key, part.name, part.phrase, part.again]) {
    field.addEventListener("input", () => {
      if (waiting) return;
      pending = "";
      settle();
      if (!part.key.value) showKey(false);
      say("", "");
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) save(false);
    });
  }
  for (const kind of ["keydown", "keypress", "keyup", "copy", "cut", "paste"]) {
    el.addEventListener(kind, (event) => event.stopPropagation());
  }

  const onStatus = () => {
    if (!waiting) {
      settle();
      own = null;
    }
    paint();
  };
  model.on("change", paint);
  model.on("change:status", onStatus);
  model.on("change:target", onStatus);
  model.on("msg:custom", onAnswer);
  showKey(false);
  paint();
  return () => {
    settle();
    empty();
    emptyPhrase();
    model.off("change", paint);
    model.off("change:status", onStatus);
    model.off("change:target", onStatus);
    model.off("msg:custom", onAnswer);
  };
}

export default { render };
