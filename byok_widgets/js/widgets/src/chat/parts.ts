// The elements of the chat, without behaviour.

import { button, make, randomId } from "../common/dom";
import { StatusLine } from "../common/status_line";

export type Parts = ReturnType<typeof buildParts>;

function labelledSelect(id: string) {
  const sessions = make("select", { className: "byok-input", id });
  const label = make("label", { htmlFor: id, textContent: "Session" });
  return { sessions, sessionsBox: make("span", { className: "byok-chat-sessions", hidden: true }, label, sessions) };
}

function composer(id: string) {
  const text = make("textarea", { id, className: "byok-input", rows: 2, dir: "auto" });
  const send = button("Send", "byok-primary");
  const stop = button("Stop");
  const label = make("label", { htmlFor: id, className: "byok-visually-hidden", textContent: "Your message" });
  return { text, send, stop, composer: make("div", { className: "byok-chat-composer" }, label, text, send, stop) };
}

// `extra` holds what has a module of its own.
export function buildParts(title: string, extra: { copy: Node; sentences: Node; graph: Node; variables: Node; timeline: Node }) {
  const id = `byok-${randomId()}`;
  const node = make("span", { className: "byok-chat-node" });
  const reset = button("Reset");
  const log = make("div", {
    className: "byok-chat-log",
    tabIndex: 0,
    attributes: { role: "log", "aria-label": "Conversation", "aria-live": "off" },
  });
  const spoken = make("div", { className: "byok-visually-hidden", attributes: { "aria-live": "polite" } });
  const status = new StatusLine("byok-chat-status");
  const failure = make("div", { className: "byok-bad", hidden: true, attributes: { role: "alert" } });
  const totals = make("p", { className: "byok-note" });
  const choice = labelledSelect(`${id}-sessions`);
  const bottom = composer(`${id}-text`);
  const name = make("h3", { textContent: title, attributes: { "aria-level": "2" } });
  const tools = make("div", { className: "byok-chat-tools" }, choice.sessionsBox, extra.copy, reset);
  const head = make("div", { className: "byok-chat-head" }, name, node, tools);
  const main = make("div", { className: "byok-chat-main" }, log, failure, status.el, extra.sentences, bottom.composer);
  const region = make("section", { attributes: { "aria-label": "Variables" } }, extra.variables, totals);
  const aside = make("div", { className: "byok-chat-side" }, extra.graph, region, extra.timeline);
  const body = make("div", { className: "byok-chat-body" }, main, aside);
  const savedForm = make("style");
  return { all: [head, body, spoken, savedForm], savedForm, node, reset, log, spoken, status, failure, main, totals, aside, ...choice, ...bottom };
}
