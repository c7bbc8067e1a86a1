// The colour of each node, as in the drawing of the flow.

export class Colors {
  private known: Record<string, string> = {};

  set(colors: Record<string, string>): void {
    this.known = colors;
  }

  paint<E extends HTMLElement>(element: E, node: string): E {
    const color = this.known[node];
    if (color) element.style.setProperty("--byok-node", color);
    return element;
  }
}
