// Making parts of a page, and keeping the notebook out of them. It stands before the script of each widget.

function make(tag, properties = {}, ...children) {
  const { dataset, attributes, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, dataset ?? {});
  for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function button(text, className = "") {
  return make("button", { type: "button", className: `byok-button ${className}`.trim(), textContent: text });
}

// Not `crypto.randomUUID`: a page over plain http has none.
const randomId = () => crypto.getRandomValues(new Uint32Array(2)).join("-");

// JupyterLab looks at the focused element for the mark that its shortcuts are not wanted, and listens above us:
// without both, "d d" on a button of ours would delete the cell.
function isolate(element) {
  element.addEventListener("focusin", (event) => { event.target.dataset.lmSuppressShortcuts = "true"; });
  for (const kind of ["keydown", "keypress", "keyup", "copy", "cut", "paste"]) {
    element.addEventListener(kind, (event) => event.stopPropagation());
  }
}

