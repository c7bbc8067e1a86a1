// Encrypts what was typed for this kernel only, and for one message. Needs a secure context.

import { type Bytes, exportPoint, generateKeys, hpkeSeal, utf8 } from "./hpke";

const PURPOSE = "byok-key-v2";
const INSECURE =
  "Nothing was sent. This page was opened over plain http from another machine, so the key would travel " +
  "unencrypted. Open the notebook over https, or through a tunnel to localhost.";
const INSECURE_PAGE =
  "Nothing was sent. This page was opened over plain http from another machine, so it may have been changed on its " +
  "way. Open it over https.";
const NO_PUBLIC_KEY = "Nothing was sent: this kernel offers no way to encrypt the key. Run this cell again.";

// Returns why nothing can be sent from here; empty if it can. A kernel in the page itself needs nothing sealed.
export function sealingProblem(publicKey: string, inPage: boolean): string {
  if (inPage) return globalThis.isSecureContext ? "" : INSECURE_PAGE;
  const subtle = (crypto as Partial<Crypto>).subtle;
  if (!globalThis.isSecureContext || !subtle) return INSECURE;
  return publicKey ? "" : NO_PUBLIC_KEY;
}

// Not every frontend carries the buffers of a message to the kernel.
const base64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes));

// Returns `text` sealed for `bound`, the other fields of its message: opened with any other, it is refused.
export async function seal(publicKey: string, text: string, bound: readonly (string | boolean)[]): Promise<string> {
  const recipient = Uint8Array.from(atob(publicKey), (character) => character.charCodeAt(0));
  const mine = await generateKeys();
  const info = utf8(JSON.stringify([PURPOSE, ...bound]));
  const ciphertext = await hpkeSeal(recipient, mine, info, utf8(text));
  return base64(Uint8Array.of(...(await exportPoint(mine.publicKey)), ...ciphertext));
}
