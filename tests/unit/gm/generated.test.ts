/** The files of the core that scripts write are what their scripts write. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { products } from "../../../wasm-core/sm2/field-product.gen.ts";

test.each(Object.entries(products()))("%s", (name, text) => {
  // the formatter breaks long lines
  const written = readFileSync(new URL(`../../../wasm-core/sm2/${name}`, import.meta.url), "utf8");
  expect(written.replaceAll(/\s|,(?=\s*\))/g, "")).toBe(text.replaceAll(/\s|,(?=\s*\))/g, ""));
});
