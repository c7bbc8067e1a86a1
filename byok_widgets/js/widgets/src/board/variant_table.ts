// A row for each variant: its figures, its verdict and why.

import { make } from "../common/dom";
import type { BoardFigure, BoardVariant } from "../common/messages";

const SIGNS: Record<string, string> = { better: "▲", worse: "▼", "no worse": "■", baseline: "◆" };
const FIRST = 2; // variant and verdict stand before the figures

type Order = "ascending" | "descending";

export class VariantTable {
  readonly el = make("div", {
    className: "byok-board-scroll",
    tabIndex: 0,
    attributes: { role: "region", "aria-label": "Results of the variants" },
  });
  private readonly body = make("tbody");
  private heads: HTMLTableCellElement[] = [];
  private variants: BoardVariant[] = [];
  private columns: string[] = [];
  private sortedBy = -1; // -1: as they were given
  private order: Order = "descending";

  show(columns: string[], variants: BoardVariant[]): void {
    if (columns.join("\n") !== this.columns.join("\n") || !this.heads.length) this.setColumns(columns);
    this.variants = variants;
    this.paint();
  }

  // More of them say something as time goes by.
  private setColumns(columns: string[]): void {
    const sortedBy = this.columns[this.sortedBy - FIRST];
    if (sortedBy !== undefined) this.sortedBy = columns.includes(sortedBy) ? columns.indexOf(sortedBy) + FIRST : -1;
    this.columns = columns;
    this.heads = ["variant", "verdict", ...columns].map((name, at) => this.head(name, at));
    const head = make("thead", {}, make("tr", {}, ...this.heads));
    this.el.replaceChildren(make("table", { className: "byok-board-variants" }, head, this.body));
  }

  private head(name: string, at: number): HTMLTableCellElement {
    const sort = make("button", { type: "button", className: "byok-board-sort", textContent: name });
    sort.onclick = () => this.sort(at);
    return make("th", { scope: "col", className: at < FIRST ? "" : "byok-board-number" }, sort);
  }

  // Once: the largest first; twice: the smallest; three times: as they were given.
  private sort(at: number): void {
    if (this.sortedBy !== at) [this.sortedBy, this.order] = [at, "descending"];
    else if (this.order === "descending") this.order = "ascending";
    else this.sortedBy = -1;
    this.paint();
  }

  private paint(): void {
    this.heads.forEach((head, at) => {
      if (at === this.sortedBy) head.setAttribute("aria-sort", this.order);
      else head.removeAttribute("aria-sort");
    });
    this.body.replaceChildren(...this.sorted().map(row));
  }

  private sorted(): BoardVariant[] {
    const { sortedBy: at } = this;
    if (at < 0) return this.variants;
    const sign = this.order === "ascending" ? 1 : -1;
    return [...this.variants].sort((one, other) => {
      const [a, b] = [keyOf(one, at), keyOf(other, at)];
      if (a === null || b === null) return Number(a === null) - Number(b === null); // what is not known comes last
      return sign * (typeof a === "string" ? a.localeCompare(String(b)) : a - Number(b));
    });
  }
}

function keyOf(variant: BoardVariant, at: number): string | number | null {
  if (at === 0) return variant.name;
  if (at === 1) return variant.verdict || null;
  return variant.figures[at - FIRST]?.value ?? null;
}

function row(variant: BoardVariant): HTMLElement {
  const name = make("th", { scope: "row" }, ...breakable(variant.name));
  return make("tr", {}, name, verdict(variant), ...variant.figures.map(figure));
}

// It may break after its provider and its owner.
const breakable = (name: string): Node[] => name.split(/(?<=[:/])/).flatMap((part) => [new Text(part), make("wbr")]);

function verdict({ verdict: said, reason }: BoardVariant): HTMLElement {
  const sign = make("span", { textContent: `${SIGNS[said] ?? "●"} `, attributes: { "aria-hidden": "true" } });
  const word = make("span", { className: "byok-board-verdict", dataset: { verdict: said } }, sign, said);
  const why = make("div", { className: "byok-board-beside", textContent: reason });
  return make("td", { className: "byok-board-why" }, ...(said ? [word] : []), ...(reason ? [why] : []));
}

function figure({ words, beside }: BoardFigure): HTMLElement {
  const more = beside ? [make("div", { className: "byok-board-beside", textContent: beside })] : [];
  return make("td", { className: "byok-board-number" }, words, ...more);
}
