// The board of a comparison: it fills while the comparison runs, and its cells can be opened. Everything comes by
// messages; nothing of it is in a trait.

import type { AnyModel } from "@anywidget/types";

import { button, isolate, make } from "../common/dom";
import { exchange } from "../common/exchange";
import { freeze, goneNotice, linkKernel } from "../common/kernel_link";
import type {
  BoardAll,
  BoardMessage,
  BoardProgress,
  BoardRequest,
  BoardRows,
  BoardState,
  Pong,
} from "../common/messages";
import { SavedOutput, hidingSaved, liveClass } from "../common/saved_output";
import { StatusLine } from "../common/status_line";
import { type ViewContext, onEnd } from "../common/view";
import { CaseGrid } from "./case_grid";
import { CellDetail } from "./cell_detail";
import { Pictures } from "./pictures";
import { RatingByHand } from "./rating";
import { VariantTable } from "./variant_table";

const LOST_AFTER_MS = 4000;
const SPOKEN_STEPS = 4; // how often screen readers hear how far it is

const isFromKernel = (message: unknown): message is BoardMessage | Pong =>
  typeof message === "object" && message !== null && "kind" in message;

export function renderBoard(context: ViewContext<BoardState>): void {
  new BoardView(context);
}

class BoardView {
  private readonly model: AnyModel<BoardState>;
  private readonly signal: AbortSignal;
  private readonly el: HTMLElement;
  private readonly stop = button("Stop");
  private readonly bar = make("progress", { max: 1, value: 0, attributes: { "aria-label": "Finished cells" } });
  private readonly standing = make("p", { className: "byok-board-standing" });
  private readonly left = make("span", { className: "byok-note" });
  private readonly status = new StatusLine("byok-board-status");
  private readonly spoken = make("div", { className: "byok-visually-hidden", attributes: { "aria-live": "polite" } });
  private readonly notes = make("ul", { className: "byok-board-notes" });
  private readonly pictures = new Pictures();
  private readonly hidesSaved = make("style");
  private readonly variants = new VariantTable();
  private readonly grid = new CaseGrid({
    open: (place) => this.open(place),
    ask: (page) => this.send({ kind: "page", ...page }),
  });
  private readonly detail = new CellDetail({
    ask: (place) => this.send({ kind: "cell", ...place }),
    closed: (place) => {
      this.grid.mark(null);
      this.grid.focus(place);
    },
  });
  private readonly rating = new RatingByHand({
    send: (request) => this.send(request),
    shown: (isShown) => this.el.classList.toggle("byok-rates", isShown),
  });
  private readonly saved: SavedOutput;
  private readonly lose: () => void;
  private settle: () => void = () => undefined;
  private step = "";

  constructor({ model, el, signal }: ViewContext<BoardState>) {
    this.model = model;
    this.signal = signal;
    this.el = el;
    const name = model.get("saved_form");
    this.saved = new SavedOutput(model, name, () => this.send({ kind: "saved_output" }), signal);
    const title = make("h3", { textContent: model.get("title"), attributes: { "aria-level": "2" } });
    const head = make("div", { className: "byok-board-head" }, title, this.stop);
    const far = make("div", { className: "byok-board-far" }, this.bar, this.left);
    this.stop.hidden = this.bar.hidden = this.grid.el.hidden = true; // until the kernel has told what there is
    el.classList.add("byok-panel", "byok-board", liveClass(name));
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", model.get("title"));
    el.append(head, far, this.standing, this.status.el, this.variants.el, this.notes, this.pictures.el, this.grid.el);
    this.grid.addTool(this.rating.start);
    el.append(this.detail.el, this.rating.el, this.spoken, this.hidesSaved);
    isolate(el, signal);
    this.stop.addEventListener("click", () => this.askToStop(), { signal });
    const onMessage = (message: unknown): void => this.onMessage(message);
    model.on("msg:custom", onMessage);
    onEnd(signal, () => model.off("msg:custom", onMessage));
    this.lose = linkKernel(
      { model, el, signal },
      { gone: () => this.onGone(el, head), unanswered: (isLate) => this.status.showUnanswered(isLate) },
    );
    this.send({ kind: "hello" });
  }

  private send(request: BoardRequest): void {
    this.settle();
    this.settle = exchange(
      this.model,
      {
        request,
        answers: isFromKernel,
        answered: () => this.status.showUnanswered(false),
        delays: [[LOST_AFTER_MS, () => this.status.showUnanswered(true)]],
        gone: () => this.lose(),
      },
      this.signal,
    );
  }

  private askToStop(): void {
    this.stop.disabled = true;
    this.send({ kind: "stop" });
  }

  private open(place: { case: number; variant: number }): void {
    this.grid.mark(place);
    this.detail.open(place, this.grid.caseName(place.case));
  }

  private onGone(el: HTMLElement, head: HTMLElement): void {
    this.settle();
    this.status.say();
    this.left.textContent = "";
    head.after(goneNotice());
    freeze(el);
  }

  private onMessage(message: unknown): void {
    if (!isFromKernel(message)) return;
    switch (message.kind) {
      case "pong":
        return;
      case "all":
        return this.showAll(message);
      case "page":
        return this.grid.showPage(message);
      case "cells":
        this.grid.take(message.cells);
        this.detail.refresh(message.cells);
        return this.showProgress(message.progress);
      case "rows":
        this.showRows(message);
        this.grid.settle();
        return this.showProgress(message.progress);
      case "cell":
        return this.detail.take(message);
      case "rating":
        return this.rating.take(message);
      case "saved":
        return this.saved.expect(message.mark);
      case "saved_output":
        return this.saved.write(message.output);
    }
  }

  private showAll(all: BoardAll): void {
    this.hidesSaved.textContent = hidingSaved(this.model.get("saved_form"));
    if (all.visited) this.stop.remove();
    this.grid.showAll(all);
    this.grid.el.hidden = false;
    this.detail.forget(
      all.columns.map(({ name }) => name),
      all.repeat,
    );
    this.showProgress(all.progress);
  }

  private showRows({ columns, variants, notes, pictures }: BoardRows): void {
    this.variants.show(columns, variants);
    this.notes.replaceChildren(...notes.map((textContent) => make("li", { textContent })));
    this.notes.hidden = !notes.length;
    this.pictures.show(pictures);
  }

  private showProgress({ done, total, running, standing, left }: BoardProgress): void {
    this.bar.max = total;
    this.bar.value = done;
    this.bar.hidden = this.stop.hidden = !running;
    if (!running) this.stop.disabled = false;
    this.standing.textContent = standing;
    this.left.textContent = left;
    const step = running ? `${Math.floor((SPOKEN_STEPS * done) / total) * (100 / SPOKEN_STEPS)}% of the cells` : standing;
    if (this.step && step !== this.step) this.spoken.textContent = step;
    this.step = step;
  }
}
