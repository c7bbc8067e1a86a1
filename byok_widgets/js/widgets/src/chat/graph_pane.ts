// The drawing of the flow beside the dialogue. It comes finished from the kernel; here only classes change.

import { button, make } from "../common/dom";
import { drawing } from "../common/drawing";
import type { GraphFacts, TurnFacts } from "../common/messages";
import { keepInSight } from "../common/sight";

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

  keepInSight(signal: AbortSignal): void {
    keepInSight(this.canvas, { isThere: () => !this.distance(), bring: () => this.follow() }, signal);
  }

  draw({ svg }: GraphFacts): void {
    this.el.hidden = !svg;
    this.canvas.replaceChildren(drawing(svg));
    // A small drawing is not blown up: its words are as large as those beside it.
    const [width, height] = ["width", "height"].map((name) => Number(this.canvas.querySelector("svg")?.getAttribute(name)));
    if (width) this.canvas.style.setProperty("--byok-natural", `${width}px`);
    if (height) this.el.style.setProperty("--byok-tall", `${height}px`);
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
    const { down, right } = this.distance() ?? { down: 0, right: 0 };
    this.canvas.scrollTop += down;
    this.canvas.scrollLeft += right;
  }

  // How far the canvas has to be scrolled until the node stands in its middle; null where all of it is in sight.
  private distance(): { down: number; right: number } | null {
    const nodes = [...this.canvas.querySelectorAll<SVGElement>("[data-node]")];
    const inside = nodes.find((each) => each.dataset["node"] === this.followed)?.getBoundingClientRect();
    const frame = this.canvas.getBoundingClientRect();
    if (!inside) return null;
    const isBeside = inside.left < frame.left || inside.right > frame.right;
    const isBelow = inside.top < frame.top || inside.bottom > frame.bottom;
    const down = isBelow ? inside.top - frame.top - (frame.height - inside.height) / 2 : 0;
    const right = isBeside ? inside.left - frame.left - (frame.width - inside.width) / 2 : 0;
    return isBeside || isBelow ? { down, right } : null;
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
