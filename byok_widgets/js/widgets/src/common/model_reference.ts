// Models that are held once and referenced by others.

import type { AnyModel } from "@anywidget/types";

const REFERENCE = "IPY_MODEL_";

export type Manager = AnyModel["widget_manager"];

export function modelOf<State extends object>(reference: string, manager: Manager): Promise<AnyModel<State>> {
  return manager.get_model<State>(reference.slice(REFERENCE.length));
}
