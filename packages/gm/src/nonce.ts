import type { Gm } from "./gm.ts";

/** n − 1 has this many bytes; a candidate is compared with n in the module. */
const LEN = 32;

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((len, part) => len + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Candidates for the nonce k of a signature or an encryption, hedged: the generator of RFC 6979 clause 3.2 with HMAC-SM3,
 * seeded by the secret and the message, and by 32 fresh random bytes as the additional data of clause 3.6. A broken random
 * source alone, or a fault alone, does not repeat a nonce.
 *
 * The caller checks the range and asks again; `wipe` ends the generator.
 */
export function createNonces(
  gm: Pick<Gm, "hmacSm3">,
  seed: { readonly secret: Uint8Array; readonly message: Uint8Array; readonly fresh: Uint8Array },
): { next(): Uint8Array<ArrayBuffer>; wipe(): void } {
  let key = new Uint8Array(LEN);
  let value = new Uint8Array(LEN).fill(1);
  const material = concat(seed.secret, seed.message, seed.fresh);

  function step(mark: number, extra: Uint8Array): void {
    const input = concat(value, Uint8Array.of(mark), extra);
    const stepped = gm.hmacSm3(key, input);
    key.fill(0);
    input.fill(0);
    key = stepped;
    value = gm.hmacSm3(key, value);
  }

  step(0, material);
  step(1, material);
  material.fill(0);

  let first = true;
  return {
    next() {
      if (!first) step(0, new Uint8Array(0));
      first = false;
      value = gm.hmacSm3(key, value);
      return value.slice();
    },
    wipe() {
      key.fill(0);
      value.fill(0);
    },
  };
}
