// Turns as they are shown. What a person said is text; what the flow said is Markdown.

import { button, make } from "../common/dom";
import type { AlternativeFacts, RequestFacts, TurnFacts } from "../common/messages";
import type { Colors } from "./colors";
import { Lesson, type LessonActions } from "./lesson";
import { MarkdownText } from "./markdown";
import { ofOwner, quiet } from "./quiet_button";
import { foldedReasoning } from "./reasoning";
import { SentRequests } from "./sent_requests";
import { explanation } from "./why";

// What can be done about a turn.
export interface TurnActions extends LessonActions {
  fork: (turn: number) => void;
  edit: (turn: number, text: string) => void;
  regenerate: (turn: number, model: string) => void;
  keep: (text: string) => void;
  saveCase: (turn: number) => void;
  show: (session: number) => void;
  requests: (turn: number) => void;
  models: () => string[];
}

function personBubble(text: string): HTMLElement {
  const name = make("span", { className: "byok-who", textContent: "You" });
  return make("div", { className: "byok-bubble byok-person" }, name, words(text));
}

const words = (text: string): HTMLElement => make("div", { className: "byok-words", textContent: text });

export function flowBubble(node: string, colors: Colors, ...content: HTMLElement[]): HTMLElement {
  const who = make("span", { className: "byok-who", textContent: node });
  return colors.paint(make("div", { className: "byok-bubble byok-flow" }, who, ...content), node);
}

// Names the model of an answer, once there is another one beside it.
function nameModel(bubble: HTMLElement, model: string): void {
  const who = bubble.querySelector(".byok-who");
  if (!model || !who || who.querySelector(".byok-about")) return;
  who.append(make("span", { className: "byok-about", textContent: ` · ${model}` }));
}

// What a node answered, with the model's reasoning folded above it.
function answer({ node, reply, reasoning, cut_off }: TurnFacts): HTMLElement[] {
  const content = new MarkdownText();
  content.set(reply ?? "");
  if (cut_off) markEnd(content.el);
  return [...foldedReasoning(reasoning, node), content.el];
}

function markEnd(words: HTMLElement): void {
  const last = words.lastElementChild;
  const sign = make("span", { textContent: "[…]", title: "The reply was cut off here." });
  (last instanceof HTMLParagraphElement ? last : words).append(" ", sign);
}

function noticesOf({ notices }: TurnFacts): HTMLElement[] {
  const textContent = notices.join("; ");
  return textContent ? [make("p", { className: "byok-chat-notice", textContent })] : [];
}

export class TurnView {
  readonly el: HTMLElement;
  readonly lesson: Lesson;
  readonly answers = make("div", { className: "byok-answers" });
  private readonly foot: HTMLElement;
  private readonly form = make("div", { className: "byok-turn-form", hidden: true });
  private readonly sent: SentRequests;

  constructor(
    private readonly turn: TurnFacts,
    private readonly actions: TurnActions,
    private readonly colors: Colors,
  ) {
    const { number, text, node, reply } = turn;
    this.sent = new SentRequests(turn, actions.requests);
    this.lesson = new Lesson(turn, actions);
    this.el = make("div", { className: "byok-turn", dataset: { turn: String(number) } });
    this.el.setAttribute("role", "group");
    this.el.setAttribute("aria-label", `Turn ${number}`);
    if (text !== null) this.el.append(personBubble(text));
    this.el.append(this.answers);
    if (reply !== null) this.answers.append(flowBubble(node, colors, ...answer(turn)));
    this.el.append(...noticesOf(turn));
    const buttons = make("div", { className: "byok-turn-actions" }, ...this.buttons());
    this.foot = make("div", { className: "byok-turn-foot" }, explanation(turn, colors), buttons);
    this.el.append(this.foot, this.lesson.el, this.sent.el);
  }

  // Another answer, beside the first one.
  addAnswer({ session, turn }: AlternativeFacts): void {
    const { node, model, summary } = turn;
    const bubble = flowBubble(node, this.colors, ...answer(turn), ...noticesOf(turn));
    nameModel(bubble, model);
    const first = this.answers.querySelector<HTMLElement>(".byok-flow");
    if (first) nameModel(first, this.turn.model);
    const use = quiet("Continue with this answer", `Continue with this answer to turn ${turn.number}`, () =>
      this.actions.show(session),
    );
    bubble.append(make("div", { className: "byok-answer-foot" }, make("span", { className: "byok-note", textContent: summary }), use));
    this.answers.append(bubble);
  }

  showRequests(requests: RequestFacts[]): void {
    this.sent.show(requests);
  }

  private buttons(): HTMLElement[] {
    const { number, text } = this.turn;
    const fork = quiet("Fork", `Fork from here: a new session that begins after turn ${number}`, () =>
      this.actions.fork(number),
    );
    const sent = this.turn.requests ? [ofOwner(this.sent.button)] : [];
    if (text === null) return [...sent, fork];
    const edit = quiet("Edit", `Edit what was said in turn ${number}, in a new session`, () => this.edit(text));
    const again = quiet("Regenerate", `Regenerate the answer of turn ${number} beside this one`, () => this.regenerate());
    const keep = quiet("Save sentence", `Save sentence: keep “${text.slice(0, 40)}” to say it again`, () =>
      this.actions.keep(text),
    );
    const saved = quiet("Save as case", `Save as case: the conversation up to turn ${number}, for tests and comparisons`, () =>
      this.actions.saveCase(number),
    );
    return [...sent, ...this.lesson.buttons.map(ofOwner), edit, again, ofOwner(keep), ofOwner(saved), fork];
  }

  private edit(text: string): void {
    const field = make("textarea", { className: "byok-input", rows: 2, dir: "auto", value: text });
    field.setAttribute("aria-label", `Your message in turn ${this.turn.number}`);
    this.answers.before(this.form);
    this.ask(field, "Send", () => {
      if (!field.value.trim()) return false;
      this.actions.edit(this.turn.number, field.value);
      return true;
    });
  }

  private regenerate(): void {
    const id = `byok-models-${this.turn.number}`;
    const models = this.actions.models().map((value) => make("option", { value }));
    const field = make("input", { className: "byok-input", type: "text", placeholder: "the same model" });
    field.setAttribute("list", id);
    field.setAttribute("aria-label", `Model for another answer to turn ${this.turn.number}`);
    this.foot.after(this.form);
    this.ask(field, "Regenerate", () => {
      this.actions.regenerate(this.turn.number, field.value.trim());
      return true;
    });
    this.form.append(make("datalist", { id }, ...models));
  }

  private ask(field: HTMLTextAreaElement | HTMLInputElement, text: string, act: () => boolean): void {
    const close = (): void => {
      this.form.hidden = true;
      this.form.replaceChildren();
    };
    const opener = document.activeElement;
    const giveUp = (): void => {
      close();
      if (opener instanceof HTMLElement) opener.focus();
    };
    const send = button(text, "byok-primary");
    const cancel = button("Cancel");
    const submit = (): void => {
      if (act()) close();
    };
    send.onclick = submit;
    cancel.onclick = giveUp;
    field.onkeydown = (event) => {
      if (event.key === "Escape") giveUp();
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    };
    this.form.replaceChildren(field, send, cancel);
    this.form.hidden = false;
    field.focus();
  }
}

// An answer that is under way: three dots where it will appear, then what has come of it.
export class LiveAnswer {
  readonly el = make("div", { className: "byok-under-way" });
  private readonly typing = make("div", { className: "byok-bubble byok-flow byok-typing" });
  private content: MarkdownText | null = null;
  private bubble: HTMLElement | null = null;

  // `said` is what the person said; null where an answer is given once more.
  constructor(
    readonly said: string | null,
    private readonly colors: Colors,
  ) {
    this.typing.setAttribute("aria-hidden", "true");
    this.typing.append(make("i"), make("i"), make("i"));
    if (said !== null) this.el.append(personBubble(said));
    this.el.append(this.typing);
  }

  get hasReply(): boolean {
    return this.content !== null;
  }

  write(node: string, text: string): void {
    if (!this.content) {
      this.content = new MarkdownText();
      this.bubble = flowBubble(node, this.colors, this.content.el);
      this.typing.replaceWith(this.bubble);
    }
    this.content.append(text);
  }

  retract(): void {
    this.bubble?.replaceWith(this.typing);
    this.bubble = this.content = null;
  }
}
