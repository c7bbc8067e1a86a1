// One cell, opened: what was said, what was expected and found, the answer, and what was asked. A second one of the
// same case can stand beside it, with the words marked in which the answers differ.

import { button, make, options, randomId } from "../common/dom";
import type { BoardDetail, BoardOpen, RequestPart } from "../common/messages";
import { wordDiff } from "./word_diff";

const STATUS: Record<string, string> = {
  "": "This cell has not finished yet.",
  invalid: "The answer cannot be used, and scores 0.",
  refused: "The model declined, and it scores 0.",
  failed: "The call failed: its score is missing.",
};
const NOBODY = -1;

export type Place = Omit<BoardOpen, "kind">;

interface Acts {
  ask: (place: Place) => void;
  closed: (place: Place) => void;
}

export class CellDetail {
  readonly el = make("section", { className: "byok-board-detail", hidden: true });
  private readonly title = make("h4", { tabIndex: -1, attributes: { "aria-level": "3" } });
  private readonly repeats = make("select", { className: "byok-input", id: `byok-${randomId()}` });
  private readonly repeatsBox: HTMLElement;
  private readonly other = make("select", { className: "byok-input", id: `byok-${randomId()}` });
  private readonly content = make("div", { className: "byok-board-content" });
  private readonly known = new Map<string, BoardDetail>();
  private variants: string[] = [];
  private repeat = 1;
  private place: Place | null = null;

  constructor(private readonly acts: Acts) {
    const close = button("Close");
    close.onclick = () => this.close();
    this.repeats.onchange = this.other.onchange = () => this.change();
    this.repeatsBox = make("span", {}, make("label", { htmlFor: this.repeats.id, textContent: "Repeat" }), this.repeats);
    const beside = make("span", {}, make("label", { htmlFor: this.other.id, textContent: "Compare with" }), this.other);
    const tools = make("div", { className: "byok-board-tools" }, this.title, this.repeatsBox, beside, close);
    this.el.append(tools, this.content);
    this.el.onkeydown = ({ key }) => {
      if (key === "Escape") this.close();
    };
  }

  // What was known of cells is not true any more, such as after new scores.
  forget(variants: string[], repeat: number): void {
    [this.variants, this.repeat] = [variants, repeat];
    this.known.clear();
    if (this.place) this.askFor(this.places());
  }

  open(at: Pick<Place, "case" | "variant">, name: string): void {
    this.place = { ...at, repeat: 1 };
    const others = this.variants.map((text, value) => ({ value: String(value), text })).filter((_, value) => value !== at.variant);
    const before = this.other.value;
    this.other.replaceChildren(...options([{ value: String(NOBODY), text: "no other" }, ...others]));
    this.other.value = others.some(({ value }) => value === before) ? before : String(NOBODY);
    const numbers = Array.from({ length: this.repeat }, (_, number) => String(number + 1));
    this.repeats.replaceChildren(...options(numbers.map((value) => ({ value, text: value }))));
    this.repeatsBox.hidden = this.repeat < 2;
    this.title.textContent = `${name} · ${this.variants[at.variant] ?? ""}`;
    this.el.setAttribute("aria-label", `Cell ${name}, ${this.variants[at.variant] ?? ""}`);
    this.el.hidden = false;
    this.change();
    this.title.focus({ preventScroll: true });
    this.el.scrollIntoView({ block: "nearest" });
  }

  take(detail: BoardDetail): void {
    this.known.set(keyOf(detail), detail);
    if (this.place && this.places().some((place) => keyOf(place) === keyOf(detail))) this.paint();
  }

  // A cell may have ended that is shown as not finished.
  refresh(cells: readonly { 0: number; 1: number }[]): void {
    const shown = this.place ? this.places() : [];
    const changed = shown.filter((place) => cells.some((cell) => cell[0] === place.case && cell[1] === place.variant));
    for (const place of changed) if (!this.known.get(keyOf(place))?.status) this.acts.ask(place);
  }

  private close(): void {
    this.el.hidden = true;
    if (this.place) this.acts.closed(this.place);
    this.place = null;
  }

  private change(): void {
    if (!this.place) return;
    this.place = { ...this.place, repeat: Number(this.repeats.value) };
    this.askFor(this.places().filter((place) => !this.known.get(keyOf(place))?.status));
    this.paint();
  }

  private askFor(places: Place[]): void {
    for (const place of places) this.acts.ask(place);
  }

  // Of the cell that is shown, and of the one beside it.
  private places(): Place[] {
    if (!this.place) return [];
    const beside = Number(this.other.value || NOBODY);
    return beside === NOBODY ? [this.place] : [this.place, { ...this.place, variant: beside }];
  }

  private paint(): void {
    const details = this.places().flatMap((place) => this.known.get(keyOf(place)) ?? []);
    const [first] = details;
    if (!first) {
      this.content.replaceChildren(make("p", { className: "byok-note", textContent: "Waiting for the kernel…" }));
      return;
    }
    const names = details.map(({ variant }) => this.variants[variant] ?? "");
    this.content.replaceChildren(said(first), ...checks(details, names), answers(details, names), ...details.flatMap((each, at) => rest(each, names[at] ?? "", details.length > 1)));
  }
}

const keyOf = (place: Place): string => `${place.case}/${place.variant}/${place.repeat}`;

function said({ said: spoken }: BoardDetail): HTMLElement {
  const lines = spoken.map(({ by, text }) => make("p", {}, make("b", { textContent: `${by}: ` }), text));
  return make("div", { className: "byok-board-spoken", dir: "auto" }, ...lines);
}

function checks(details: BoardDetail[], names: string[]): HTMLElement[] {
  const all = details.flatMap((each) => each.checks);
  const fields = [...new Map(all.map((check) => [check.name, check.expected]))];
  if (!fields.length) return [];
  const heads = ["field", "expected", ...names].map((textContent) => make("th", { scope: "col", textContent }));
  const rows = fields.map(([name, expected]) => {
    const found = details.map((each) => {
      const check = each.checks.find((one) => one.name === name);
      const mark = check?.holds ? "✓ " : "✗ ";
      return make("td", { dataset: { holds: String(check?.holds ?? "") } }, check ? `${mark}${check.found}` : "–");
    });
    return make("tr", {}, make("th", { scope: "row", textContent: name }), make("td", { textContent: expected }), ...found);
  });
  const table = make("table", {}, make("caption", { textContent: "Expected and found" }), make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
  return [make("div", { className: "byok-board-scroll", tabIndex: 0, attributes: { role: "region", "aria-label": "Expected and found" } }, table)];
}

function answers(details: BoardDetail[], names: string[]): HTMLElement {
  const [one, other] = details;
  const differ = one && other ? wordDiff(one.answer, other.answer) : null;
  const columns = details.map((each, at) => {
    const words = differ?.[at]?.map(({ text, isOwn }) => (isOwn ? make(at ? "ins" : "del", { textContent: text }) : text));
    const status = each.status === "done" ? [] : [make("p", { className: "byok-bad", textContent: [STATUS[each.status], each.message].filter(Boolean).join(" ") })];
    const title = names.length > 1 ? (names[at] ?? "") : "Answer";
    const score = each.score ? [make("span", { className: "byok-note", textContent: ` score ${each.score}` })] : [];
    const answer = each.answer ? [make("div", { className: "byok-board-answer", dir: "auto" }, ...(words ?? [each.answer]))] : [];
    return make("div", {}, make("b", { textContent: title }), ...score, ...status, ...answer, make("p", { className: "byok-note", textContent: each.facts }));
  });
  return make("div", { className: "byok-board-answers" }, ...columns);
}

function rest({ reasoning, turns, request }: BoardDetail, name: string, isNamed: boolean): HTMLElement[] {
  const of = isNamed ? ` of ${name}` : "";
  const played = turns.map(({ said: asked, reply, path, learned }) => [asked, reply, [path, learned].filter(Boolean).join("; ")]);
  const apart = turns.map((turn) => turn.apart);
  return [
    ...folded(`Reasoning${of}`, reasoning ? [make("div", { className: "byok-board-answer", textContent: reasoning })] : []),
    ...folded(`Conversation${of}`, played.length ? [listed(["caller", "flow", "nodes and values"], played, apart)] : []),
    ...folded(`Request${of}`, request.length ? [listed([], request.map(({ name: part, text }: RequestPart) => [part, text]))] : []),
  ];
}

function folded(title: string, content: HTMLElement[]): HTMLElement[] {
  return content.length ? [make("details", {}, make("summary", { textContent: title }), ...content)] : [];
}

// A row may have a note, which stands in its last cell.
function listed(heads: string[], rows: string[][], notes: string[] = []): HTMLElement {
  const head = heads.length ? [make("thead", {}, make("tr", {}, ...heads.map((textContent) => make("th", { scope: "col", textContent }))))] : [];
  const body = rows.map((row, number) => {
    const cells = row.map((textContent, at) => (heads.length || at ? make("td", { textContent }) : make("th", { scope: "row", textContent })));
    if (notes[number]) cells.at(-1)?.append(make("div", { className: "byok-board-apart", textContent: notes[number] }));
    return make("tr", {}, ...cells);
  });
  return make("div", { className: "byok-board-scroll", tabIndex: 0, attributes: { role: "region", "aria-label": "Scrolls" } }, make("table", { className: "byok-board-list" }, ...head, make("tbody", {}, ...body)));
}
