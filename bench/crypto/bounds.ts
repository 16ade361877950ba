/** What each figure must hold and what it fights for: the table of docs/performance.md. Ratios, but for what stands alone. */
import type { Engine } from "../figure.ts";

interface Bound {
  readonly floor: number;
  readonly aim: number;
}

const bound = (floor: number, aim: number): Bound => ({ floor, aim });

/** metric → peer → bound, in Node. */
const inNode: Readonly<Record<string, Readonly<Record<string, Bound>>>> = {
  "crypto.sm4-ctr": { openssl: bound(5.5, 6.5), "sm-crypto-v2": bound(11, 13) },
  "crypto.sm4-cbc-decrypt": { openssl: bound(4.4, 5.3) },
  "crypto.sm4-cbc-encrypt": { "sm-crypto-v2": bound(1, 1.4) },
  "crypto.sm4-gcm": { "sm-crypto-v2": bound(10, 14), botan: bound(1.5, 2.2) },
  "crypto.pool-ctr": { "one-worker": bound(1.8, 1.95) },
  "crypto.pool-gcm": { "one-worker": bound(1.8, 1.95) },
  "crypto.sm3": { openssl: bound(0.93, 1.05), "hash-wasm": bound(1.4, 1.6) },
  "crypto.sm3-4way": { openssl: bound(1.8, 2.1) },
  "crypto.sm2-sign": { openssl: bound(9, 14), "sm-crypto-v2": bound(11, 17) },
  "crypto.sm2-verify": { openssl: bound(2.7, 4), "libsm-js": bound(19, 28) },
  "crypto.sm2-verify-repeated": { "sm-crypto-v2": bound(12, 18) },
  "crypto.sm2-encrypt": { "libsm-js": bound(14, 20) },
  "crypto.sm2-decrypt": { "libsm-js": bound(14, 20) },
  "crypto.sm2-keypair": { "sm-crypto-v2": bound(9, 13) },
};

const inChromium: typeof inNode = {
  "crypto.sm4-ctr": { "sm-crypto-v2": bound(16, 20) },
  "crypto.sm4-gcm": { "sm-crypto-v2": bound(28, 35) },
};

/** Upper bounds of what stands alone. */
export const WASM_KB = bound(120, 80);
export const READY_MS = bound(15, 6);
export const WORKER_MIB = bound(16, 6);

const NONE = { floor: null, aim: null };

/** The bounds of a pair; those of 16 KiB hold for 64 MiB as well. */
export function boundOf(metric: string, engine: Engine, against: string): Bound | typeof NONE {
  const table = engine === "node" ? inNode : engine === "chromium" ? inChromium : {};
  return table[metric.replace(/-64m$/, "")]?.[against] ?? NONE;
}
