// Sealing is HPKE: it gives what RFC 9180, appendix A.3.1, gives.

import { expect, it } from "vitest";

import { AES_128_GCM, type Bytes, hpkeSeal } from "../src/key_field/hpke";

const bytes = (hex: string): Bytes => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const url64 = (part: Bytes): string =>
  btoa(String.fromCharCode(...part)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const RECIPIENT = bytes(
  "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d12" +
    "8aafd68a2ce72ea0",
);
const EPHEMERAL = bytes(
  "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfc" +
    "b9382657222d18c4",
);
const SCALAR = bytes("4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb");
const INFO = bytes("4f6465206f6e2061204772656369616e2055726e");
const PLAINTEXT = bytes("4265617574792069732074727574682c20747275746820626561757479");
const DATA = bytes("436f756e742d30");
const CIPHERTEXT = bytes("5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434");

async function ephemeral(): Promise<CryptoKeyPair> {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const [x, y] = [EPHEMERAL.slice(1, 33), EPHEMERAL.slice(33)].map(url64) as [string, string];
  const jwk = { kty: "EC", crv: "P-256", x, y };
  return {
    publicKey: await crypto.subtle.importKey("jwk", jwk, curve, true, []),
    privateKey: await crypto.subtle.importKey("jwk", { ...jwk, d: url64(SCALAR) }, curve, false, ["deriveBits"]),
  };
}

it("seals as the standard's example does", async () => {
  const options = { aead: AES_128_GCM, additionalData: DATA };
  const sealed = await hpkeSeal(RECIPIENT, await ephemeral(), INFO, PLAINTEXT, options);
  expect([...sealed]).toEqual([...CIPHERTEXT]);
});

it("binds what it is sealed for", async () => {
  const options = { aead: AES_128_GCM, additionalData: DATA };
  const other = await hpkeSeal(RECIPIENT, await ephemeral(), bytes("00"), PLAINTEXT, options);
  expect([...other]).not.toEqual([...CIPHERTEXT]);
});
