// Encrypts what was typed for this kernel only: ECDH P-256, HKDF, AES-GCM. Needs a secure context.

const INFO = "byok-key-v1";
const INSECURE =
  "Nothing was sent. This page was opened over plain http from another machine, so the key would travel " +
  "unencrypted. Open the notebook over https, or through a tunnel to localhost.";
const NO_PUBLIC_KEY = "Nothing was sent: this kernel offers no way to encrypt the key. Run this cell again.";

// Returns why sealing is not possible here; empty if it is.
export function sealingProblem(publicKey: string): string {
  const subtle = (crypto as Partial<Crypto>).subtle;
  if (!globalThis.isSecureContext || !subtle) return INSECURE;
  return publicKey ? "" : NO_PUBLIC_KEY;
}

// Not every frontend carries the buffers of a message to the kernel.
const base64 = (part: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(part)));

export async function seal(publicKey: string, text: string): Promise<string[]> {
  const { subtle } = crypto;
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = Uint8Array.from(atob(publicKey), (character) => character.charCodeAt(0));
  const peer = await subtle.importKey("raw", theirs, curve, false, []);
  const mine = await subtle.generateKey(curve, false, ["deriveBits"]);
  const ephemeral = await subtle.exportKey("raw", mine.publicKey);
  const shared = await subtle.deriveBits({ name: "ECDH", public: peer }, mine.privateKey, 256);
  const material = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const key = await subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: ephemeral, info: new TextEncoder().encode(INFO) },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(text));
  return [ephemeral, iv.buffer, sealed].map(base64);
}
