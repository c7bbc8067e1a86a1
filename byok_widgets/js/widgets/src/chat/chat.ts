// A chat with a flow. Everything that is said comes by messages; nothing of it is in a trait.

import type { AnyModel } from "@anywidget/types";

import { isolate, options } from "../common/dom";
import { exchange } from "../common/exchange";
import { KeptFocus } from "../common/kept_focus";
import { freeze, goneNotice, linkKernel } from "../common/kernel_link";
import type {
  ChatAll,
  ChatAlternative,
  ChatBegin,
  ChatFailed,
  ChatMessage,
  ChatRequest,
  ChatState,
  ChatTurn,
  GraphFacts,
  NodeAtWork,
  Pong,
  SessionFacts,
} from "../common/messages";
import { SavedOutput, hidingSaved, liveClass } from "../common/saved_output";
import { type ViewContext, onEnd } from "../common/view";
import { Colors } from "./colors";
import { CopyMenu } from "./copy_menu";
import { Dialogue } from "./dialogue";
import { showFailure } from "./failure";
import { GraphPane } from "./graph_pane";
import { type Parts, buildParts } from "./parts";
import { Sentences } from "./sentences";
import { ThinkingTime } from "./thinking";
import { Timeline } from "./timeline";
import { VariableTable } from "./variables";
import { countDownIn } from "../common/waiting";

const LOST_AFTER_MS = 4000;
const TEXTS = {
  say: "Write a message",
  closed: "This session has ended.",
  goOn: "This session has ended. Reset it, or fork from an earlier turn.",
};

// What the kernel may tell while it waits for a model, and what says nothing of that.
const ASIDE = new Set(["case_saved", "copy", "examples", "requests", "saved", "saved_output", "sentences"]);

const isFromKernel = (message: unknown): message is ChatMessage | Pong =>
  typeof message === "object" && message !== null && "kind" in message;

export function renderChat(context: ViewContext<ChatState>): void {
  new ChatView(context);
}

class ChatView {
  private readonly model: AnyModel<ChatState>;
  private readonly el: HTMLElement;
  private readonly signal: AbortSignal;
  private readonly colors = new Colors();
  private readonly copy = new CopyMenu(
    (form) => this.send({ kind: "copy", form }),
    () => this.send({ kind: "save_case" }),
  );
  private readonly graph = new GraphPane();
  private readonly sentences = new Sentences(
    (text) => this.say(text),
    (text) => this.send({ kind: "sentence", text, keep: false }),
  );
  private readonly variables = new VariableTable(
    (name, value) => this.send({ kind: "correct", name, value }),
    (turn) => this.dialogue.reveal(turn),
  );
  private readonly timeline = new Timeline(this.colors);
  private readonly part: Parts;
  private readonly saved: SavedOutput;
  private readonly thinking: ThinkingTime;
  private readonly dialogue: Dialogue;
  private models: string[] = [];
  private isClosed = false;
  private isGone = false;
  private currentNode = "";
  private working = ""; // the node that is answering
  private said = ""; // what was sent and has not begun: it stays in its field until then
  private settle: () => void = () => undefined;
  private readonly lose: () => void;
  private readonly focus: KeptFocus;
  private stopWaiting: () => void = () => undefined;
  // Whether the person's click brought what comes next: then the keyboard goes to the text field.
  private wasAsked = false;

  constructor({ model, el, signal }: ViewContext<ChatState>) {
    this.model = model;
    this.el = el;
    this.signal = signal;
    this.focus = new KeptFocus(el);
    this.copy.closeByClicks(signal);
    this.part = buildParts(model.get("title"), {
      copy: this.copy.el,
      graph: this.graph.el,
      sentences: this.sentences.el,
      variables: this.variables.el,
      timeline: this.timeline.el,
    });
    this.thinking = new ThinkingTime(this.part.status, signal);
    const actions = {
      fork: (turn: number) => this.ask({ kind: "fork", turn }),
      edit: (turn: number, text: string) => this.ask({ kind: "edit", turn, text }),
      regenerate: (turn: number, other: string) => this.ask({ kind: "regenerate", turn, model: other }),
      keep: (text: string) => void this.send({ kind: "sentence", text, keep: true }),
      show: (session: number) => this.ask({ kind: "show", session }),
      saveCase: (turn: number) => void this.send({ kind: "save_case", turn }),
      requests: (turn: number) => void this.send({ kind: "requests", turn }),
      lesson: (turn: number, node: string) => void this.send({ kind: "lesson", turn, node }),
      teach: (turn: number, node: string, values: Record<string, string>) =>
        void this.send({ kind: "teach", turn, node, values }),
      forget: (turn: number, node: string, example: string) =>
        void this.send({ kind: "forget", turn, node, example }),
      models: () => this.models,
    };
    this.dialogue = new Dialogue(this.part.log, this.part.spoken, actions, this.colors, signal);
    const askSaved = (): void => void this.send({ kind: "saved_output" });
    this.graph.keepInSight(signal);
    this.saved = new SavedOutput(model, model.get("saved_form"), askSaved, signal);
    el.classList.add("byok-panel", "byok-chat", liveClass(model.get("saved_form")));
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", `Chat with the flow ${model.get("title")}`);
    el.append(...this.part.all);
    isolate(el, signal);
    this.listen();
    this.paint();
    this.lose = linkKernel(
      { model, el, signal },
      { gone: () => this.onGone(el), unanswered: (isLate) => this.part.status.showUnanswered(isLate) },
    );
    this.send({ kind: "hello" });
  }

  private listen(): void {
    const { send, stop, reset, sessions, text } = this.part;
    const { model, signal } = this;
    const on = (target: HTMLElement, kind: string, act: () => void): void =>
      target.addEventListener(kind, act, { signal });
    on(send, "click", () => this.sayTyped());
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
        answers: isFromKernel,
        answered: () => this.part.status.showUnanswered(false),
        delays: [[LOST_AFTER_MS, () => this.part.status.showUnanswered(true)]],
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

  private say(text: string): boolean {
    const isReady = !this.dialogue.isBusy && !this.said && !this.isClosed && !this.isGone;
    return isReady && Boolean(text.trim()) && this.send({ kind: "say", text });
  }

  private sayTyped(): void {
    const { value } = this.part.text;
    if (this.say(value)) this.said = value;
    this.paint();
  }

  private onGone(el: HTMLElement): void {
    const { composer, status } = this.part;
    this.isGone = true;
    this.settle();
    this.stopWaiting();
    this.thinking.stop();
    this.giveBack(this.dialogue.said);
    status.say();
    composer.before(goneNotice());
    freeze(el);
  }

  // Put a text back into its field, before what was typed since.
  private giveBack(said: string): void {
    const { text } = this.part;
    if (text.value !== said) text.value = [said, text.value].filter(Boolean).join("\n");
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.sayTyped();
    } else if (event.key === "Escape" && this.dialogue.isBusy) {
      this.send({ kind: "stop" });
    }
  }

  private onMessage(message: unknown): void {
    if (!isFromKernel(message) || message.kind === "pong") return;
    if (!ASIDE.has(message.kind)) {
      this.stopWaiting();
      if (message.kind !== "thinking") this.thinking.stop();
    }
    this.show(message);
    this.paint();
  }

  private show(message: ChatMessage): void {
    const { part } = this;
    switch (message.kind) {
      case "all":
        return this.showAll(message);
      case "begin":
        return this.begin(message);
      case "node":
        return this.work(message);
      case "progress":
        part.status.say(message.text);
        return;
      case "wait":
        this.stopWaiting = countDownIn(part.status, message, this.signal);
        return;
      case "thinking":
        return this.thinking.show(message);
      case "text":
        part.status.say(`${this.working} is responding…`);
        return this.dialogue.write(this.working, message.text);
      case "retract":
        return this.dialogue.retract();
      case "turn":
        return this.endTurn(message);
      case "alternative":
        return this.endAlternative(message);
      case "session":
        return this.showSession(message, message.changed);
      case "sentences":
        return this.sentences.show(message.sentences);
      case "copy":
        return void this.copy.show(message);
      case "case_saved":
        part.status.say(message.text);
        return;
      case "requests":
        return this.dialogue.showRequests(message);
      case "lesson":
        return this.dialogue.showLesson(message);
      case "examples":
        return this.dialogue.showExamples(message);
      case "taught":
        return this.dialogue.showTaught(message);
      case "saved":
        return this.saved.expect(message.mark);
      case "saved_output":
        return this.saved.write(message.output);
      case "failed":
        return this.fail(message);
    }
  }

  private paint(): void {
    if (this.isGone) return; // all is frozen
    const { send, stop, text } = this.part;
    this.focus.around(() => this.paintControls(), (lost) => (lost === send || lost === stop ? text : null));
  }

  private paintControls(): void {
    const { send, stop, text, reset, sessions } = this.part;
    const { isBusy } = this.dialogue;
    send.hidden = isBusy;
    stop.hidden = !isBusy;
    text.readOnly = this.isClosed || Boolean(this.said); // the next message may be typed while an answer comes
    send.disabled = this.isClosed;
    reset.disabled = sessions.disabled = isBusy;
    this.dialogue.enable(!isBusy);
    this.sentences.enable(!isBusy && !this.isClosed);
    text.placeholder = this.isClosed ? TEXTS.closed : TEXTS.say;
  }

  private begin({ text, instead_of: insteadOf }: ChatBegin): void {
    const { part } = this;
    part.failure.hidden = true;
    if (this.said) part.text.value = "";
    this.said = "";
    this.dialogue.begin(text, insteadOf);
  }

  private work({ node, speaks }: NodeAtWork): void {
    this.working = node;
    this.part.status.say(`${node} is ${speaks ? "responding" : "working"}…`);
    this.graph.light(node);
  }

  private showAll({ sessions, shown, turns, alternatives, under_way: underWay, ...rest }: ChatAll): void {
    const { part } = this;
    this.said = "";
    this.models = rest.models;
    this.el.classList.toggle("byok-for-visitors", rest.visited);
    part.savedForm.textContent = hidingSaved(this.model.get("saved_form"));
    this.draw(rest.graph);
    this.listSessions(sessions, shown);
    this.dialogue.showAll(turns, alternatives, underWay);
    this.sentences.show(rest.sentences);
    this.showSession(rest);
    part.failure.hidden = true;
    if (underWay?.node) this.work(underWay);
    if (underWay?.thinking) this.thinking.show(underWay.thinking);
    if (part.main.contains(document.activeElement) || this.wasAsked) part.text.focus({ preventScroll: true });
    this.wasAsked = false;
  }

  private listSessions(sessions: string[], shown: number): void {
    const { part } = this;
    part.sessions.replaceChildren(...options(sessions.map((text, at) => ({ value: String(at), text }))));
    part.sessions.value = String(shown);
    part.sessionsBox.hidden = sessions.length < 2;
  }

  private draw(graph: GraphFacts): void {
    this.colors.set(graph.colors);
    this.graph.draw(graph);
  }

  private showSession({ node, closed, variables, totals }: SessionFacts, changed: string[] = []): void {
    const { part } = this;
    this.isClosed = closed;
    this.currentNode = closed ? "" : node;
    part.node.textContent = closed ? `ended at ${node}` : `at ${node}`;
    this.colors.paint(part.node, node);
    part.totals.textContent = totals;
    part.aside.hidden = !variables.length && !totals && this.graph.el.hidden;
    this.variables.show(variables, changed);
    this.timeline.show(this.dialogue.turns);
    part.status.say(closed ? TEXTS.goOn : "");
    this.graph.mark(this.currentNode, this.dialogue.turns);
  }

  private endTurn({ turn, changed, graph, ...session }: ChatTurn): void {
    if (graph) this.draw(graph);
    this.dialogue.end(turn);
    this.showSession(session, changed);
    this.part.text.focus({ preventScroll: true });
  }

  private endAlternative({ alternative, sessions }: ChatAlternative): void {
    this.dialogue.endAnswer(alternative);
    this.listSessions(sessions, Number(this.part.sessions.value));
    this.part.status.say();
    this.graph.light(this.currentNode);
  }

  private fail({ text, failure, session, reasoning }: ChatFailed): void {
    if (session) this.dialogue.fail(); // what failed was the turn, not another click while it is under way
    if (this.said && text) this.part.text.value = text; // refused before it began: a key in it is masked now
    else this.giveBack(text);
    this.said = "";
    showFailure(this.part.failure, this.model.get("title"), failure, reasoning, text ? () => this.sayTyped() : undefined);
    if (session) this.showSession(session);
  }
}
