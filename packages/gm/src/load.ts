import { openArena } from "./arena.ts";
import type { Gm } from "./gm.ts";
import { instantiate } from "./module.ts";
import { sm2 } from "./sm2.ts";
import { symmetric } from "./symmetric.ts";

export interface LoadOptions {
  /** The module built for SIMD: its bytes, or compiled. */
  readonly simd: WebAssembly.Module | BufferSource;
  /** Fills the array with random bytes. Default: the platform's cryptographic source. */
  readonly random?: (into: Uint8Array<ArrayBuffer>) => void;
}

/** SM3("abc"), GB/T 32905-2016 annex A.1. */
const KNOWN_DIGEST = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";

/** One answer known beforehand per engine of the module: a miscompiled or exchanged module is noticed at start. */
function selfTest(gm: Gm): void {
  const digest = gm.sm3(Uint8Array.of(0x61, 0x62, 0x63));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const key = Uint8Array.from({ length: 16 }, (_, i) => i);
  const opened = gm.sm4CbcDecrypt(key, key, gm.sm4CbcEncrypt(key, key, digest));
  const privateKey = new Uint8Array(32).fill(0x42);
  const signed = gm.sm2Verify(gm.sm2PublicKey(privateKey), digest, gm.sm2Sign(privateKey, digest));
  if (hex !== KNOWN_DIGEST || opened?.every((byte, i) => byte === digest[i]) !== true || !signed) {
    throw new Error("gm: the self-test failed; the module is damaged or miscompiled");
  }
}

/**
 * Loads the cryptography.
 *
 * @throws WebAssembly.CompileError where the engine knows no SIMD, TypeError where the bytes are another module
 */
export async function loadGm(options: LoadOptions): Promise<Gm> {
  const core = await instantiate(options.simd);
  const arena = openArena(core);
  const random = options.random ?? ((into) => void globalThis.crypto.getRandomValues(into));
  const hashes = symmetric(core, arena);
  const gm = Object.freeze({ ...hashes, ...sm2(core, arena, hashes, random) });
  selfTest(gm);
  return gm;
}
