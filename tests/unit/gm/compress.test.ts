/** SM3's compression as it is written: the file that the build takes is its generator's, with the standard's constants. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compression, roundConstant } from "../../../wasm-core/sm3/compress.gen.ts";

test("compress.ts is what compress.gen.ts writes", () => {
  const file = new URL("../../../wasm-core/sm3/compress.ts", import.meta.url);
  expect(readFileSync(file, "utf8")).toBe(compression());
});

/** GB/T 32905-2016 clause 4.2: Tⱼ is 79cc4519 in rounds 0 to 15, and 7a879d8a in the others; round j takes it rotated by j mod 32. */
test("the constants of all rounds", () => {
  for (let j = 0; j < 64; j++) {
    const t = j < 16 ? 0x79cc4519n : 0x7a879d8an;
    const doubled = (t << 32n) | t;
    expect(Number(roundConstant(j))).toBe(Number((doubled >> (32n - BigInt(j % 32))) & 0xffffffffn));
  }
});
