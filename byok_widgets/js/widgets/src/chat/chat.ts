// A chat with a flow. Everything that is said comes by messages and is put into the page as text: what a model writes
// can neither style nor run anything.

import type { AnyModel } from "@anywidget/types";

import { externalLink, isolate, make, options } from "../shared/dom";
import { exchange } from "../shared/exchange";
import { freeze, goneNotice, linkKernel } from "../shared/kernel_link";
import type {
  ChatAll,
  ChatFailed,
  ChatMessage,
  ChatRequest,
  ChatState,
  ChatTurn,
  FailureWords,
  Standing,
  VariableFacts,
} from "../shared/messages";
import { UNANSWERED } from "../shared/texts";
import { type ViewContext, onEnd } from "../shared/view";
import { type Parts, buildParts } from "./parts";
import { ReadOut } from "./read_out";
import { LiveTurn, turnView } from "./turn";
import { countDown } from "./waiting";

const LOST_AFTER_MS = 4000;
const NEAR_THE_END_PX = 60;
const TEXTS = {
  say: "Write a message",
  empty: "No messages yet. Write one below and press Enter.",
  closed: "This session has ended. Reset it, or fork from an earlier turn.",
};

const isMessage = (message: unknown): message is ChatMessage =>
  typeof message === "object" && message !== null && "kind" in message && message.kind !== "pong";

export function renderChat(context: ViewContext<ChatState>): void {
  new ChatView(context);
}

class ChatView {
  private readonly model: AnyModel<ChatState>;
  private readonly signal: AbortSignal;
  private readonly part: Parts;
  private readonly readOut: ReadOut;
  private live: LiveTurn | null = null; // the turn that is under way
  private isClosed = false;
  private node = "";
  private said = ""; // what was sent and has not begun: it stays in its field until then
  private settle: () => void = () => undefined;
  private readonly lose: () => void;
  private stopWaiting: () => void = () => undefined;
  // Whether the person's click brought what comes next: then the keyboard goes to the text field.
  private wasAsked = false;

  constructor({ model, el, signal }: ViewContext<ChatState>) {
    this.model = model;
    this.signal = signal;
    this.part = buildParts(model.get("title"));
    this.readOut = new ReadOut(this.part.spoken);
    el.classList.add("byok-panel", "byok-chat");
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", `Chat with the flow ${model.get("title")}`);
    el.append(...this.part.all);
    isolate(el, signal);
    this.listen();
    this.paint();
    this.lose = linkKernel(
      { model, el, signal },
      { gone: () => this.onGone(el), unanswered: (isLate) => this.showUnanswered(isLate) },
    );
    this.send({ kind: "hello" });
  }

  private listen(): void {
    const { send, stop, reset, sessions, text } = this.part;
    const { model, signal } = this;
    const on = (target: HTMLElement, kind: string, act: () => void): void =>
      target.addEventListener(kind, act, { signal });
    on(send, "click", () => this.say());
    on(stop, "click", () => this.send({ kind: "stop" }));
    on(reset, "click", () => this.ask({ kind: "reset" }));
    on(sessions, "change", () => this.send({ kind: "show", session: Number(sessions.value) }));
    text.addEventListener("keydown", (event) => this.onKey(event), { signal });
    const onMessage = (message: unknown): void => this.onMessage(message);
    model.on("msg:custom", onMessage);
    onEnd(signal, () => model.off("msg:custom", onMessage));
  }

  // Returns whether it was sent. Any message from the kernel shows that it is there.
  private send(request: ChatRequest): boolean {
    let isSent = true;
    this.settle();
    this.settle = exchange(
      this.model,
      {
        request,
        answers: isMessage,
        delays: [[LOST_AFTER_MS, () => this.showUnanswered(true)]],
        gone: () => {
          isSent = false;
          this.lose();
        },
      },
      this.signal,
    );
    return isSent;
  }

  private ask(request: ChatRequest): void {
    this.wasAsked = this.send(request);
  }

  private say(): void {
    const text = this.part.text.value;
    if (this.live || this.said || this.isClosed || !text.trim()) return;
    if (this.send({ kind: "say", text })) this.said = text;
    this.paint();
  }

  private showUnanswered(isLate: boolean): void {
    const { status } = this.part;
    if (isLate) status.textContent = UNANSWERED;
    else if (status.textContent === UNANSWERED) status.textContent = "";
  }

  private onGone(el: HTMLElement): void {
    const { text, composer, status } = this.part;
    this.settle();
    this.stopWaiting();
    if (this.live && !text.value) text.value = this.live.said;
    status.textContent = "";
    composer.before(goneNotice());
    freeze(el);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.say();
    } else if (event.key === "Escape" && this.live) {
      this.send({ kind: "stop" });
    }
  }

  private onMessage(message: unknown): void {
    if (!isMessage(message)) return;
    this.stopWaiting();
    this.show(message);
    this.paint();
  }

  private show(message: ChatMessage): void {
    const { part } = this;
    switch (message.kind) {
      case "all":
        return this.showAll(message);
      case "begin":
        part.failure.hidden = true;
        if (this.said) part.text.value = "";
        return this.begin(message.text);
      case "node":
        this.node = message.node;
        part.node.textContent = `at ${message.node}`;
        part.status.textContent = `${message.node} is responding…`;
        return;
      case "progress":
        part.status.textContent = message.text;
        return;
      case "wait":
        this.stopWaiting = countDown(message, (text) => (part.status.textContent = text), this.signal);
        return;
      case "text":
        part.status.textContent = `${this.node} is responding…`;
        return this.write(message.text);
      case "turn":
        return this.endTurn(message);
      case "failed":
        return this.fail(message);
    }
  }

  private paint(): void {
    const { send, stop, text, reset, sessions, log } = this.part;
    const isBusy = this.live !== null;
    send.hidden = isBusy;
    stop.hidden = !isBusy;
    text.readOnly = isBusy || this.isClosed || Boolean(this.said);
    send.disabled = this.isClosed;
    reset.disabled = sessions.disabled = isBusy;
    for (const back of log.querySelectorAll<HTMLButtonElement>(".byok-back")) back.disabled = isBusy;
    text.placeholder = this.isClosed ? TEXTS.closed : TEXTS.say;
  }

  // Keeps the end of the log in sight, unless the person has scrolled up.
  private keepingSight(change: () => void): void {
    const { log } = this.part;
    const isNear = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_THE_END_PX;
    change();
    if (isNear) this.scrollToEnd();
  }

  private scrollToEnd(): void {
    this.part.log.scrollTop = this.part.log.scrollHeight;
  }

  private noteIfEmpty(): void {
    const { log } = this.part;
    if (log.childElementCount) return;
    log.append(make("p", { className: "byok-note byok-chat-empty", textContent: TEXTS.empty }));
  }

  private fork = (turn: number): void => this.ask({ kind: "fork", turn });

  private showAll({ sessions, shown, turns, under_way: underWay, ...standing }: ChatAll): void {
    const { part } = this;
    this.said = "";
    this.endLive();
    this.hideSavedForm();
    this.readOut.clear();
    part.sessions.replaceChildren(...options(sessions.map((text, at) => ({ value: String(at), text }))));
    part.sessions.value = String(shown);
    part.sessionsBox.hidden = sessions.length < 2;
    part.log.replaceChildren(...turns.map((turn) => turnView(turn, this.fork)));
    if (!underWay) this.noteIfEmpty();
    this.showStanding(standing);
    part.failure.hidden = true;
    if (underWay) {
      this.begin(underWay.text);
      if (underWay.reply) this.live?.write(underWay.node, underWay.reply);
      this.node = underWay.node;
    }
    this.scrollToEnd();
    if (part.main.contains(document.activeElement) || this.wasAsked) part.text.focus({ preventScroll: true });
    this.wasAsked = false;
  }

  // What the notebook file keeps stands in an output of its own; where this chat is alive, nobody wants it twice.
  private hideSavedForm(): void {
    const { savedForm } = this.part;
    const saved = `.${this.model.get("saved_form")}`;
    savedForm.textContent = `${saved}, .jp-OutputArea-child:has(${saved}) { display: none; }`;
  }

  private showStanding({ node, closed, variables, totals }: Standing): void {
    const { part } = this;
    this.isClosed = closed;
    this.node = node;
    part.node.textContent = closed ? `ended at ${node}` : `at ${node}`;
    part.totals.textContent = totals;
    part.aside.hidden = !variables.length && !totals;
    part.table.hidden = !variables.length;
    part.variables.replaceChildren(...variables.map(variableRow));
    part.status.textContent = closed ? TEXTS.closed : "";
  }

  private begin(text: string): void {
    const { log } = this.part;
    const live = new LiveTurn(text);
    this.said = "";
    this.live = live;
    log.querySelector(".byok-chat-empty")?.remove();
    log.append(live.el);
    this.scrollToEnd();
  }

  private write(text: string): void {
    const { live } = this;
    if (!live) return;
    this.keepingSight(() => live.write(this.node, text));
    this.readOut.add(text);
  }

  private endLive(): void {
    this.live?.el.remove();
    this.live = null;
  }

  private endTurn({ turn, ...standing }: ChatTurn): void {
    if (!this.live?.hasReply && turn.reply !== null) this.readOut.add(turn.reply);
    this.readOut.finish();
    this.keepingSight(() => {
      this.endLive();
      this.part.log.append(turnView(turn, this.fork));
    });
    this.showStanding(standing);
    this.part.text.focus({ preventScroll: true });
  }

  private fail({ text, words, standing }: ChatFailed): void {
    const { part } = this;
    this.said = "";
    if (standing) this.endLive(); // what failed was the turn, not another click while it is under way
    if (text) part.text.value = text;
    this.showFailure(words);
    if (standing) this.showStanding(standing);
    if (!this.live) this.noteIfEmpty();
  }

  private showFailure({ problem, more, link, calm = false }: FailureWords): void {
    const { failure } = this.part;
    const links = link ? [externalLink(link, link)] : [];
    failure.replaceChildren(make("strong", { textContent: problem }), make("div", { textContent: more }), ...links);
    failure.classList.toggle("byok-bad", !calm);
    failure.classList.toggle("byok-chat-notice", calm);
    failure.hidden = false;
  }
}

function variableRow({ name, value, status }: VariableFacts): HTMLElement {
  const about = make("div", { className: "byok-note", textContent: status });
  const cell = make("td", {}, make("div", { textContent: value }), about);
  return make("tr", {}, make("th", { scope: "row", textContent: name }), cell);
}
