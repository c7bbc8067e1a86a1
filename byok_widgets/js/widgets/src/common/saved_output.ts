// The output that the notebook file keeps of a view, as the notebook of this page holds it.
//
// A notebook follows an output by its display id only until the page is loaded again. So each time the kernel has
// brought the output up to date, this looks whether it arrived; where it did not, the page writes it.

import type { AnyModel } from "@anywidget/types";

import { onEnd } from "./view";

const ARRIVES_WITHIN_MS = 600;

// What is used of JupyterLab's notebook; other frontends have none.
interface Output {
  data?: Record<string, unknown>;
}
interface Outputs {
  length: number;
  get: (at: number) => Output;
  set: (at: number, output: object) => void;
}
interface Notebook {
  cells?: Iterable<{ outputs?: Outputs }>;
}
type Manager = { context?: { model?: Notebook } } | undefined;

// What the notebook file keeps stands in an output of its own; where the view is alive, nobody wants it twice. A copy of
// the notebook that is open beside this one has no such view, and keeps showing it. The view has the class `…-live`.
export function hidingSaved(name: string): string {
  const saved = `.${name}`;
  const here = `:is(.jp-Notebook, body:not(:has(.jp-Notebook))):has(${liveClass(saved)})`;
  return `${here} :is(${saved}, .jp-OutputArea-child:has(${saved})) { display: none; }`;
}

export const liveClass = (name: string): string => `${name}-live`;

export class SavedOutput {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly model: Pick<AnyModel, "widget_manager">,
    private readonly name: string,
    private readonly ask: () => void,
    signal: AbortSignal,
  ) {
    onEnd(signal, () => clearTimeout(this.timer));
  }

  // It has the class `mark` now.
  expect(mark: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const found = this.find();
      if (found && !found.html.includes(mark)) this.ask();
    }, ARRIVES_WITHIN_MS);
  }

  write(data: Record<string, string>): void {
    const found = this.find();
    if (found && data["text/html"]) found.outputs.set(found.at, { output_type: "display_data", data, metadata: {} });
  }

  private find(): { outputs: Outputs; at: number; html: string } | null {
    const { cells = [] } = (this.model.widget_manager as Manager)?.context?.model ?? {};
    for (const { outputs } of cells) {
      for (let at = 0; outputs && at < outputs.length; at += 1) {
        const html = outputs.get(at).data?.["text/html"];
        if (typeof html === "string" && html.includes(`class="${this.name} `)) return { outputs, at, html };
      }
    }
    return null;
  }
}
