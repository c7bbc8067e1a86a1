// What each turn of the session took: a bar with a part for each node, as wide as it took, and the figures beside it.

import { make } from "../common/dom";
import type { SpanFacts, TurnFacts } from "../common/messages";
import type { Colors } from "./colors";

const HEADS = ["Turn", "Nodes", "First words after", "Seconds", "Tokens in", "Tokens out", "Cost"];

const lengthOf = (spans: SpanFacts[]): number => spans.reduce((sum, { seconds }) => sum + seconds, 0);

export class Timeline {
  readonly el = make("details", { className: "byok-timeline", hidden: true });
  private readonly rows = make("tbody");

  constructor(private readonly colors: Colors) {
    const heads = HEADS.map((textContent) => make("th", { scope: "col", textContent }));
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), this.rows);
    const place = make("div", { className: "byok-timeline-place", tabIndex: 0 }, table); // it scrolls
    place.setAttribute("role", "region");
    place.setAttribute("aria-label", "Timeline of the session");
    this.el.append(make("summary", { textContent: "Timeline" }), place);
  }

  show(turns: readonly TurnFacts[]): void {
    const longest = Math.max(...turns.map(({ took }) => lengthOf(took.spans)));
    this.el.hidden = !turns.length;
    this.rows.replaceChildren(...turns.map((turn) => this.row(turn, longest)));
  }

  private row({ number, took }: TurnFacts, longest: number): HTMLElement {
    const figures = took.figures.map((textContent) => make("td", { className: "byok-figure", textContent }));
    const nodes = make("td", {}, ...this.bar(took.spans, longest));
    return make("tr", {}, make("th", { scope: "row", textContent: String(number) }), nodes, ...figures);
  }

  private bar(spans: SpanFacts[], longest: number): HTMLElement[] {
    const parts = spans.map((span) => {
      const part = this.colors.paint(make("i", { className: span.is_judge ? "byok-judge" : "" }), span.node);
      part.style.width = `${longest ? (100 * span.seconds) / longest : 0}%`;
      return part;
    });
    const names = spans.map(({ name, seconds }) => make("span", { textContent: `${name} ${seconds.toFixed(2)}\u00a0s` }));
    const words = names.flatMap((name, at) => (at ? [" → ", name] : [name]));
    const bar = make("div", { className: "byok-bar", attributes: { "aria-hidden": "true" } }, ...parts);
    return [bar, make("div", { className: "byok-bar-words" }, ...words)];
  }
}
