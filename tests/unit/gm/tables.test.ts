/** The tables that SM4 looks up: right on every byte, and the file that the build takes is what its generator writes. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { constants, file, look, tables } from "../../../wasm-core/sm4/tables.gen.ts";
import { SBOX } from "../../support/oracles/sbox.ts";

type Name = keyof typeof tables;

const bytes = Array.from({ length: 256 }, (_, x) => x);
const map = (x: number, low: Name, high: Name) => look(tables[low][1], x & 15) ^ look(tables[high][1], x >> 4);
const held = (x: number) => map(x, "HELD_LOW", "HELD_HIGH");

/** What cipher.ts does with a held byte, the key's constant in it: y + u, u + v and y. */
function say(x: number): readonly [number, number, number] {
  const [i, k] = [x >> 4, x & 15];
  const j = i ^ k;
  const over = look(tables.TWO_OVER[1], k);
  const name = (a: number, b: number) => look(tables.RECIPROCAL[1], look(tables.RECIPROCAL[1], a) ^ over) ^ b;
  const [first, second] = [name(i, j), name(j, i)];
  for (const place of [first, second]) expect(place < 16 || place >= 128).toBe(true);
  const sum = (one: Name, other: Name) => look(tables[one][1], first) ^ look(tables[other][1], second);
  return [sum("YU_1", "YU_2"), sum("UV_1", "UV_2"), sum("Y_1", "Y_2")];
}

test("the look-ups are the S-box, and its bytes shifted by two and six", () => {
  for (const x of bytes) {
    const y = (SBOX[x] ?? 0) ^ 0xd3;
    const [u, v] = [(y << 2) & 255, y >> 6];
    expect(say(held(x) ^ constants.INTO)).toEqual([held(y ^ u), held(u ^ v), y]);
  }
});

test("what is held comes back; what leaves a τ becomes the constant by L", () => {
  expect(bytes.map((x) => map(held(x), "PLAIN_LOW", "PLAIN_HIGH"))).toEqual(bytes);
  // L of a word of equal bytes turns each by two: of its five terms two cancel, and three are the same.
  expect(constants.OUT_OF).toBe(held(0x4f));
});

test("tables.ts is what tables.gen.ts writes", () => {
  expect(readFileSync(new URL("../../../wasm-core/sm4/tables.ts", import.meta.url), "utf8")).toBe(file());
});
