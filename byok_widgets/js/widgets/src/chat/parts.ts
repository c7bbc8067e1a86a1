// The elements of the chat, without behaviour.

import { button, make, randomId } from "../shared/dom";

export type Parts = ReturnType<typeof buildParts>;

function labelledSelect(id: string) {
  const sessions = make("select", { className: "byok-input", id });
  const label = make("label", { htmlFor: id, textContent: "Session" });
  return { sessions, sessionsBox: make("span", { className: "byok-chat-sessions", hidden: true }, label, sessions) };
}

function sidebar() {
  const variables = make("tbody");
  const table = make("table", {}, make("caption", { textContent: "Variables" }), variables);
  const totals = make("p", { className: "byok-note" });
  const attributes = { "aria-label": "Variables" };
  return { variables, table, totals, aside: make("section", { className: "byok-chat-side", attributes }, table, totals) };
}

function composer(id: string) {
  const text = make("textarea", { id, className: "byok-input", rows: 2 });
  const send = button("Send", "byok-primary");
  const stop = button("Stop");
  const label = make("label", { htmlFor: id, className: "byok-heard", textContent: "Your message" });
  return { text, send, stop, composer: make("div", { className: "byok-chat-composer" }, label, text, send, stop) };
}

export function buildParts(title: string) {
  const id = `byok-${randomId()}`;
  const node = make("span", { className: "byok-chat-node" });
  const reset = button("Reset");
  const log = make("div", {
    className: "byok-chat-log",
    tabIndex: 0,
    attributes: { role: "log", "aria-label": "Conversation", "aria-live": "off" },
  });
  const spoken = make("div", { className: "byok-heard", attributes: { "aria-live": "polite" } });
  const status = make("div", { className: "byok-chat-status byok-note", attributes: { role: "status" } });
  const failure = make("div", { className: "byok-bad", hidden: true, attributes: { role: "alert" } });
  const choice = labelledSelect(`${id}-sessions`);
  const side = sidebar();
  const bottom = composer(`${id}-text`);
  const space = make("span", { className: "byok-grow" });
  const name = make("h3", { textContent: title });
  const head = make("div", { className: "byok-chat-head" }, name, node, space, choice.sessionsBox, reset);
  const main = make("div", { className: "byok-chat-main" }, log, failure, status, bottom.composer);
  const body = make("div", { className: "byok-chat-body" }, main, side.aside);
  return { all: [head, body, spoken], node, reset, log, spoken, status, failure, main, ...choice, ...side, ...bottom };
}
