/** What the core answers to nonces and keys that the standard refuses: solved for with BigInt, never met by chance. */
import { describe, expect, test } from "vitest";
import { invert, mod, toBytes32 } from "../../support/oracles/bigint.ts";
import { builds, Probe } from "../../support/oracles/probe.ts";
import { G, n, signDigest, times } from "../../support/oracles/sm2.ts";

const OK = 0;
const RETRY = 1;
const BAD_SCALAR = 2;

const d = 0x3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8n;
const k = 0x59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21n;
const x1 = times(k, G).toAffine().x;

describe.each(builds)("the %s build", (build) => {
  const probe = new Probe(build);
  const [out, e32, d32, k32] = [probe.place(64), probe.place(32), probe.place(32), probe.place(32)];
  const signer = probe.place(80);

  function sign(e: bigint, key = d, nonce = k): { status: number; signature: Buffer } {
    probe.heap.fill(0xaa, out, out + 64);
    probe.heap.set(toBytes32(e), e32);
    probe.heap.set(toBytes32(key), d32);
    probe.heap.set(toBytes32(nonce), k32);
    const prepared = probe.call("sm2SignerPrepare", signer, d32);
    if (prepared !== OK) return { status: prepared, signature: probe.bytes(signer, 80) };
    return { status: probe.call("sm2Sign", out, e32, signer, k32), signature: probe.bytes(out, 64) };
  }

  const zeros = Buffer.alloc(64);

  test.each([
    ["r = 0", mod(-x1, n)],
    ["r + k = n", mod(n - k - x1, n)],
    ["s = 0: k = r·d", mod(k * invert(d, n) - x1, n)],
  ])("%s: another nonce, and no signature left behind", (_, e) => {
    expect(signDigest(d, e, k)).toBeNull();
    expect(sign(e)).toEqual({ status: RETRY, signature: zeros });
  });

  test.each([
    ["d = 0", 0n],
    ["d = n − 1", n - 1n],
    ["d = n", n],
    ["d = n + 1", n + 1n],
    ["d = 2²⁵⁶ − 1", 2n ** 256n - 1n],
  ])("%s is no private key", (_, key) => {
    expect(sign(1n, key)).toEqual({ status: BAD_SCALAR, signature: Buffer.alloc(80) });
    expect(probe.call("sm2CheckKey", d32)).toBe(BAD_SCALAR);
    expect(probe.call("sm2PublicKey", out, d32)).toBe(BAD_SCALAR);
    expect(probe.call("sm2DecryptStart", probe.place(256), d32, out)).toBe(BAD_SCALAR);
  });

  test.each([
    ["k = 0", 0n],
    ["k = n", n],
    ["k = 2²⁵⁶ − 1", 2n ** 256n - 1n],
  ])("%s is no nonce", (_, nonce) => {
    expect(sign(1n, d, nonce)).toEqual({ status: BAD_SCALAR, signature: zeros });
  });

  test.each([
    ["d = 1", 1n, k],
    ["d = n − 2", n - 2n, k],
    ["k = 1", d, 1n],
    ["k = n − 1", d, n - 1n],
    ["k = 32·2⁶: a digit at the end of its window", d, 2048n],
  ])("%s is signed with", (_, key, nonce) => {
    for (const e of [0n, 1n, n - 1n, n, 2n ** 256n - 1n]) {
      expect(sign(e, key, nonce)).toEqual({ status: OK, signature: signDigest(key, e, nonce) });
    }
  });

  test("every exported function leaves no trace of its secrets in its own scratch", () => {
    const traces = (secret: bigint): boolean => Buffer.from(probe.heap).includes(toBytes32(secret));
    sign(5n);
    for (const at of [e32, d32, k32]) probe.heap.fill(0, at, at + 32);
    probe.heap.fill(0, signer, signer + 80);
    // the numbers themselves, big-endian, and in limbs
    expect([traces(d), traces(k)]).toEqual([false, false]);
    const scratchEnd = probe.call("trayAt");
    const before = Buffer.from(probe.heap.slice(0, scratchEnd));
    sign(6n, d + 1n, k + 1n);
    const after = Buffer.from(probe.heap.slice(0, scratchEnd));
    expect(after.equals(before)).toBe(true);
  });
});
