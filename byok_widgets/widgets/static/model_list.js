// The list that opens below a model field: the rows that match, by vendor, and one of them active. It is made in
// pieces, so that a keystroke costs the same for 40 models and for 4,000.

const PAGE = 50;

function optionOf([id, label, facts, end], attributes, isSet) {
  const name = make("span", { className: "byok-model-id", textContent: id });
  const first = make("div", {}, name);
  if (isSet) first.prepend(make("span", { textContent: "✓ ", attributes: { role: "img", "aria-label": "set now" } }));
  if (label) first.append(" ", make("span", { className: "byok-model-label", textContent: label }));
  if (end) first.append(" ", make("span", { className: "byok-model-end", textContent: end }));
  const node = make("div", { className: "byok-model-option", attributes: { role: "option", ...attributes } }, first);
  if (facts) node.append(make("div", { className: "byok-model-facts", textContent: facts }));
  return node;
}

// `anchor` is what it opens below, `input` what it belongs to, `controls` all that tell whether it is open.
function modelList(id, { input, anchor, controls, isSet, pick }) {
  const list = make("div", {
    id: `${id}-list`, className: "byok-model-list", tabIndex: -1, attributes: { role: "listbox", "aria-label": "Models" },
  });
  const count = make("p", { className: "byok-model-count", attributes: { role: "status" } });
  const popup = make("div", { className: "byok-model-popup", hidden: true }, list, count);
  if ("popover" in popup) popup.popover = "manual"; // above all else: a cell's output would cut it off

  let total = 0;
  let found = []; // what matches
  let shown = 0; // how many of it stand in the list
  let active = -1;

  // A notebook takes cells that are far away out of the page, and what stood above all else is closed by that.
  const isOpen = () => !popup.hidden && (!popup.popover || popup.matches(":popover-open"));
  const options = () => list.querySelectorAll("[role=option]");
  const chosen = () => (isOpen() && active >= 0 ? found[active].row[0] : null);

  function place() {
    const field = anchor.getBoundingClientRect();
    const below = innerHeight - field.bottom - 12;
    const above = field.top - 12;
    const width = Math.min(Math.max(field.width, 380), innerWidth - 16);
    const under = below >= Math.min(280, above);
    popup.style.width = `${width}px`;
    popup.style.left = `${Math.max(8, Math.min(field.left, innerWidth - width - 8))}px`;
    popup.style.maxHeight = `${Math.max(120, Math.min(380, under ? below : above))}px`;
    popup.style.top = under ? `${field.bottom + 2}px` : "auto";
    popup.style.bottom = under ? "auto" : `${innerHeight - field.top + 2}px`;
  }

  const onMove = (event) => { if (!popup.contains(event.target)) place(); };
  const grown = new ResizeObserver(place); // what stands above the field may have grown

  function turn(open) {
    if (open && isOpen()) return;
    popup.hidden = !open;
    open ? popup.showPopover?.() : popup.hidePopover?.();
    const listen = open ? addEventListener : removeEventListener;
    listen("scroll", onMove, true);
    listen("resize", onMove);
    grown.disconnect();
    for (const node of controls) node.setAttribute("aria-expanded", String(open));
    if (open) for (const node of [anchor, anchor.closest(".byok-panel") ?? document.body]) grown.observe(node);
    if (open) place();
  }

  function show(entries, query) {
    turn(true);
    activate(-1);
    [total, found, shown] = [entries.length, matching(entries, query), 0];
    list.replaceChildren();
    list.scrollTop = 0;
    grow();
  }

  // The same with other rows, under the person's eyes.
  function showInPlace(entries, query) {
    const [kept, seen, top] = [chosen(), shown, list.scrollTop];
    show(entries, query);
    while (shown < Math.min(seen, found.length)) grow();
    list.scrollTop = top;
    const at = found.findIndex(({ row }) => row[0] === kept);
    if (at >= 0) move(at);
  }

  function close() {
    activate(-1);
    turn(false);
  }

  function grow() {
    for (const { row, vendor } of found.slice(shown, shown + PAGE)) {
      const at = shown++;
      const place = { id: `${id}-${at}`, "aria-selected": "false", "aria-setsize": found.length, "aria-posinset": at + 1 };
      groupOf(vendor).append(optionOf(row, place, isSet(row[0])));
    }
    count.textContent = counted();
  }

  function groupOf(vendor) {
    const last = list.lastElementChild;
    if (!vendor) return list;
    if (last?.dataset.vendor === vendor) return last;
    const name = make("div", { className: "byok-model-vendor", textContent: vendor, attributes: { "aria-hidden": "true" } });
    const group = make("div", { attributes: { role: "group", "aria-label": vendor } }, name);
    group.dataset.vendor = vendor;
    list.append(group);
    return group;
  }

  function counted() {
    const [all, some] = [total, found.length].map((number) => number.toLocaleString("en"));
    if (!found.length) return `None of ${all} matches. Enter takes what you typed.`;
    if (shown < found.length) return `Showing ${shown} of ${some}: type to narrow.`;
    return found.length === total ? `${all} models` : `${some} of ${all} models`;
  }

  function activate(at) {
    list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    active = at;
    const option = at < 0 ? null : options()[at];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function move(to) {
    const at = Math.max(-1, Math.min(to, found.length - 1));
    while (shown <= at) grow();
    activate(at);
  }

  // Whether a key moves in the list, and where to; Home and End belong to the text until a row is active.
  function follow(key) {
    const steps = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 8, PageUp: Math.max(0, active - 8) };
    const ends = active < 0 ? {} : { Home: 0, End: found.length - 1 };
    const to = { ...steps, ...ends }[key];
    if (to === undefined || !isOpen()) return false;
    move(to);
    return true;
  }

  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) pick(found[[...options()].indexOf(option)].row[0]);
  });
  list.addEventListener("scroll", () => {
    if (shown < found.length && list.scrollTop + list.clientHeight > list.scrollHeight - 200) grow();
  });
  popup.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus

  return { popup, isOpen, chosen, show, showInPlace, close, follow, relax: () => activate(-1) };
}
