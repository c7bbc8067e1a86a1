// The head of the settings panel: its title, and anything a person must know. It also keeps the notebook's shortcuts
// out of the whole panel, and sees when its kernel has gone: then nothing in it can be used but the code to copy.

import type { AnyModel } from "@anywidget/types";

import { isolate, make } from "../shared/dom";
import type { PanelHeadState } from "../shared/messages";
import { GONE } from "../shared/texts";
import { type ViewContext, follow, onEnd } from "../shared/view";
import { makeQuestions } from "./questions";

const MOST_FRAMES = 600;

// JupyterLab marks what belongs to a kernel that was restarted, but not when it was shut down or changed for another.
const DISCONNECTED = "jupyter-widgets-disconnected";

interface ManagerOfJupyter {
  kernel?: { id: string } | null;
}

const kernelOf = ({ widget_manager: manager }: AnyModel<PanelHeadState>): string | undefined =>
  (manager as ManagerOfJupyter | undefined)?.kernel?.id;

export function renderHead({ model, el, signal }: ViewContext<PanelHeadState>): void {
  const title = make("h3", { tabIndex: -1 });
  const notice = make("p", { className: "byok-notice", attributes: { role: "status" } });
  const note = make("p", { className: "byok-note" });
  const questions = makeQuestions(model, title, signal);
  const kernel = kernelOf(model);
  let isGone = false;
  let frame = 0;

  function paint(): void {
    title.textContent = model.get("title");
    notice.textContent = isGone ? GONE : model.get("notice");
    notice.hidden = !notice.textContent;
    note.textContent = model.get("note");
    note.hidden = !note.textContent;
    questions.paint(isGone ? [] : model.get("questions"));
  }

  function disable(panel: HTMLElement): void {
    isGone = true;
    panel.classList.add("byok-gone");
    for (const part of panel.children) {
      const isUsable = part === el || part.matches("[data-byok-view=copy_code]");
      if (part instanceof HTMLElement) part.inert = !isUsable;
    }
    paint();
  }

  function look(panel: HTMLElement): void {
    const isOther = kernel !== undefined && kernelOf(model) !== kernel;
    if (!isGone && (isOther || panel.classList.contains(DISCONNECTED))) disable(panel);
  }

  function adopt(panel: HTMLElement): void {
    const marks = new MutationObserver(() => look(panel));
    isolate(panel, signal);
    panel.setAttribute("role", "group");
    panel.setAttribute("aria-label", model.get("title"));
    panel.addEventListener("focusin", () => look(panel), { signal });
    marks.observe(panel, { attributeFilter: ["class"] });
    onEnd(signal, () => marks.disconnect());
    look(panel);
  }

  // This view is drawn first and put into the panel later.
  function find(tries: number): void {
    const panel = el.closest<HTMLElement>(".byok-panel");
    if (panel) adopt(panel);
    else if (tries) frame = requestAnimationFrame(() => find(tries - 1));
  }

  el.classList.add("byok-head");
  el.append(title, note, notice, questions.el);
  follow(model, "change", paint, signal);
  onEnd(signal, () => cancelAnimationFrame(frame));
  paint();
  find(MOST_FRAMES);
}
