// The grid of cases and variants, which fills while the comparison runs.

import { button, make, options, randomId } from "../common/dom";
import type { BoardAll, BoardCase, BoardCell } from "../common/messages";

const PAGE = 100; // rows that are drawn at once; more on demand

const ORDERS = [
  { value: "run", text: "order of the run" },
  { value: "name", text: "name" },
  { value: "gap", text: "widest apart first" },
];

type Open = (place: { case: number; variant: number }) => void;
interface Row {
  at: number;
  gap: number;
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
  private readonly left = make("p", { className: "byok-note", hidden: true });
  private readonly tools = make("div", { className: "byok-board-tools" });
  private readonly head = make("tr");
  private readonly body = make("tbody");
  private readonly drawn = new Map<string, HTMLButtonElement>();
  private cells = new Map<string, BoardCell>();
  private cases: BoardCase[] = [];
  private variants: string[] = [];
  private repeat = 1;
  private pages = 1;
  private opened = "";
  private entry: HTMLButtonElement | undefined; // where the tab key leads into the grid

  constructor(private readonly open: Open) {
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
    this.el.append(this.tools, scroll, this.more, this.left);
    this.disagree.onchange = this.order.onchange = () => {
      this.pages = 1;
      this.layOut();
    };
    this.more.onclick = () => {
      this.pages += 1;
      this.layOut();
    };
    this.body.onkeydown = (event) => this.onKey(event);
  }

  addTool(tool: HTMLElement): void {
    this.tools.append(tool);
  }

  showAll({ cases, cells, variants, repeat, more }: BoardAll): void {
    this.cases = cases;
    this.variants = variants.map(({ name }) => name);
    this.repeat = repeat;
    this.cells = new Map(cells.map((cell) => [keyOf(cell[0], cell[1]), cell]));
    this.left.hidden = !more;
    this.left.textContent = `${more.toLocaleString()} more cases are not shown here; rows() and to_frame() have all.`;
    const names = variants.map(({ name, short }) => make("th", { scope: "col", textContent: short, title: name }));
    this.head.replaceChildren(make("th", { scope: "col", textContent: "case" }), ...names);
    this.layOut();
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
    if (!isPlain && !this.body.contains(document.activeElement)) this.layOut();
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
    return this.cases[at]?.name ?? "";
  }

  private layOut(): void {
    const rows = this.chosen();
    const shown = rows.slice(0, this.pages * PAGE);
    this.count.textContent = rows.length === this.cases.length ? `${rows.length}` : `${rows.length} of ${this.cases.length}`;
    this.more.hidden = shown.length === rows.length;
    this.drawn.clear();
    this.body.replaceChildren(...shown.map(({ at }) => this.row(at)));
    if (!shown.length) this.body.append(make("tr", {}, make("td", { colSpan: this.variants.length + 1, textContent: "None." })));
    this.setEntry(this.drawn.get(this.opened) ?? this.drawn.values().next().value);
  }

  private chosen(): Row[] {
    const rows = this.cases.map((_, at) => ({ at, gap: this.gap(at) }));
    const kept = this.disagree.checked ? rows.filter(({ gap }) => gap > 0) : rows;
    const names = (row: Row): string => this.caseName(row.at);
    if (this.order.value === "name") return kept.sort((a, b) => names(a).localeCompare(names(b), undefined, { numeric: true }));
    return this.order.value === "gap" ? kept.sort((a, b) => b.gap - a.gap || a.at - b.at) : kept;
  }

  private gap(at: number): number {
    const scores = this.variants.flatMap((_, variant) => this.cells.get(keyOf(at, variant))?.[3] ?? []);
    return scores.length ? Math.max(...scores) - Math.min(...scores) : 0;
  }

  private row(at: number): HTMLElement {
    const { name, said } = this.cases[at] ?? { name: "", said: "" };
    const line = said === name ? "" : make("div", { className: "byok-board-said", textContent: said, title: said });
    const head = make("th", { scope: "row" }, make("div", { className: "byok-board-case", textContent: name }), line);
    return make("tr", {}, head, ...this.variants.map((_, variant) => this.cell(at, variant)));
  }

  private cell(at: number, variant: number): HTMLElement {
    const made = make("button", { type: "button", className: "byok-board-cell", tabIndex: -1 });
    made.onclick = () => {
      this.setEntry(made);
      this.open({ case: at, variant });
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
