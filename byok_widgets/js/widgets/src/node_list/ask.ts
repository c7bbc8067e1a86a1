// The requests of the list's rows to the kernel.

import type { NodeAnswer, NodeRequest } from "../common/messages";

export type NodeChange = Pick<NodeRequest, "kind" | "name" | "value">;
export type Outcome = Pick<NodeAnswer, "outcome" | "text">;

// Requests a change of one node; `done` is called with the outcome.
export type AskNode = (change: NodeChange, done: (outcome: Outcome) => void) => void;
