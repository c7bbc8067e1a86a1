// A page that runs cells in a kernel and shows what they display, with the HTML manager: no JupyterLab around it, no
// manager that knows the kernel, and no buffers from the page to the kernel, as in Colab.

import * as base from "@jupyter-widgets/base";
import { HTMLManager } from "@jupyter-widgets/html-manager/lib/htmlmanager";
import { KernelManager, ServerConnection } from "@jupyterlab/services";

const VIEW = "application/vnd.jupyter.widget-view+json";
const asked = new URLSearchParams(location.search);
const modules = {};

// anywidget's own file, once for model and view: two copies would not share what they know.
window.define = (...args) => {
  const [needs, make] = args.slice(-2);
  modules.anywidget = make(...needs.map(() => base));
};
window.define.amd = {};

class Manager extends HTMLManager {
  constructor(kernel) {
    super({ loader: (name) => modules[name] });
    this.live = kernel;
    kernel.registerCommTarget("jupyter.widget", (comm, message) =>
      this.handle_comm_open(new base.shims.services.Comm(withoutBuffers(comm)), message),
    );
  }

  async _create_comm(target, id, data, metadata) {
    const comm = this.live.createComm(target, id);
    if (data || metadata) comm.open(data, metadata);
    return new base.shims.services.Comm(withoutBuffers(comm));
  }

  async _get_comm_info() {
    const { content } = await this.live.requestCommInfo({ target_name: "jupyter.widget" });
    return content.comms;
  }
}

function withoutBuffers(comm) {
  const send = comm.send.bind(comm);
  comm.send = (data, metadata, _buffers, disposeOnDone) => send(data, metadata, [], disposeOnDone);
  return comm;
}

async function start() {
  const serverSettings = ServerConnection.makeSettings({
    appendToken: true,
    baseUrl: asked.get("server"),
    token: asked.get("token"),
    wsUrl: asked.get("server").replace(/^http/, "ws"),
  });
  const kernel = await new KernelManager({ serverSettings }).startNew({ name: "python3" });
  const manager = new Manager(kernel);
  const displays = new Map();

  async function show(el, { data }) {
    el.replaceChildren();
    if (data[VIEW]) await manager.display_view(manager.create_view(await manager.get_model(data[VIEW].model_id)), el);
    else if (data["text/html"]) el.innerHTML = data["text/html"];
    else el.textContent = data["text/plain"];
  }

  function onOutput({ header, content }) {
    const id = content.transient?.display_id;
    if (header.msg_type === "update_display_data") return void show(displays.get(id), content);
    if (header.msg_type === "stream") document.body.append(content.text);
    if (header.msg_type === "error") document.body.append(content.traceback.join("\n"));
    if (!["display_data", "execute_result"].includes(header.msg_type)) return;
    const el = document.body.appendChild(document.createElement("div"));
    if (id) displays.set(id, el);
    void show(el, content);
  }

  window.run = async (code) => {
    const future = kernel.requestExecute({ code });
    future.onIOPub = onOutput;
    await future.done;
  };
  window.kernel = kernel;
  document.body.dataset.ready = "yes";
}

start().catch((error) => document.body.append(String(error)));
