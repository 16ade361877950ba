/** The gates of SM4's S-box: right on every byte, and the file that the build takes is what its generator writes. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SBOX } from "../../support/oracles/sbox.ts";
import { circuit, gates } from "../../../wasm-core/sm4/circuit.gen.ts";

/** XORed to the input, and to the output: they ride on the round keys. */
const [INTO, OUT_OF] = [0x75, 0xd3];

function substitute(byte: number): number {
  const planes = new Map<string, number>();
  for (let i = 0; i < 8; i++) planes.set(`x${i}`, ((byte ^ INTO) >> i) & 1);
  for (const { name, inputs, operation } of gates()) {
    const values = inputs.map((input) => planes.get(input) ?? Number.NaN);
    planes.set(
      name,
      values.reduce((left, right) => (operation === "and" ? left & right : left ^ right)),
    );
  }
  return Array.from({ length: 8 }, (_, i) => (planes.get(`y${i}`) ?? 0) << i).reduce((sum, bit) => sum | bit) ^ OUT_OF;
}

test("the gates are the S-box, and there are 114 of them", () => {
  expect(Array.from({ length: 256 }, (_, byte) => substitute(byte))).toEqual(SBOX);
  expect(gates().reduce((sum, { inputs }) => sum + inputs.length - 1, 0)).toBe(114);
});

test("circuit.ts is what circuit.gen.ts writes", () => {
  const file = new URL("../../../wasm-core/sm4/circuit.ts", import.meta.url);
  expect(readFileSync(file, "utf8")).toBe(circuit());
});
