// How turns are shown. Everything is put into the page as text, never as markup.

import { button, make } from "../shared/dom";
import type { TurnFacts } from "../shared/messages";

const FORK_TITLE = "Start a new session from here; this one stays as it is";

export interface Bubble {
  el: HTMLElement;
  words: HTMLElement;
}

export function bubble(who: string, text: string, side: "person" | "flow"): Bubble {
  const words = make("div", { className: "byok-words", textContent: text });
  const name = make("span", { className: "byok-who", textContent: who });
  return { el: make("div", { className: `byok-bubble byok-${side}` }, name, words), words };
}

function explanation({ summary, why }: TurnFacts): HTMLElement {
  const text = make("pre", { textContent: why });
  const details = make("details", { className: "byok-why" }, make("summary", { textContent: summary }), text);
  details.ontoggle = () => {
    if (details.open) details.scrollIntoView({ block: "nearest" });
  };
  return details;
}

function forkButton({ number }: TurnFacts, fork: (turn: number) => void): HTMLElement {
  const back = button("Fork from here", "byok-quiet byok-back");
  back.setAttribute("aria-label", `Fork from turn ${number} in a new session`);
  back.title = FORK_TITLE;
  back.onclick = () => fork(number);
  return back;
}

export function turnView(turn: TurnFacts, fork: (turn: number) => void): HTMLElement {
  const view = make("div", { className: "byok-turn", dataset: { turn: String(turn.number) } });
  if (turn.text !== null) view.append(bubble("You", turn.text, "person").el);
  if (turn.reply !== null) view.append(bubble(turn.node, turn.reply, "flow").el);
  const notices = turn.notices.join("; ");
  if (notices) view.append(make("p", { className: "byok-chat-notice", textContent: notices }));
  view.append(make("div", { className: "byok-turn-foot" }, explanation(turn), forkButton(turn, fork)));
  return view;
}

// The current turn: what the user said, and the reply so far.
export class LiveTurn {
  readonly el: HTMLElement;
  private reply: Bubble | null = null;

  constructor(text: string) {
    this.el = make("div", { className: "byok-turn byok-under-way" }, bubble("You", text, "person").el);
  }

  get hasReply(): boolean {
    return this.reply !== null;
  }

  write(node: string, text: string): void {
    this.reply ??= this.addReply(node);
    this.reply.words.append(text);
  }

  private addReply(node: string): Bubble {
    const reply = bubble(node, "", "flow");
    this.el.append(reply.el);
    return reply;
  }
}
