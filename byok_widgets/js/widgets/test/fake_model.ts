// A model like the one that anywidget passes to a view: its state, its listeners, and what was sent.

import type { AnyModel } from "@anywidget/types";

type Listener = (...values: unknown[]) => void;

type Slot = (sender: unknown, status: string) => void;

export class FakeKernel {
  readonly slots = new Set<Slot>();
  id = "kernel-1";

  readonly statusChanged = {
    connect: (slot: Slot) => this.slots.add(slot),
    disconnect: (slot: Slot) => this.slots.delete(slot),
  };

  become(status: string): void {
    for (const slot of [...this.slots]) slot(this, status);
  }
}

export class FakeModel<State extends object> {
  readonly sent: { content: Record<string, unknown> }[] = [];
  readonly listeners = new Map<string, Set<Listener>>();
  isGone = false;

  constructor(
    readonly state: State,
    private readonly others: Record<string, FakeModel<object>> = {},
  ) {}

  // As JupyterLab's; `kernel` is undefined where a page sees none.
  readonly kernel = new FakeKernel();
  readonly widget_manager: { get_model: (id: string) => unknown; kernel?: FakeKernel | null } = {
    get_model: (id: string) => Promise.resolve(this.others[id]),
    kernel: this.kernel,
  };

  get(name: string): unknown {
    return (this.state as Record<string, unknown>)[name];
  }

  // As from the page, without a change event.
  set(name: string, value: unknown): void {
    Object.assign(this.state, { [name]: value });
  }

  save_changes(): void {
    this.tell("change");
  }

  // As from the kernel.
  change(changes: Partial<State>): void {
    Object.assign(this.state, changes);
    for (const name of Object.keys(changes)) this.tell(`change:${name}`);
    this.tell("change");
  }

  on(event: string, listener: Listener): void {
    const known = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, known.add(listener));
  }

  off(event: string, listener: Listener): void {
    this.listeners.get(event)?.delete(listener);
  }

  send(content: Record<string, unknown>): void {
    if (this.isGone) throw new Error("Cannot send");
    this.sent.push({ content });
  }

  tell(event: string, ...values: unknown[]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(...values);
  }

  // Answers the last request.
  answer(answer: object): void {
    this.tell("msg:custom", { kind: "answer", id: this.sent.at(-1)?.content["id"], ...answer });
  }

  get listenerCount(): number {
    return [...this.listeners.values()].reduce((sum, { size }) => sum + size, this.kernel.slots.size);
  }

  asModel(): AnyModel {
    return this as unknown as AnyModel;
  }
}
