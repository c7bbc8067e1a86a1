// The grid of cases and variants, which fills while the comparison runs.

import { button, make, options, randomId } from "../common/dom";
import type { BoardAll, BoardAsk, BoardCase, BoardCell, BoardPage } from "../common/messages";

const PAGE = 100; // rows that are asked for at once; more on demand
const MOST = 1000; // rows that the kernel tells at once

const ORDERS = [
  { value: "run", text: "order of the run" },
  { value: "name", text: "name" },
  { value: "gap", text: "widest apart first" },
];

interface Acts {
  open: (place: { case: number; variant: number }) => void;
  ask: (page: Omit<BoardAsk, "kind">) => void;
}

const MOVES: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export class CaseGrid {
  readonly el = make("section", { className: "byok-board-cases", attributes: { "aria-label": "Cases" } });
  private readonly disagree = make("input", { type: "checkbox", id: `byok-${randomId()}` });
  private readonly order = make("select", { className: "byok-input", id: `byok-${randomId()}` });
  private readonly count = make("span", { className: "byok-note" });
  private readonly more = button("Show more cases");
  private readonly tools = make("div", { className: "byok-board-tools" });
  private readonly head = make("tr");
  private readonly body = make("tbody");
  private readonly drawn = new Map<string, HTMLButtonElement>();
  private cells = new Map<string, BoardCell>();
  private readonly cases = new Map<number, BoardCase>();
  private variants: string[] = [];
  private repeat = 1;
  private shown = 0; // rows
  private opened = "";
  private entry: HTMLButtonElement | undefined; // where the tab key leads into the grid

  constructor(private readonly acts: Acts) {
    this.order.append(...options(ORDERS));
    this.tools.append(
      make("h4", { textContent: "Cases", attributes: { "aria-level": "3" } }),
      this.count,
      make("label", { htmlFor: this.disagree.id }, this.disagree, " Only disagreements"),
      make("span", {}, make("label", { htmlFor: this.order.id, textContent: "Sort by" }), this.order),
    );
    const table = make("table", { className: "byok-board-grid" }, make("thead", {}, this.head), this.body);
    const scroll = make("div", { className: "byok-board-scroll byok-board-rows" }, table);
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", "Scores by case and variant");
    this.el.append(this.tools, scroll, this.more);
    this.more.hidden = true;
    this.disagree.onchange = this.order.onchange = () => this.ask(0, PAGE);
    this.more.onclick = () => this.ask(this.shown, PAGE);
    this.body.onkeydown = (event) => this.onKey(event);
  }

  addTool(tool: HTMLElement): void {
    this.tools.append(tool);
  }

  showAll({ columns, repeat }: BoardAll): void {
    this.variants = columns.map(({ name }) => name);
    this.repeat = repeat;
    const names = columns.map(({ name, short }) => make("th", { scope: "col", textContent: short, title: name }));
    this.head.replaceChildren(make("th", { scope: "col", textContent: "case" }), ...names);
    this.askAgain();
  }

  // Shows the cases that the kernel found, unless something else was asked for meanwhile.
  showPage({ order, apart, start, cases, cells, chosen, total }: BoardPage): void {
    if (order !== this.order.value || apart !== this.disagree.checked || start > this.shown) return;
    if (start > 0 && start < this.shown) return; // it is shown already
    const focused = [...this.drawn.values()].indexOf(document.activeElement as HTMLButtonElement);
    if (start === 0) this.clear();
    for (const each of cases) this.cases.set(each.number, each);
    for (const cell of cells) this.cells.set(keyOf(cell[0], cell[1]), cell);
    this.body.append(...cases.map((each) => this.row(each)));
    this.shown += cases.length;
    if (!this.shown) this.body.append(make("tr", {}, make("td", { colSpan: this.variants.length + 1, textContent: "None." })));
    this.count.textContent = chosen === total ? total.toLocaleString() : `${chosen.toLocaleString()} of ${total.toLocaleString()}`;
    this.more.hidden = this.shown >= chosen;
    const drawn = [...this.drawn.values()];
    this.setEntry(drawn[focused] ?? this.drawn.get(this.opened) ?? drawn[0]);
    if (focused >= 0) this.entry?.focus(); // who works by keyboard stays in the same place
  }

  take(cells: BoardCell[]): void {
    for (const cell of cells) {
      const key = keyOf(cell[0], cell[1]);
      this.cells.set(key, cell);
      const shown = this.drawn.get(key);
      if (shown) this.paint(shown, cell[0], cell[1]);
    }
  }

  // New scores may change which rows are shown and where; nothing moves under the hands of who works there.
  settle(): void {
    const isPlain = !this.disagree.checked && this.order.value !== "gap";
    if (!isPlain && !this.body.contains(document.activeElement)) this.askAgain();
  }

  // Marks the cell whose detail is shown; null for none.
  mark(place: { case: number; variant: number } | null): void {
    this.drawn.get(this.opened)?.setAttribute("aria-pressed", "false");
    this.opened = place ? keyOf(place.case, place.variant) : "";
    this.drawn.get(this.opened)?.setAttribute("aria-pressed", "true");
  }

  focus(place: { case: number; variant: number }): void {
    this.drawn.get(keyOf(place.case, place.variant))?.focus();
  }

  caseName(at: number): string {
    return this.cases.get(at)?.name ?? "";
  }

  private ask(start: number, count: number): void {
    const order = this.order.value as BoardAsk["order"];
    this.acts.ask({ order, apart: this.disagree.checked, start, count });
  }

  private askAgain(): void {
    this.ask(0, Math.min(Math.max(PAGE, this.shown), MOST));
  }

  private clear(): void {
    this.shown = 0;
    this.drawn.clear();
    this.cells.clear();
    this.body.replaceChildren();
  }

  private row({ number, name, said }: BoardCase): HTMLElement {
    const line = said === name ? "" : make("div", { className: "byok-board-said", textContent: said, title: said });
    const head = make("th", { scope: "row" }, make("div", { className: "byok-board-case", textContent: name }), line);
    return make("tr", {}, head, ...this.variants.map((_, variant) => this.cell(number, variant)));
  }

  private cell(at: number, variant: number): HTMLElement {
    const made = make("button", { type: "button", className: "byok-board-cell", tabIndex: -1 });
    made.onclick = () => {
      this.setEntry(made);
      this.acts.open({ case: at, variant });
    };
    const key = keyOf(at, variant);
    made.setAttribute("aria-pressed", String(key === this.opened));
    this.drawn.set(key, made);
    this.paint(made, at, variant);
    return make("td", {}, made);
  }

  private paint(shown: HTMLButtonElement, at: number, variant: number): void {
    const cell = this.cells.get(keyOf(at, variant));
    const { mark, words, state } = look(cell, this.repeat);
    shown.textContent = mark;
    shown.dataset["state"] = state;
    shown.style.setProperty("--byok-share", `${Math.round(100 * (cell?.[3] ?? 0))}%`);
    shown.setAttribute("aria-label", `${this.caseName(at)}, ${this.variants[variant] ?? ""}: ${words}`);
    shown.title = words;
  }

  private setEntry(next: HTMLButtonElement | undefined): void {
    if (this.entry) this.entry.tabIndex = -1;
    this.entry = next;
    if (next) next.tabIndex = 0;
  }

  private onKey(event: KeyboardEvent): void {
    const move = MOVES[event.key];
    const all = [...this.drawn.values()];
    const from = all.indexOf(event.target as HTMLButtonElement);
    if (!move || from < 0) return;
    event.preventDefault();
    const wide = this.variants.length;
    const [row, column] = [Math.floor(from / wide) + move[0], (from % wide) + move[1]];
    const next = column >= 0 && column < wide ? all[row * wide + column] : undefined;
    if (!next) return;
    this.setEntry(next);
    next.focus();
  }
}

const keyOf = (at: number, variant: number): string => `${at}/${variant}`;

interface Look {
  mark: string;
  words: string;
  state: "waiting" | "failed" | "declined" | "unscored" | "scored";
}

function look(cell: BoardCell | undefined, repeat: number): Look {
  if (!cell) return { mark: "·", words: "not finished", state: "waiting" };
  const [, , done, score, failed, declined] = cell;
  const of = repeat > 1 ? `, ${done} of ${repeat} repeats` : "";
  const bad = [failed ? `${failed} failed` : "", declined ? `${declined} declined` : ""].filter(Boolean).join(", ");
  const also = `${of}${bad && `, ${bad}`}`;
  if (score === null) {
    if (failed) return { mark: "!", words: `failed${of}`, state: "failed" };
    return { mark: "–", words: `no score${also}`, state: "unscored" };
  }
  const percent = `${Math.round(100 * score)}%`;
  if (declined && score === 0) return { mark: "⊘", words: `declined: ${percent}${also}`, state: "declined" };
  const sign = score === 1 ? "✓" : score === 0 ? "✗" : percent;
  return { mark: failed || done < repeat ? `${sign}*` : sign, words: `${percent}${also}`, state: "scored" };
}
