// What the rows of the list have to say to the kernel.

import type { NodeAnswer, NodeRequest } from "../shared/messages";

export type NodeChange = Pick<NodeRequest, "kind" | "name" | "value">;
export type Outcome = Pick<NodeAnswer, "outcome" | "text">;

// Asks for a change of one node; `done` is told what came of it.
export type AskNode = (change: NodeChange, done: (outcome: Outcome) => void) => void;
