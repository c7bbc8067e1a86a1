// The problems of the flow, and what most often goes wrong with its provider. Problems are solved only by a click.
//
// Names of nodes and models are data: they are shown as text and never as markup.

import { copyFrom } from "../common/clipboard";
import { button, externalLink, isolate, make, randomId } from "../common/dom";
import { LATE_AFTER_MS, exchange, isAnswerTo } from "../common/exchange";
import { linkWithNotice } from "../common/kernel_link";
import type {
  FindingFacts,
  HelpRow,
  TroubleshootingAnswer,
  TroubleshootingRequest,
  TroubleshootingState,
} from "../common/messages";
import { WAITING } from "../common/texts";
import { type ViewContext, follow } from "../common/view";
import { findingItem } from "./findings";
import { goTo } from "./focus";

const COPIED = "Copied. Paste it into a cell.";
const COPIED_WITH_DOTS = "Copied. Paste it into a cell and complete the dots.";
const SELECTED = "The browser does not allow copying. The line is selected: copy it by hand.";

// A request as it is written here: its id is added when it is sent.
type Asked<Request = TroubleshootingRequest> = Request extends TroubleshootingRequest ? Omit<Request, "id"> : never;

export function renderTroubleshooting({ model, el, signal }: ViewContext<TroubleshootingState>): void {
  const count = make("span", { className: "byok-count" });
  const check = button("Check the flow");
  const said = make("span", { className: "byok-said", attributes: { role: "status" } });
  const note = make("p", { className: "byok-note" });
  const findings = make("ul");
  const help = make("dl");
  let own = ""; // the message of this view, until the next check
  let settle: () => void = () => undefined;

  function say(text: string): void {
    own = text;
    said.textContent = own || model.get("facts").said;
  }

  function ask(asked: Asked): void {
    settle();
    const request = { ...asked, id: randomId() };
    settle = exchange(
      model,
      {
        request,
        answers: (message) => isAnswerTo(request.id, message),
        answered: onAnswer,
        delays: [[LATE_AFTER_MS, () => say(WAITING)]],
        gone: lose,
      },
      signal,
    );
  }

  function onAnswer({ text, focus }: TroubleshootingAnswer): void {
    say(text);
    if (focus.field) goTo(el, focus, () => undefined, signal);
  }

  async function copy(code: HTMLElement, { dots }: FindingFacts): Promise<void> {
    const done = dots ? COPIED_WITH_DOTS : COPIED;
    say((await copyFrom(code)) === "copied" ? done : SELECTED);
  }

  const actions = {
    applyFix: (finding: string) => ask({ kind: "apply_fix", finding }),
    copy: (code: HTMLElement, finding: FindingFacts) => void copy(code, finding),
  };

  function helpButton({ button: label, focus, ask: kind }: HelpRow): HTMLButtonElement {
    const made = button(label);
    const open = (field: HTMLElement): void => (focus === "model" ? field.click() : undefined);
    made.onclick = () => {
      if (kind) ask({ kind });
      else if (focus) goTo(el, { field: focus }, open, signal);
    };
    return made;
  }

  function helpItem(row: HelpRow): HTMLElement {
    const links = row.links.map(({ url, text }) => externalLink(url, text));
    const more = row.button ? [...links, helpButton(row)] : links;
    const told = make("dd", {}, make("p", { textContent: row.text }));
    if (more.length) told.append(make("div", { className: "byok-row" }, ...more));
    return make("div", {}, make("dt", { textContent: row.issue }), told);
  }

  // An unchanged list is left alone. If a focused button disappears, the focus goes to the finding's new button, or to
  // "Check the flow".
  function show<Facts>(list: HTMLElement, facts: readonly Facts[], item: (fact: Facts) => HTMLElement): void {
    const now = JSON.stringify(facts);
    if (list.dataset["shown"] === now) return;
    const active = list.contains(document.activeElement) ? document.activeElement : null;
    const id = active?.closest<HTMLElement>("[data-id]")?.dataset["id"] ?? "";
    list.dataset["shown"] = now;
    list.replaceChildren(...facts.map(item));
    list.hidden = !facts.length;
    if (active) (list.querySelector<HTMLElement>(`[data-id="${id}"] button`) ?? check).focus();
  }

  function paint(): void {
    const facts = model.get("facts");
    count.textContent = facts.count ? ` · ${facts.count}` : "";
    note.textContent = facts.note;
    if (!own) said.textContent = facts.said;
    show(findings, facts.findings, (finding) => findingItem(finding, actions));
    show(help, facts.rows, helpItem);
  }

  function onCheck(): void {
    say("");
    ask({ kind: "check" });
  }

  const summary = make("summary", { textContent: "Troubleshooting" }, count);
  const top = make("div", { className: "byok-row" }, check, said);
  const title = make("h4", { textContent: "When a call fails", attributes: { "aria-level": "3" } });
  el.classList.add("byok-trouble");
  el.append(make("details", {}, summary, top, note, findings, title, help));
  isolate(el, signal);
  check.addEventListener("click", onCheck, { signal });
  follow(model, "change:facts", paint, signal);
  const lose = linkWithNotice({ model, el, signal });
  paint();
}
