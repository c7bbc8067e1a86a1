// The head of the settings panel: its title, and anything a person must know.
// It also carries the look of the whole panel, and keeps the notebook's shortcuts out of it.

const MOST_FRAMES = 600;

// JupyterLab looks at the focused element for the mark that its shortcuts are not wanted, and listens above us:
// without both, "d d" on a button here would delete the cell.
function isolate(panel) {
  panel.addEventListener("focusin", (event) => { event.target.dataset.lmSuppressShortcuts = "true"; });
  for (const kind of ["keydown", "keypress", "keyup"]) panel.addEventListener(kind, (event) => event.stopPropagation());
}

function render({ model, el }) {
  el.classList.add("byok-head");
  const title = document.createElement("h3");
  const notice = document.createElement("p");
  notice.className = "byok-notice";
  notice.setAttribute("role", "status");
  el.append(title, notice);
  const paint = () => {
    title.textContent = model.get("title");
    notice.textContent = model.get("notice");
    notice.hidden = !model.get("notice");
  };
  let frame = 0;
  let tries = 0;
  const settle = () => { // this view is drawn first and put into the panel later
    const panel = el.closest(".byok-panel");
    if (!panel) {
      if (tries++ < MOST_FRAMES) frame = requestAnimationFrame(settle);
      return;
    }
    isolate(panel);
    panel.setAttribute("role", "group");
    panel.setAttribute("aria-label", model.get("title"));
  };
  model.on("change", paint);
  paint();
  settle();
  return () => {
    cancelAnimationFrame(frame);
    model.off("change", paint);
  };
}

export default { render };
