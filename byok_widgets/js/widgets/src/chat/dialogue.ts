// What was said, turn by turn, and the answer that is under way.

import { make } from "../common/dom";
import type { AlternativeFacts, ChatExamples, ChatLesson, ChatRequests, ChatTaught, TurnFacts, UnderWay } from "../common/messages";
import { keepInSight } from "../common/sight";
import type { Colors } from "./colors";
import { ReadOut } from "./read_out";
import { LiveAnswer, type TurnActions, TurnView } from "./turn";

const NEAR_THE_END_PX = 60;
const EMPTY = "No messages yet. Write one below and press Enter.";

export class Dialogue {
  turns: TurnFacts[] = [];
  private views = new Map<number, TurnView>();
  private live: LiveAnswer | null = null;
  private readonly readOut: ReadOut;

  constructor(
    private readonly log: HTMLElement,
    spoken: HTMLElement,
    private readonly actions: TurnActions,
    private readonly colors: Colors,
    signal: AbortSignal,
  ) {
    this.readOut = new ReadOut(spoken);
    keepInSight(log, { isThere: () => this.isNearTheEnd, bring: () => this.scrollToEnd() }, signal);
  }

  // What the person said in the turn that is under way.
  get said(): string {
    return this.live?.said ?? "";
  }

  get isBusy(): boolean {
    return this.live !== null;
  }

  showAll(turns: TurnFacts[], alternatives: AlternativeFacts[], underWay: UnderWay | null): void {
    this.endLive();
    this.readOut.clear();
    this.turns = turns;
    this.views = new Map(turns.map((turn) => [turn.number, new TurnView(turn, this.actions, this.colors)]));
    this.log.replaceChildren(...[...this.views.values()].map(({ el }) => el));
    for (const each of alternatives) this.addAnswer(each);
    if (underWay) {
      this.begin(underWay.text, underWay.instead_of);
      if (underWay.reply) this.live?.write(underWay.node, underWay.reply);
    }
    this.noteIfEmpty();
    this.scrollToEnd();
  }

  begin(text: string, insteadOf: number | null): void {
    const beside = insteadOf === null ? undefined : this.views.get(insteadOf);
    this.live = new LiveAnswer(beside ? null : text, this.colors);
    this.log.querySelector(".byok-chat-empty")?.remove();
    const { el } = this.live;
    if (beside) return this.keepingSight(() => beside.answers.append(el));
    this.log.append(make("div", { className: "byok-turn" }, el));
    this.scrollToEnd();
  }

  write(node: string, text: string): void {
    const { live } = this;
    if (!live) return;
    this.keepingSight(() => live.write(node, text));
    this.readOut.add(text);
  }

  // What has come of the answer was the model's thinking.
  retract(): void {
    this.keepingSight(() => this.live?.retract());
    this.readOut.clear();
  }

  end(turn: TurnFacts): void {
    this.readRest(turn);
    this.keepingSight(() => {
      this.endLive();
      const view = new TurnView(turn, this.actions, this.colors);
      const before = this.views.get(turn.number); // a view that appeared just now knows the turn already
      if (before) before.el.replaceWith(view.el);
      else this.log.append(view.el);
      this.views.set(turn.number, view);
      this.turns = [...this.turns.filter(({ number }) => number !== turn.number), turn];
    });
  }

  endAnswer(alternative: AlternativeFacts): void {
    this.readRest(alternative.turn);
    this.keepingSight(() => {
      this.endLive();
      this.addAnswer(alternative);
    });
  }

  showRequests({ turn, requests }: ChatRequests): void {
    this.views.get(turn)?.showRequests(requests);
  }

  showLesson(lesson: ChatLesson): void {
    this.views.get(lesson.turn)?.lesson.show(lesson);
  }

  showExamples(told: ChatExamples): void {
    this.views.get(told.turn)?.lesson.showExamples(told);
  }

  // Brings a turn into sight, and marks it until the next one.
  reveal(turn: number): void {
    const shown = this.views.get(turn)?.el;
    for (const each of this.log.querySelectorAll(".byok-revealed")) each.classList.remove("byok-revealed");
    shown?.classList.add("byok-revealed");
    shown?.scrollIntoView({ block: "nearest" });
  }

  showTaught(taught: ChatTaught): void {
    this.views.get(taught.turn)?.lesson.showTaught(taught);
  }

  // The turn that was under way came to nothing.
  fail(): void {
    this.endLive();
    this.noteIfEmpty();
  }

  enable(isEnabled: boolean): void {
    for (const each of this.log.querySelectorAll<HTMLButtonElement>(".byok-back")) each.disabled = !isEnabled;
  }

  private addAnswer(alternative: AlternativeFacts): void {
    this.views.get(alternative.instead_of)?.addAnswer(alternative);
  }

  private readRest({ reply }: TurnFacts): void {
    if (!this.live?.hasReply && reply !== null) this.readOut.add(reply);
    this.readOut.finish();
  }

  private endLive(): void {
    const turn = this.live?.el.parentElement;
    this.live?.el.remove();
    if (turn?.className === "byok-turn" && !turn.childElementCount) turn.remove();
    this.live = null;
  }

  private noteIfEmpty(): void {
    if (!this.log.childElementCount) {
      this.log.append(make("p", { className: "byok-note byok-chat-empty", textContent: EMPTY }));
    }
  }

  // Keeps the end of the log in sight, unless the person has scrolled up.
  private keepingSight(change: () => void): void {
    const isNear = this.isNearTheEnd;
    change();
    if (isNear) this.scrollToEnd();
  }

  private get isNearTheEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    return scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PX;
  }

  private scrollToEnd(): void {
    this.log.scrollTop = this.log.scrollHeight;
  }
}
