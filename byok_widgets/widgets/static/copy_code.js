// Lines of code with a button that copies them. The text is a trait: it never holds a key.

const SAID_FOR_MS = 4000;

async function copy(text, area) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  area.select(); // a page without a secure context has no clipboard API
  if (!document.execCommand("copy")) throw new Error("not copied");
}

function render({ model, el }) {
  const id = `byok-${randomId()}`;
  el.classList.add("byok-copy");
  el.innerHTML = `
    <details>
      <summary>Copy as code</summary>
      <label class="byok-note" for="${id}">These lines make the same settings again. They never hold a key.</label>
      <textarea class="byok-input byok-code" id="${id}" readonly spellcheck="false"></textarea>
      <div class="byok-row byok-actions">
        <button type="button" class="byok-button">Copy</button><span role="status" class="byok-note"></span>
      </div>
    </details>`;
  const area = el.querySelector("textarea");
  const said = el.querySelector("[role=status]");
  const paint = () => {
    area.value = model.get("code");
    area.rows = area.value.split("\n").length;
  };
  el.querySelector("button").addEventListener("click", async () => {
    try {
      await copy(area.value, area);
      said.textContent = "Copied.";
    } catch {
      area.select();
      said.textContent = "The browser does not allow it: the lines are selected, copy them by hand.";
    }
    setTimeout(() => { said.textContent = ""; }, SAID_FOR_MS);
  });
  el.addEventListener("copy", (event) => event.stopPropagation()); // else the notebook copies the cell instead
  model.on("change:code", paint);
  paint();
  return () => model.off("change:code", paint);
}

export default { render };
