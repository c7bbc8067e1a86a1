// All views of the widgets in one module, which a page loads once. The trait `view` says which one a widget shows.

import type { RenderProps } from "@anywidget/types";

import { renderBoard } from "./board/board";
import { renderChat } from "./chat/chat";
import { renderConnection } from "./connection/connection";
import { renderCopyCode } from "./panel/copy_code";
import { renderHead } from "./panel/head";
import { renderKeyField } from "./key_field/key_field";
import { renderModelFieldView } from "./model_field/model_field";
import { renderNodeList } from "./node_list/node_list";
import { renderTroubleshooting } from "./troubleshooting/troubleshooting";
import type {
  BoardState,
  ChatState,
  ConnectionState,
  CopyCodeState,
  KeyFieldState,
  ModelFieldState,
  NodeListState,
  PanelHeadState,
  TroubleshootingState,
} from "./common/messages";
import type { View } from "./common/view";

export { keyHint } from "./key_field/hints";
export { looksLikeKey } from "./common/key_rules";

interface States {
  board: BoardState;
  chat: ChatState;
  connection: ConnectionState;
  copy_code: CopyCodeState;
  head: PanelHeadState;
  key_field: KeyFieldState;
  model_field: ModelFieldState;
  node_list: NodeListState;
  troubleshooting: TroubleshootingState;
}

const VIEWS = {
  board: renderBoard,
  chat: renderChat,
  connection: renderConnection,
  copy_code: renderCopyCode,
  head: renderHead,
  key_field: renderKeyField,
  model_field: renderModelFieldView,
  node_list: renderNodeList,
  troubleshooting: renderTroubleshooting,
} satisfies { [Name in keyof States]: View<States[Name]> };

function render({ model, el }: Pick<RenderProps<{ view: keyof States }>, "model" | "el">): () => void {
  const life = new AbortController();
  const name = model.get("view");
  const view = VIEWS[name] as View<never>; // the kernel gives each model the state that its view needs
  el.dataset["byokView"] = name;
  view({ model: model as never, el, signal: life.signal });
  return () => life.abort();
}

export default { render };
