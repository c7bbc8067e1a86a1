// A chat with a flow. Everything that is said comes by messages and is put into the page as text, never as markup:
// what a model writes can neither style nor run anything.

const LOST_AFTER_MS = 4000;
const NEAR_THE_END_PX = 60;
const SENTENCE_END = /[.!?…:]["”')\]]*\s|\n/g;
const TEXTS = {
  empty: "Nothing has been said yet. Type below and press Enter.",
  lost:
    "No answer from the kernel yet. If a cell is running, the chat goes on when that cell ends; if the kernel was " +
    "restarted or stopped, run the cell of this chat again.",
  closed: "This session has ended. Reset it, or go back to an earlier turn.",
  thinking: "is at work",
};

function build(title) {
  const id = `byok-${randomId()}`;
  const part = {
    node: make("span", { className: "byok-chat-node" }),
    sessions: make("select", { className: "byok-input", id: `${id}-s` }),
    reset: button("Reset"),
    log: make("div", { className: "byok-chat-log", tabIndex: 0, attributes: { role: "log", "aria-label": "Conversation", "aria-live": "off" } }),
    spoken: make("div", { className: "byok-heard", attributes: { "aria-live": "polite" } }),
    variables: make("tbody"),
    aside: make("section", { className: "byok-chat-side", attributes: { "aria-label": "Variables" } }),
    totals: make("p", { className: "byok-note" }),
    status: make("div", { className: "byok-chat-status byok-note", attributes: { role: "status" } }),
    failure: make("div", { className: "byok-bad", hidden: true, attributes: { role: "alert" } }),
    text: make("textarea", { id: `${id}-t`, className: "byok-input", rows: 2, placeholder: "Say something" }),
    send: button("Send", "byok-primary"),
    stop: button("Stop"),
  };
  part.sessionsBox = make("span", { className: "byok-chat-sessions", hidden: true },
    make("label", { htmlFor: `${id}-s`, textContent: "Session" }), part.sessions);
  part.head = make("div", { className: "byok-chat-head" },
    make("h3", { textContent: title }), part.node, make("span", { className: "byok-grow" }), part.sessionsBox, part.reset);
  const caption = make("caption", { textContent: "Variables" });
  part.table = make("table", {}, caption, part.variables);
  part.aside.append(part.table, part.totals);
  part.composer = make("div", { className: "byok-chat-composer" },
    make("label", { htmlFor: `${id}-t`, className: "byok-heard", textContent: "Your message" }), part.text, part.send, part.stop);
  part.main = make("div", { className: "byok-chat-main" }, part.log, part.failure, part.status, part.composer);
  part.body = make("div", { className: "byok-chat-body" }, part.main, part.aside);
  return part;
}

function bubble(who, text, kind) {
  return make("div", { className: `byok-said byok-${kind}` },
    make("span", { className: "byok-who", textContent: who }), make("div", { className: "byok-words", textContent: text }));
}

function render({ model, el }) {
  const part = build(model.get("title"));
  el.classList.add("byok-panel", "byok-chat");
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", `Chat with the flow ${model.get("title")}`);
  el.append(part.head, part.body, part.spoken);
  isolate(el);

  let busy = false;
  let closed = false;
  let speaking = null; // the bubble that is being written, and what of it was not read out yet
  let unread = "";
  let lost = 0;
  let asked = false; // whether the person's click brought what comes next

  const expectAnswer = () => {
    clearTimeout(lost);
    lost = setTimeout(() => { part.status.textContent = TEXTS.lost; }, LOST_AFTER_MS);
  };
  const send = (message) => {
    model.send(message);
    expectAnswer();
  };

  function paint() {
    part.send.hidden = busy;
    part.stop.hidden = !busy;
    part.text.readOnly = busy || closed;
    part.send.disabled = closed;
    part.reset.disabled = busy;
    part.sessions.disabled = busy;
    for (const back of part.log.querySelectorAll(".byok-back")) back.disabled = busy;
    part.text.placeholder = closed ? TEXTS.closed : "Say something";
  }

  function follow(change) {
    const near = part.log.scrollHeight - part.log.scrollTop - part.log.clientHeight < NEAR_THE_END_PX;
    change();
    if (near) part.log.scrollTop = part.log.scrollHeight;
  }

  function readOut(text, isLast) {
    unread += text;
    let end = 0;
    for (const found of unread.matchAll(SENTENCE_END)) end = found.index + found[0].length;
    if (isLast) end = unread.length;
    if (!end) return;
    part.spoken.textContent = unread.slice(0, end);
    unread = unread.slice(end);
  }

  function noteIfEmpty() {
    if (part.log.children.length) return;
    part.log.append(make("p", { className: "byok-note byok-chat-empty", textContent: TEXTS.empty }));
  }

  function turnView(turn) {
    const view = make("div", { className: "byok-turn" });
    if (turn.text !== null) view.append(bubble("You", turn.text, "person"));
    if (turn.reply !== null) view.append(bubble(turn.node, turn.reply, "flow"));
    if (turn.notices.length) view.append(make("p", { className: "byok-chat-notice", textContent: turn.notices.join("; ") }));
    const why = make("details", { className: "byok-why" },
      make("summary", { textContent: turn.summary }), make("pre", { textContent: turn.why }));
    why.addEventListener("toggle", () => { if (why.open) why.scrollIntoView({ block: "nearest" }); });
    const back = button("Go on from here", "byok-quiet byok-back");
    back.setAttribute("aria-label", `Go on from turn ${turn.number} in a new session`);
    back.title = "A new session goes on from here; this one stays as it is";
    back.addEventListener("click", () => { asked = true; send({ kind: "fork", turn: turn.number }); });
    view.append(make("div", { className: "byok-turn-foot" }, why, back));
    return view;
  }

  function standing({ node, closed: ended, variables, totals }) {
    closed = ended;
    part.node.textContent = ended ? `ended at ${node}` : `at ${node}`;
    part.totals.textContent = totals;
    part.aside.hidden = !variables.length && !totals;
    part.table.hidden = !variables.length;
    part.variables.replaceChildren(...variables.map(({ name, value, status }) => make("tr", {},
      make("th", { scope: "row", textContent: name }),
      make("td", {}, make("div", { textContent: value }), make("div", { className: "byok-note", textContent: status })))));
    part.status.textContent = ended ? TEXTS.closed : "";
  }

  function begin(text) {
    busy = true;
    speaking = make("div", { className: "byok-turn byok-under-way" }, bubble("You", text, "person"));
    part.log.querySelector(".byok-chat-empty")?.remove();
    follow(() => part.log.append(speaking));
    part.log.scrollTop = part.log.scrollHeight;
    paint();
  }

  function words(node) {
    let view = speaking.querySelector(".byok-flow");
    if (!view) speaking.append(view = bubble(node ?? "", "", "flow"));
    return view.querySelector(".byok-words");
  }

  function end() {
    busy = false;
    speaking?.remove();
    speaking = null;
  }

  const on = {
    all(message) {
      end();
      part.spoken.textContent = unread = "";
      part.sessions.replaceChildren(...message.sessions.map((label, value) => make("option", { value, textContent: label })));
      part.sessions.value = message.shown;
      part.sessionsBox.hidden = message.sessions.length < 2;
      part.log.replaceChildren(...message.turns.map(turnView));
      if (!message.under_way) noteIfEmpty();
      standing(message);
      part.failure.hidden = true;
      if (message.under_way) {
        begin(message.under_way.text);
        if (message.under_way.reply) words(message.under_way.node).textContent = message.under_way.reply;
      }
      part.log.scrollTop = part.log.scrollHeight;
      if (part.main.contains(document.activeElement) || asked) part.text.focus({ preventScroll: true });
      asked = false;
    },
    begin(message) {
      part.failure.hidden = true;
      begin(message.text);
    },
    node(message) {
      part.node.textContent = `at ${message.node}`;
      part.status.textContent = `${message.node} ${TEXTS.thinking} …`;
    },
    progress(message) {
      part.status.textContent = message.text;
    },
    text(message) {
      if (!speaking) return;
      follow(() => words(part.node.textContent.replace(/^at /, "")).append(message.text));
      readOut(message.text, false);
    },
    turn(message) {
      const wasStreamed = Boolean(speaking?.querySelector(".byok-flow"));
      if (!wasStreamed && message.turn.reply !== null) readOut(message.turn.reply, true);
      else readOut("", true);
      follow(() => {
        end();
        part.log.append(turnView(message.turn));
      });
      standing(message);
      part.text.focus({ preventScroll: true });
    },
    failed(message) {
      end();
      if (message.text) part.text.value = message.text;
      const link = message.words.link ? [make("a", { href: message.words.link, textContent: message.words.link, target: "_blank", rel: "noopener noreferrer" })] : [];
      part.failure.replaceChildren(make("strong", { textContent: message.words.problem }), make("div", { textContent: message.words.more }), ...link);
      part.failure.classList.toggle("byok-bad", !message.words.calm);
      part.failure.classList.toggle("byok-chat-notice", Boolean(message.words.calm));
      part.failure.hidden = false;
      noteIfEmpty();
      if (message.variables) standing(message);
    },
  };

  const onMessage = (message) => {
    clearTimeout(lost);
    on[message?.kind]?.(message);
    paint();
  };

  const say = () => {
    const text = part.text.value;
    if (busy || closed || !text.trim()) return;
    part.text.value = "";
    send({ kind: "say", text });
  };
  part.send.addEventListener("click", say);
  part.stop.addEventListener("click", () => send({ kind: "stop" }));
  part.reset.addEventListener("click", () => { asked = true; send({ kind: "reset" }); });
  part.sessions.addEventListener("change", () => send({ kind: "show", session: Number(part.sessions.value) }));
  part.text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      say();
    } else if (event.key === "Escape" && busy) {
      send({ kind: "stop" });
    }
  });

  model.on("msg:custom", onMessage);
  paint();
  send({ kind: "hello" });
  return () => {
    clearTimeout(lost);
    model.off("msg:custom", onMessage);
  };
}

export default { render };
