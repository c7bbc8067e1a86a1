// JupyterLab looks at the focused element for the mark that its shortcuts are not wanted, and listens above us:
// without both, "d d" on a button of ours would delete the cell.
function isolate(element) {
  element.addEventListener("focusin", (event) => { event.target.dataset.lmSuppressShortcuts = "true"; });
  for (const kind of ["keydown", "keypress", "keyup", "copy", "cut", "paste"]) {
    element.addEventListener(kind, (event) => event.stopPropagation());
  }
}
