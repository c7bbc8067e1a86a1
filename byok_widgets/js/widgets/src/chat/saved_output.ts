// The output that keeps the conversation in the notebook file, as the notebook of this page holds it.
//
// A notebook follows an output by its display id only until the page is loaded again. So each time the kernel has
// brought the output up to date, this looks whether it arrived; where it did not, the page writes it.

import type { AnyModel } from "@anywidget/types";

import { onEnd } from "../common/view";

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
