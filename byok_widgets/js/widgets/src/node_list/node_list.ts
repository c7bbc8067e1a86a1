// The nodes of a flow, one row each: its model and where that comes from; when open, its own model and its settings.
//
// Names of nodes and models are data: they are shown as text and never as markup.

import { isolate, make, randomId } from "../common/dom";
import { LATE_AFTER_MS, exchange, isAnswerTo } from "../common/exchange";
import { linkWithNotice } from "../common/kernel_link";
import type { ModelRowsState, NodeAnswer, NodeListState, NodeRequest } from "../common/messages";
import { modelOf } from "../common/model_reference";
import { GONE, WAITING } from "../common/texts";
import { type ViewContext, follow } from "../common/view";
import type { AskNode } from "./ask";
import { type NodeRow, makeRow } from "./row";

const FEW = 3; // up to this many rows are open from the start
const EMPTY = "Nodes appear here once a cell has created them. Each can have its own model and settings.";

export function renderNodeList({ model, el, signal }: ViewContext<NodeListState>): void {
  const empty = make("p", { className: "byok-note", textContent: EMPTY });
  const list = make("div", { className: "byok-node-rows" });
  const said = make("p", { className: "byok-note byok-said", attributes: { role: "status" } });
  const rows = new Map<string, { row: NodeRow; life: AbortController }>();
  let keyPatterns: readonly string[] = [];
  let panel: HTMLElement | null = null;

  function hush(): void {
    said.textContent = "";
  }

  // A message disappears when the user presses or types anything else in the panel. The panel exists by then: this
  // view is rendered first and inserted into it later.
  function say(text: string): void {
    said.textContent = text;
    if (panel) return;
    panel = el.closest<HTMLElement>(".byok-panel") ?? el;
    for (const kind of ["pointerdown", "input"]) panel.addEventListener(kind, hush, { capture: true, signal });
  }

  function asker(node: string, life: AbortSignal): AskNode {
    return (change, done) => {
      const request: NodeRequest = { ...change, node, id: randomId() };
      const finish = ({ outcome, text }: Pick<NodeAnswer, "outcome" | "text">): void => {
        say(text);
        done({ outcome, text });
      };
      exchange(
        model,
        {
          request,
          answers: (message) => isAnswerTo(request.id, message),
          answered: finish,
          delays: [[LATE_AFTER_MS, () => say(WAITING)]],
          gone: () => {
            finish({ outcome: "refused", text: GONE });
            lose();
          },
        },
        life,
      );
    };
  }

  function added(id: string): NodeRow {
    const life = new AbortController();
    const ended = AbortSignal.any([signal, life.signal]);
    const row = makeRow({
      rows: () => model.get("models"),
      keyPatterns: () => keyPatterns,
      manager: model.widget_manager,
      ask: asker(id, ended),
      signal: ended,
    });
    rows.set(id, { row, life });
    return row;
  }

  function removeAllBut(ids: ReadonlySet<string>): void {
    for (const [id, { row, life }] of rows) {
      if (ids.has(id)) continue;
      life.abort();
      row.el.remove();
      rows.delete(id);
    }
  }

  function paint(): void {
    const nodes = model.get("nodes");
    removeAllBut(new Set(nodes.map(({ id }) => id)));
    nodes.forEach((facts, at) => {
      const row = rows.get(facts.id)?.row ?? added(facts.id);
      if (list.children[at] !== row.el) list.insertBefore(row.el, list.children[at] ?? null);
      row.paint(facts, nodes.length <= FEW);
    });
    empty.hidden = nodes.length > 0;
  }

  async function fetchKeyPatterns(): Promise<void> {
    const held = await modelOf<ModelRowsState>(model.get("models"), model.widget_manager);
    keyPatterns = held.get("key_patterns");
  }

  el.classList.add("byok-nodes");
  el.append(make("h4", { textContent: "Nodes", attributes: { "aria-level": "3" } }), empty, list, said);
  isolate(el, signal);
  follow(model, "change:nodes", paint, signal);
  const lose = linkWithNotice({ model, el, signal });
  void fetchKeyPatterns();
  paint();
}
