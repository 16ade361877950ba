/** SM3's compression as it is written: the files that the build takes are their generator's, with the standard's constants. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compressions, roundConstant } from "../../../wasm-core/sm3/compress.gen.ts";

test.each(Object.entries(compressions()))("%s", (name, text) => {
  expect(readFileSync(new URL(`../../../wasm-core/sm3/${name}`, import.meta.url), "utf8")).toBe(text);
});

/** GB/T 32905-2016 clause 4.2: Tⱼ is 79cc4519 in rounds 0 to 15, and 7a879d8a in the others; round j takes it rotated by j mod 32. */
test("the constants of all rounds", () => {
  for (let j = 0; j < 64; j++) {
    const t = j < 16 ? 0x79cc4519n : 0x7a879d8an;
    const doubled = (t << 32n) | t;
    expect(Number(roundConstant(j))).toBe(Number((doubled >> (32n - BigInt(j % 32))) & 0xffffffffn));
  }
});
