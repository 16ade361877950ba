/** The files of the core that field-product.gen.ts writes are what it writes. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { products } from "../../../wasm-core/sm2/field-product.gen.ts";

test.each(Object.entries(products()))("%s", (name, text) => {
  expect(readFileSync(new URL(`../../../wasm-core/sm2/${name}`, import.meta.url), "utf8")).toBe(text);
});
