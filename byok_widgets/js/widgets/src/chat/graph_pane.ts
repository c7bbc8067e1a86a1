// The drawing of the flow beside the dialogue. It comes finished from the kernel; here only classes change.

import { button, make } from "../common/dom";
import { drawing } from "../common/drawing";
import type { GraphFacts, TurnFacts } from "../common/messages";

const ZOOMS = [1, 1.5, 2, 3];

export class GraphPane {
  readonly el = make("section", { className: "byok-graph-pane", hidden: true });
  private readonly canvas = make("div", { className: "byok-graph-canvas", tabIndex: 0 });
  private zoom = 0;
  private followed: string | undefined;

  constructor() {
    this.el.setAttribute("aria-label", "Graph");
    this.canvas.setAttribute("role", "group");
    this.canvas.setAttribute("aria-label", "Drawing of the flow");
    const closer = this.zoomButton("+", "Zoom in", 1);
    const further = this.zoomButton("−", "Zoom out", -1);
    this.el.append(this.canvas, make("div", { className: "byok-graph-zoom" }, further, closer));
  }

  draw({ svg }: GraphFacts): void {
    this.el.hidden = !svg;
    this.canvas.replaceChildren(drawing(svg));
    // A small drawing is not blown up: its words are as large as those beside it.
    const width = Number(this.canvas.querySelector("svg")?.getAttribute("width"));
    if (width) this.canvas.style.setProperty("--byok-natural", `${width}px`);
  }

  // Lights the active node, traces the path of the last turn, and marks what was visited before.
  mark(active: string, turns: readonly TurnFacts[]): void {
    const last = turns.at(-1);
    const visited = new Set(turns.flatMap(({ path }) => path));
    const moves = new Set(movesOf(last));
    for (const node of this.canvas.querySelectorAll<SVGElement>("[data-node]")) {
      const name = node.dataset["node"] ?? "";
      node.classList.toggle("byok-active", name === active);
      node.classList.toggle("byok-visited", visited.has(name));
    }
    for (const edge of this.canvas.querySelectorAll<SVGElement>("[data-source]")) {
      const { source, target } = edge.dataset;
      edge.classList.toggle("byok-path", moves.has(JSON.stringify([source, target])));
    }
    this.follow(active || last?.path.at(-1));
  }

  // A node at which a turn is working.
  light(active: string): void {
    for (const node of this.canvas.querySelectorAll<SVGElement>("[data-node]")) {
      node.classList.toggle("byok-active", node.dataset["node"] === active);
    }
    this.follow(active);
  }

  // Brings a node into the canvas, without moving the notebook.
  private follow(name: string | undefined = this.followed): void {
    this.followed = name;
    const nodes = [...this.canvas.querySelectorAll<SVGElement>("[data-node]")];
    const node = nodes.find((each) => each.dataset["node"] === name);
    if (!node) return;
    const inside = node.getBoundingClientRect();
    const frame = this.canvas.getBoundingClientRect();
    if (inside.top < frame.top || inside.bottom > frame.bottom) {
      this.canvas.scrollTop += inside.top - frame.top - (frame.height - inside.height) / 2;
    }
    if (inside.left < frame.left || inside.right > frame.right) {
      this.canvas.scrollLeft += inside.left - frame.left - (frame.width - inside.width) / 2;
    }
  }

  private zoomButton(text: string, label: string, by: number): HTMLButtonElement {
    const made = button(text, "byok-zoom");
    made.setAttribute("aria-label", label);
    made.onclick = () => {
      this.zoom = Math.min(Math.max(this.zoom + by, 0), ZOOMS.length - 1);
      this.canvas.style.setProperty("--byok-zoom", String(ZOOMS[this.zoom]));
      this.follow();
    };
    return made;
  }
}

function movesOf(turn: TurnFacts | undefined): string[] {
  const moved = turn?.steps.filter(({ target }) => target) ?? [];
  return moved.map(({ node, target }) => JSON.stringify([node, target]));
}
