// Sealing what was typed for this kernel alone: ECDH P-256, HKDF, AES-GCM. It can only be done in a secure context.

const SEAL_INFO = "byok-key-v1";
const UNSEALABLE = {
  insecure:
    "Nothing was sent. This page is open over plain http from another machine, so the key would travel in the " +
    "clear. Open the notebook over https, or through a tunnel at localhost.",
  unsealed: "Nothing was sent: this kernel offers no way to seal the key. Run the cell of this panel again.",
};

// Says why nothing can be sealed here; empty when it can.
function canSeal(model) {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) return UNSEALABLE.insecure;
  return model.get("public_key") ? "" : UNSEALABLE.unsealed;
}

async function seal(publicKey, bytes) {
  const subtle = crypto.subtle;
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = Uint8Array.from(atob(publicKey), (c) => c.charCodeAt(0));
  const peer = await subtle.importKey("raw", theirs, curve, false, []);
  const mine = await subtle.generateKey(curve, false, ["deriveBits"]);
  const ephemeral = new Uint8Array(await subtle.exportKey("raw", mine.publicKey));
  const shared = await subtle.deriveBits({ name: "ECDH", public: peer }, mine.privateKey, 256);
  const material = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode(SEAL_INFO);
  const key = await subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: ephemeral, info },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv }, key, bytes));
  return [ephemeral, iv, text].map((part) => part.buffer);
}

