// The list of a model field: the matching rows by vendor, one of them active. It is built in pieces, so that a
// keystroke costs the same for 40 models and for 4,000.

import { make } from "../common/dom";
import { makePopup } from "./popup";
import { type Entry, type Row, matching } from "./search";

const PAGE = 50;
const STEP = 8;
const NEAR_THE_END_PX = 200;

export interface ListOptions {
  input: HTMLInputElement;
  // The element below which it opens.
  anchor: HTMLElement;
  // All elements that indicate whether it is open.
  controls: readonly HTMLElement[];
  isSet: (id: string) => boolean;
  pick: (id: string) => void;
}

type Show = (entries: readonly Entry[], query: string) => void;

export interface ModelList {
  popup: HTMLElement;
  isOpen: () => boolean;
  chosen: () => string | null;
  show: Show;
  showInPlace: Show;
  close: () => void;
  follow: (key: string) => boolean;
  relax: () => void;
}

function optionOf([id, label, facts, end]: Row, attributes: Record<string, string>, isSet: boolean): HTMLElement {
  const first = make("div", {}, make("span", { className: "byok-model-id", textContent: id }));
  if (isSet) {
    first.prepend(make("span", { textContent: "✓ ", attributes: { role: "img", "aria-label": "current model" } }));
  }
  if (label) first.append(" ", make("span", { className: "byok-model-label", textContent: label }));
  if (end) first.append(" ", make("span", { className: "byok-model-end", textContent: end }));
  const option = make("div", { className: "byok-model-option", attributes: { role: "option", ...attributes } }, first);
  if (facts) option.append(make("div", { className: "byok-model-facts", textContent: facts }));
  return option;
}

function counted(total: number, found: number, shown: number): string {
  const [all, some] = [total.toLocaleString("en"), found.toLocaleString("en")];
  if (!found) return `No match in ${all} models. Press Enter to use what you typed.`;
  if (shown < found) return `Showing ${shown} of ${some}: type to narrow the list.`;
  return found === total ? `${all} models` : `${some} of ${all} models`;
}

export function makeModelList(id: string, options: ListOptions, signal: AbortSignal): ModelList {
  const { input, anchor, controls, isSet, pick } = options;
  const attributes = { role: "listbox", "aria-label": "Models" };
  const list = make("div", { id: `${id}-list`, className: "byok-model-list", tabIndex: -1, attributes });
  const count = make("p", { className: "byok-model-count", attributes: { role: "status" } });
  const popup = make("div", { className: "byok-model-popup", hidden: true }, list, count);
  const { isOpen, turn } = makePopup(popup, anchor, controls, signal);

  let total = 0;
  let found: Entry[] = [];
  let shown = 0; // how many of the matches are in the list
  let active = -1;

  const optionsShown = (): Element[] => [...list.querySelectorAll("[role=option]")];
  const chosen = (): string | null => (isOpen() ? (found[active]?.row[0] ?? null) : null);

  function show(entries: readonly Entry[], query: string): void {
    turn(true);
    activate(-1);
    [total, found, shown] = [entries.length, matching(entries, query), 0];
    list.replaceChildren();
    list.scrollTop = 0;
    grow();
  }

  // The same with new rows, while the list is open.
  function showInPlace(entries: readonly Entry[], query: string): void {
    const [kept, seen, top] = [chosen(), shown, list.scrollTop];
    show(entries, query);
    while (shown < Math.min(seen, found.length)) grow();
    list.scrollTop = top;
    const at = found.findIndex(({ row }) => row[0] === kept);
    if (at >= 0) move(at);
  }

  function grow(): void {
    for (const { row, vendor } of found.slice(shown, shown + PAGE)) {
      shown += 1;
      const position = { "aria-setsize": String(found.length), "aria-posinset": String(shown) };
      const about = { id: `${id}-${shown}`, "aria-selected": "false", ...position };
      groupOf(vendor).append(optionOf(row, about, isSet(row[0])));
    }
    count.textContent = counted(total, found.length, shown);
  }

  function groupOf(vendor: string): Element {
    const last = list.lastElementChild;
    if (!vendor) return list;
    if (last instanceof HTMLElement && last.dataset["vendor"] === vendor) return last;
    const name = make("div", {
      className: "byok-model-vendor",
      textContent: vendor,
      attributes: { "aria-hidden": "true" },
    });
    const group = make("div", { attributes: { role: "group", "aria-label": vendor }, dataset: { vendor } }, name);
    list.append(group);
    return group;
  }

  function activate(at: number): void {
    list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    active = at;
    const option = optionsShown()[at];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function move(to: number): void {
    const at = Math.max(-1, Math.min(to, found.length - 1));
    while (shown <= at) grow();
    activate(at);
  }

  // Home and End move in the text until a row is active.
  function targetOf(key: string): number | undefined {
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + STEP,
      PageUp: Math.max(0, active - STEP),
    };
    const ends: Record<string, number> = active < 0 ? {} : { Home: 0, End: found.length - 1 };
    return { ...steps, ...ends }[key];
  }

  // Moves in the list; returns whether the key was handled.
  function follow(key: string): boolean {
    const to = isOpen() ? targetOf(key) : undefined;
    if (to === undefined) return false;
    move(to);
    return true;
  }

  function close(): void {
    activate(-1);
    turn(false);
  }

  function onClick({ target }: MouseEvent): void {
    const option = target instanceof Element ? target.closest("[role=option]") : null;
    const entry = option && found[optionsShown().indexOf(option)];
    if (entry) pick(entry.row[0]);
  }

  function onScroll(): void {
    const left = list.scrollHeight - list.scrollTop - list.clientHeight;
    if (shown < found.length && left < NEAR_THE_END_PX) grow();
  }

  list.addEventListener("click", onClick, { signal });
  list.addEventListener("scroll", onScroll, { signal });
  popup.addEventListener("mousedown", (event) => event.preventDefault(), { signal }); // the field keeps the focus
  return { popup, isOpen, chosen, show, showInPlace, close, follow, relax: () => activate(-1) };
}
