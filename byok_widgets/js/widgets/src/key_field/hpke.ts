// HPKE (RFC 9180) on WebCrypto: one message in base mode, with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-GCM.
// WebCrypto derives with HKDF in one step; HPKE needs its two steps apart, so they are made of HMAC (RFC 5869).

export type Bytes = Uint8Array<ArrayBuffer>;

export interface Aead {
  id: number;
  keyBytes: number;
}

export const AES_128_GCM: Aead = { id: 1, keyBytes: 16 };
export const AES_256_GCM: Aead = { id: 2, keyBytes: 32 };

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const KEM_ID = 0x10;
const KDF_ID = 1;
const SECRET_BYTES = 32;
const NONCE_BYTES = 12;
const EMPTY: Bytes = new Uint8Array();

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

const two = (number: number): Bytes => Uint8Array.of(number >> 8, number & 0xff);

function joined(...parts: Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

export function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
}

export async function exportPoint(key: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", key));
}

async function hmac(secret: Bytes, data: Bytes): Promise<Bytes> {
  const algorithm = { name: "HMAC", hash: "SHA-256", length: Math.max(8 * secret.length, 8) };
  const key = await crypto.subtle.importKey("raw", secret.length ? secret : new Uint8Array(1), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, data));
}

// The labelled functions of section 4; no length here exceeds one block of the hash.
interface Kdf {
  extract: (salt: Bytes, label: string, material: Bytes) => Promise<Bytes>;
  expand: (secret: Bytes, label: string, info: Bytes, length: number) => Promise<Bytes>;
}

function kdf(suite: Bytes): Kdf {
  const version = utf8("HPKE-v1");
  return {
    extract: (salt, label, material) => hmac(salt, joined(version, suite, utf8(label), material)),
    expand: async (secret, label, info, length) => {
      const labelled = joined(two(length), version, suite, utf8(label), info, Uint8Array.of(1));
      return (await hmac(secret, labelled)).slice(0, length);
    },
  };
}

async function encapsulated(recipient: Bytes, mine: CryptoKeyPair): Promise<Bytes> {
  const peer = await crypto.subtle.importKey("raw", recipient, CURVE, false, []);
  const bits = await crypto.subtle.deriveBits({ name: "ECDH", public: peer }, mine.privateKey, 256);
  const { extract, expand } = kdf(joined(utf8("KEM"), two(KEM_ID)));
  const context = joined(await exportPoint(mine.publicKey), recipient);
  const prk = await extract(EMPTY, "eae_prk", new Uint8Array(bits));
  return expand(prk, "shared_secret", context, SECRET_BYTES);
}

// Returns the ciphertext of the first message; `mine` is made for it and never used again.
export async function hpkeSeal(
  recipient: Bytes,
  mine: CryptoKeyPair,
  info: Bytes,
  plaintext: Bytes,
  { aead = AES_256_GCM, additionalData = EMPTY }: { aead?: Aead; additionalData?: Bytes } = {},
): Promise<Bytes> {
  const { extract, expand } = kdf(joined(utf8("HPKE"), two(KEM_ID), two(KDF_ID), two(aead.id)));
  const ids = [await extract(EMPTY, "psk_id_hash", EMPTY), await extract(EMPTY, "info_hash", info)];
  const context = joined(Uint8Array.of(0), ...ids);
  const secret = await extract(await encapsulated(recipient, mine), "secret", EMPTY);
  const raw = await expand(secret, "key", context, aead.keyBytes);
  const iv = await expand(secret, "base_nonce", context, NONCE_BYTES);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plaintext));
}
