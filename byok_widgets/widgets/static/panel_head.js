// The head of the settings panel: its title, and anything a person must know.
// It also carries the look of the whole panel, and keeps the notebook's shortcuts out of it.

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
  const settle = () => {
    const panel = el.closest(".byok-panel");
    if (!panel) return;
    panel.dataset.lmSuppressShortcuts = "true";
    panel.setAttribute("role", "group");
    panel.setAttribute("aria-label", model.get("title"));
  };
  model.on("change", paint);
  paint();
  settle();
  const late = requestAnimationFrame(settle); // the view is put into the panel after it was drawn
  return () => {
    cancelAnimationFrame(late);
    model.off("change", paint);
  };
}

export default { render };
