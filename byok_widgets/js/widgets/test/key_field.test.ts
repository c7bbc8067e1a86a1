// The key field: what is typed leaves it only sealed in one message, and stays until the kernel has it.

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { keyHint, nameHint, nameIn } from "../src/key_field/hints";
import { FakeModel } from "./fake_model";
import { press, render, type Rendered, settled, type as typeInto } from "./render";
import { SHAPES, keyField } from "./states";

const typed = (): string => `one-${"x".repeat(40)}`;
let view: Rendered;
let model: FakeModel<ReturnType<typeof keyField>>;
let kernel: CryptoKeyPair;

const input = (): HTMLInputElement => view.find("[data-part=key]");
const save = (): void => view.find("[data-part=save]").click();
const state = (): string | undefined => view.find(".byok-status").dataset["state"];

beforeEach(async () => {
  vi.stubGlobal("isSecureContext", true);
  const curve = { name: "ECDH", namedCurve: "P-256" };
  kernel = (await crypto.subtle.generateKey(curve, true, ["deriveBits"]));
  const point = await crypto.subtle.exportKey("raw", kernel.publicKey);
  model = new FakeModel({ ...keyField(), public_key: btoa(String.fromCharCode(...new Uint8Array(point))) });
  view = render("key_field", model);
});
afterEach(() => {
  view.end();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

// The one-time key, the text and the tag. That it opens is a matter of the kernel's tests, and of the standard's example.
const sealedLength = (text: string): number => 65 + text.length + 16;

it("sends the key sealed, and empties the field when it is saved", async () => {
  typeInto(input(), typed());
  save();
  await vi.waitFor(() => expect(model.sent).toHaveLength(1));
  const [{ content } = { content: {} }] = model.sent;
  expect(content).toMatchObject({ kind: "save", target: "one@host", storage: "session", override: false });
  expect(JSON.stringify(content)).not.toContain("xxxx");
  expect(atob(content["sealed"] as string)).toHaveLength(sealedLength(typed()));
  expect(input().value).toBe(typed());
  expect(state()).toBe("working");
  model.answer({ outcome: "saved" });
  expect(input().value).toBe("");
});

it("gives it as it is to a kernel that runs in the page itself, unless the page may have been changed", async () => {
  model.change({ in_page: true, public_key: "" });
  vi.stubGlobal("isSecureContext", false);
  typeInto(input(), typed());
  save();
  expect(state()).toBe("refused");
  expect(model.sent).toEqual([]);
  vi.stubGlobal("isSecureContext", true);
  save();
  await vi.waitFor(() => expect(model.sent).toHaveLength(1));
  const [{ content } = { content: {} }] = model.sent;
  expect(content).toMatchObject({ kind: "save", target: "one@host", storage: "session", typed: typed() });
  expect(content).not.toHaveProperty("sealed");
  model.answer({ outcome: "saved" });
  expect(input().value).toBe("");
});

it("sends nothing where the kernel offers no way to encrypt, unless it runs in the page itself", () => {
  model.change({ public_key: "" });
  typeInto(input(), typed());
  save();
  expect(state()).toBe("refused");
  expect(model.sent).toEqual([]);
});

it("moves nothing below a pressed button, which would get no click", async () => {
  const storage_options = [{ id: "session", label: "This session", note: "A note that takes two lines.", asks: "key" as const }];
  const note = (): string | null | undefined => view.find("[data-part=storage]").nextElementSibling?.textContent;
  const before = note();
  view.find("[data-part=save]").dispatchEvent(new Event("pointerdown", { bubbles: true }));
  model.change({ storage_options });
  expect(note()).toBe(before);
  window.dispatchEvent(new Event("pointerup"));
  await vi.waitFor(() => expect(note()).toBe("A note that takes two lines."));
});

it("keeps what was typed when the kernel refuses, and offers what it suggests", async () => {
  typeInto(input(), typed());
  save();
  await vi.waitFor(() => expect(model.sent).toHaveLength(1));
  model.answer({ outcome: "refused", text: "No.", switch_to: { name: "two", label: "Two" }, anyway: true });
  expect(input().value).toBe(typed());
  expect(state()).toBe("refused");
  view.find("[data-part=switchTo]").click();
  expect(model.sent.at(-1)?.content).toEqual({ kind: "switch", provider: "two" });
});

it("sends nothing if the page cannot seal, and keeps what was typed when the kernel is gone", async () => {
  vi.stubGlobal("isSecureContext", false);
  typeInto(input(), typed());
  save();
  expect(state()).toBe("refused");
  vi.stubGlobal("isSecureContext", true);
  model.isGone = true;
  save();
  await vi.waitFor(() => expect(state()).toBe("refused"));
  expect(model.sent).toEqual([]);
  expect(input().value).toBe(typed());
  expect(view.find(".byok-gone-notice").textContent).not.toBe("");
});

it("moves a variable's name to its own field", () => {
  typeInto(input(), "ONE_KEY");
  expect(state()).toBe("hint");
  view.find("[data-part=move]").click();
  expect(model.state.storage).toBe("env");
  expect(view.find<HTMLInputElement>("[data-part=name]").value).toBe("ONE_KEY");
  expect(input().value).toBe("");
});

it("asks for a new passphrase twice, and sends it only when both are alike", async () => {
  const storage_options = [{ id: "vault", label: "Vault", note: "", asks: "new_passphrase" as const }];
  model.change({ storage: "vault", storage_options });
  typeInto(view.find("[data-part=passphrase]"), "long enough");
  save();
  expect(state()).toBe("refused");
  typeInto(view.find("[data-part=repeated]"), "long enough");
  save();
  await vi.waitFor(() => expect(model.sent.at(-1)?.content).toMatchObject({ kind: "unlock", storage: "vault", new: true }));
  model.answer({ outcome: "unlocked" });
  expect(view.find<HTMLInputElement>("[data-part=passphrase]").value).toBe("");
});

it("empties its fields when it is removed", () => {
  typeInto(input(), typed());
  const field = input();
  view.end();
  expect(field.value).toBe("");
});

it("shows the kernel's hints about what is not a key of this provider", () => {
  expect(keyHint("one-abc", SHAPES)).toBeNull();
  expect(keyHint("tw", SHAPES)).toBeNull();
  expect(keyHint('"Bearer two-abc"', SHAPES)).toMatchObject({ switch_to: { name: "two" } });
  expect(keyHint("a b", SHAPES)?.text).toBe(SHAPES.flaws[0]?.[1]);
  expect(nameHint("one-abc", SHAPES)?.move_to).toBe("key");
  expect(nameIn("${MY_KEY}", SHAPES)).toBe("MY_KEY");
});

it("asks before it removes a key, and keeps the keyboard in the field", () => {
  model.change({ has_key: true });
  const confirm = view.find(".byok-confirm");
  expect(confirm.hidden).toBe(true);
  view.find("[data-part=remove]").click();
  expect([confirm.hidden, model.sent]).toEqual([false, []]);
  expect(document.activeElement).toBe(view.find("[data-part=keep]"));
  view.find("[data-part=keep]").click();
  expect([confirm.hidden, model.sent]).toEqual([true, []]);
  expect(document.activeElement).toBe(view.find("[data-part=remove]"));
  view.find("[data-part=remove]").click();
  view.find("[data-part=removeNow]").click();
  expect(model.sent.map(({ content }) => content)).toEqual([{ kind: "remove", target: "one@host" }]);
  expect(document.activeElement).toBe(input());
});

it("offers the key of another flow, and copies it by one click", () => {
  const others = view.find<HTMLSelectElement>("[data-part=others]");
  const isHidden = (): boolean | undefined => others.closest<HTMLElement>("[hidden]")?.hidden;
  expect(isHidden()).toBe(true);
  model.change({ other_flows: [{ name: "one", label: "shown" }, { name: "two", label: "two" }] });
  expect(isHidden()).toBeUndefined();
  expect([...others.options].map(({ text }) => text)).toEqual(["shown", "two"]);
  view.find("[data-part=useOther]").click();
  expect(model.sent[0]?.content).toMatchObject({ kind: "use_key_of", target: "one@host", flow: "one" });
  expect(state()).toBe("working");
  model.answer({ outcome: "refused", text: "No key there." });
  expect([state(), view.find(".byok-status").textContent]).toEqual(["refused", expect.stringContaining("No key there.")]);
});

const offer = (): HTMLElement => view.find("[data-part=useHere]");

it("asks for the passphrase of the storage that has the key of the other flow", () => {
  const storage_options = [...keyField().storage_options, { id: "vault", label: "Vault", note: "", asks: "passphrase" as const }];
  model.change({ storage_options, other_flows: [{ name: "one", label: "one" }] });
  view.find("[data-part=useOther]").click();
  model.answer({ outcome: "refused", text: "It is locked.", open_first: "vault" });
  expect([model.state.storage, state()]).toEqual(["vault", "refused"]);
  expect(document.activeElement).toBe(view.find("[data-part=passphrase]"));
});

it("sends what was typed for one provider to another only if the person says so", async () => {
  typeInto(input(), typed());
  model.change({ target: "two@host", place: "Two" });
  expect([state(), offer().hidden]).toEqual(["hint", false]);
  save();
  press(input(), "Enter");
  await settled();
  expect([model.sent, state(), input().value]).toEqual([[], "refused", typed()]);
  offer().click();
  expect(offer().hidden).toBe(true);
  save();
  await vi.waitFor(() => expect(model.sent.at(-1)?.content).toMatchObject({ kind: "save", target: "two@host" }));
});

it("goes on with what was typed where the settings come back, an address follows, or the person switches", () => {
  typeInto(input(), typed());
  model.change({ target: "two@host", place: "Two" });
  model.change({ target: "one@host", place: "One" });
  expect(offer().hidden).toBe(true);
  typeInto(input(), "two-abc");
  view.find("[data-part=switchTo]").click();
  model.change({ target: "two@host", place: "Two" });
  expect(offer().hidden).toBe(true);
  model.change({ target: "three@", place: "Three" });
  typeInto(input(), typed());
  model.change({ target: "three@address", place: "Three at address" });
  expect(offer().hidden).toBe(true);
  model.change({ target: "three@other", place: "Three at other" });
  expect(offer().hidden).toBe(false);
});

it("takes a whole key that is put in at once for a new one, and a letter for more of the old one", () => {
  const put = (data: string): void => {
    input().value = data.length > 1 ? data : input().value + data;
    input().dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data }));
  };
  typeInto(input(), typed());
  model.change({ target: "two@host", place: "Two" });
  put("x");
  expect(offer().hidden).toBe(false);
  put(`two-${"x".repeat(40)}`);
  expect(offer().hidden).toBe(true);
});

it("asks as well for the name of a variable, and where a change comes while the button is pressed", async () => {
  model.change({ storage: "env" });
  typeInto(view.find("[data-part=name]"), "NAME_OF_ONE");
  view.find("[data-part=save]").dispatchEvent(new Event("pointerdown", { bubbles: true }));
  model.change({ target: "two@host", place: "Two" });
  save();
  await settled();
  expect(model.sent).toEqual([]);
});

it("takes over what was typed for another provider, and asks before it is sent", async () => {
  const side = document.body.appendChild(document.createElement("div"));
  side.className = "byok-side-panel";
  const before = render("key_field", new FakeModel({ ...keyField(), target: "two@", place: "Two" }), side);
  typeInto(before.find("[data-part=key]"), typed());
  const taking = { ...model.state, target: "two@host", place: "Two at host", takes_typed: true };
  const next = new FakeModel(taking);
  const after = render("key_field", next, side);
  before.end();
  expect(after.find<HTMLInputElement>("[data-part=key]").value).toBe(typed());
  after.find("[data-part=save]").click();
  await settled();
  expect(next.sent).toEqual([]);
  expect(after.find("[data-part=useHere]").hidden).toBe(false);
  after.end();
});

it("takes over what was typed at the side and not saved, where the kernel says so", () => {
  const side = document.body.appendChild(document.createElement("div"));
  side.className = "byok-side-panel";
  const shown = (takes: boolean): Rendered =>
    render("key_field", new FakeModel({ ...keyField(), takes_typed: takes }), side);
  const found = (at: Rendered): HTMLInputElement => at.find("[data-part=key]");
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  try {
    const first = shown(true);
    typeInto(found(first), typed());
    first.end();
    const second = shown(true);
    expect([found(first).value, found(second).value]).toEqual(["", typed()]);
    const third = shown(true);
    second.end();
    expect([found(second).value, found(third).value], "it may be there first").toEqual(["", typed()]);
    expect(found(shown(false)).value, "another flow that a person chose").toBe("");
    expect(found(third).value).toBe("");
    const last = shown(true);
    typeInto(found(last), typed());
    last.panel.remove();
    last.end();
    const next = shown(true);
    expect(found(next).value, "it may be out of the page when it hears of its end").toBe(typed());
    next.end();
    vi.advanceTimersByTime(6000);
    expect([found(last).value, found(next).value], "it is not kept for long").toEqual(["", ""]);
  } finally {
    vi.useRealTimers();
  }
});
