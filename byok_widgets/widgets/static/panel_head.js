// The head of the settings panel: its title, and anything a person must know.
// It also carries the look of the whole panel, keeps the notebook's shortcuts out of it, and sees when its kernel has
// gone: then nothing in it can be used but the code to copy.

const MOST_FRAMES = 600;
const GONE = "The kernel was restarted or stopped: run this cell again.";

// JupyterLab marks what belongs to a kernel that was restarted, but not when it was shut down or changed for another.
const DISCONNECTED = "jupyter-widgets-disconnected";
const kernelOf = (model) => model.widget_manager?.kernel?.id;

function render({ model, el }) {
  el.classList.add("byok-head");
  const title = document.createElement("h3");
  const notice = document.createElement("p");
  notice.className = "byok-notice";
  notice.setAttribute("role", "status");
  el.append(title, notice);
  const paint = () => {
    title.textContent = model.get("title");
    notice.textContent = gone ? GONE : model.get("notice");
    notice.hidden = !notice.textContent;
  };
  let gone = false;
  const kernel = kernelOf(model);
  const look = (panel) => {
    const other = kernel && kernelOf(model) !== kernel;
    if (gone || !(other || panel.classList.contains(DISCONNECTED))) return;
    gone = true;
    panel.classList.add("byok-gone");
    for (const part of panel.children) part.inert = part !== el && !part.classList.contains("byok-copy");
    paint();
  };
  const marks = new MutationObserver(([{ target }]) => look(target));
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
    panel.addEventListener("focusin", () => look(panel));
    marks.observe(panel, { attributeFilter: ["class"] });
    look(panel);
  };
  model.on("change", paint);
  paint();
  settle();
  return () => {
    cancelAnimationFrame(frame);
    marks.disconnect();
    model.off("change", paint);
  };
}

export default { render };
