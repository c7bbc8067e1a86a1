// The head of the settings panel: its title, and anything the user must know. It also keeps the notebook's shortcuts
// out of the whole panel, and notices when the kernel is gone: then only the code to copy can still be used.

import { isolate, make } from "../common/dom";
import { linkKernel } from "../common/kernel_link";
import type { PanelHeadMessage, PanelHeadState, Pong } from "../common/messages";
import { GONE, UNANSWERED } from "../common/texts";
import { type ViewContext, follow, onEnd } from "../common/view";
import { countDown } from "../common/waiting";
import { openByKeyboard } from "./accordion";
import { makeQuestions } from "./questions";

const MOST_FRAMES = 600;

export function renderHead({ model, el, signal }: ViewContext<PanelHeadState>): void {
  const title = make("h3", { tabIndex: -1, attributes: { "aria-level": "2" } });
  const notice = make("p", { className: "byok-notice", attributes: { role: "status" } });
  let own = ""; // what there is to say of the kernel
  const note = make("p", { className: "byok-note" });
  const wait = make("p", { className: "byok-note byok-wait", hidden: true, attributes: { role: "timer" } });
  let stopWaiting = (): void => undefined;
  const questions = makeQuestions(model, title, signal);
  let isGone = false;
  let frame = 0;

  function paint(): void {
    title.textContent = model.get("title");
    notice.textContent = own || model.get("notice");
    notice.hidden = !notice.textContent;
    note.textContent = model.get("note");
    note.hidden = !note.textContent;
    questions.paint(isGone ? [] : model.get("questions"));
  }

  function say(text: string): void {
    own = text;
    paint();
  }

  function disable(panel: HTMLElement): void {
    panel.classList.add("byok-gone");
    for (const part of panel.children) {
      const isUsable = part === el || part.matches("[data-byok-view=copy_code]");
      if (part instanceof HTMLElement) part.inert = !isUsable;
    }
  }

  function sayWait(text: string): void {
    wait.textContent = text;
    wait.hidden = !text;
  }

  function onMessage(message: unknown): void {
    const told = message as PanelHeadMessage | Pong;
    if (told.kind === "pong") return;
    stopWaiting();
    if (told.kind === "wait") stopWaiting = countDown(told, sayWait, signal);
    else sayWait("");
  }

  function onGone(): void {
    isGone = true;
    stopWaiting();
    sayWait("");
    say(GONE);
    const panel = el.closest<HTMLElement>(".byok-panel");
    if (panel) disable(panel);
  }

  function adopt(panel: HTMLElement): void {
    isolate(panel, signal);
    openByKeyboard(panel, signal);
    panel.setAttribute("role", "group");
    panel.setAttribute("aria-label", model.get("title"));
    if (isGone) disable(panel);
    linkKernel(
      { model, el: panel, signal },
      { gone: onGone, unanswered: (isLate) => say(isLate ? UNANSWERED : "") },
    );
  }

  // This view is rendered first and inserted into the panel later.
  function find(tries: number): void {
    const panel = el.closest<HTMLElement>(".byok-panel");
    if (panel) adopt(panel);
    else if (tries) frame = requestAnimationFrame(() => find(tries - 1));
  }

  el.classList.add("byok-head");
  el.append(title, note, notice, wait, questions.el);
  follow(model, "change", paint, signal);
  model.on("msg:custom", onMessage);
  onEnd(signal, () => model.off("msg:custom", onMessage));
  onEnd(signal, () => cancelAnimationFrame(frame));
  paint();
  find(MOST_FRAMES);
}
