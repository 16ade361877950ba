/**
 * The bounds of the columns of `wasm-core/sm2/inverse.ts`, by intervals: the test reads applyExactly and applyModulo as they stand and follows
 * the least and greatest value of every step, for any matrix whose rows sum up to at most 2²⁹. No step may leave 64 bits, no limb [0, 2²⁹),
 * and no limb 8 32 bits. inverse.test.ts has the numbers.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { n, p } from "../../support/oracles/sm2.ts";

type Range = readonly [least: bigint, most: bigint];

const ROW = 1n << 29n;
const TOP = 1n << 232n;

const hull = (...values: readonly bigint[]): Range => [
  values.reduce((a, b) => (a < b ? a : b)),
  values.reduce((a, b) => (a > b ? a : b)),
];

/** A range of 64 bits, or an error: nothing wraps unseen. */
function inLong([least, most]: Range): Range {
  if (least < -(1n << 63n) || most >= 1n << 63n) throw new Error("64 bits are left");
  return [least, most];
}

const text = readFileSync(new URL("../../../wasm-core/sm2/inverse.ts", import.meta.url), "utf8");

/** The statements of a function, and how often its loop runs. */
function bodyOf(name: string): { before: string[]; loop: string[]; after: string[] } {
  const [, body = ""] = new RegExp(`function ${name}\\([^)]*\\): void \\{\\n([\\s\\S]*?)\\n\\}`).exec(text) ?? [];
  const [before = "", rest = ""] = body.split("  for (let i = 4; i < 36; i += 4) {\n");
  const [loop = "", after = ""] = rest.split("\n  }\n");
  const lines = (part: string): string[] => part.split(";").flatMap((line) => line.trim() || []);
  return { before: lines(before), loop: lines(loop), after: lines(after) };
}

/** What the values of a name are within. */
type Names = Map<string, Range>;

const multiply = (a: Range, b: Range): Range => inLong(hull(a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]));
const plus = (a: Range, b: Range): Range => inLong([a[0] + b[0], a[1] + b[1]]);

/** Sums of products of names, with shifts to the right around them. */
function evaluate(expression: string, names: Names): Range {
  const shifted = /^\((.*)\) >> 29$/.exec(expression);
  if (shifted !== null) {
    const [least, most] = evaluate(shifted[1] ?? "", names);
    return [least >> 29n, most >> 29n];
  }
  // the product wraps, and its 29 low bits, signed, are all that is wanted
  if (/^\(\(\w+ \* dash\) << 35\) >> 35$/.test(expression)) return [-(ROW / 2n), ROW / 2n - 1n];
  const product = (term: string): Range =>
    term
      .split(" * ")
      .map((name) => names.get(name) ?? expect.unreachable(name))
      .reduce((a, b) => multiply(a, b));
  return expression.split(" + ").map(product).reduce(plus);
}

/** What a function leaves, for limbs of [0, 2²⁹) and these of limb 8: the last x and y, which become limb 8. */
function follow(name: string, top: bigint, modulus: bigint): Range[] {
  const names: Names = new Map(["u", "v", "q", "w"].map((each) => [each, [-ROW, ROW] as const]));
  const limb = (i: number, of: string): Range => {
    if (of !== "m") return i === 8 ? [-top, top] : [0n, ROW - 1n];
    const value = i === 8 ? modulus / TOP : (modulus >> BigInt(29 * i)) % ROW;
    return [value, value];
  };
  const stored: Range[] = [];
  function run(line: string, i: number): void {
    const [, target = "", sign = "", value = ""] = /^(?:const |let )?(\w+) (=|\+=|>>=) ([\s\S]*)$/.exec(line) ?? [];
    const load = /^load<i32>\((\w)(?: \+ i)?\) as i64$/.exec(value);
    const current = names.get(target) ?? ([0n, 0n] as const);
    if (value.startsWith("load<i64>(MATRIX")) return; // in names from the start
    if (load !== null) names.set(target, limb(i, load[1] ?? ""));
    else if (sign === "=") names.set(target, evaluate(value, names));
    else if (sign === "+=") names.set(target, plus(current, evaluate(value, names)));
    else if (line === `${target} >>= 29`) names.set(target, [current[0] >> 29n, current[1] >> 29n]);
    else if (/^store<i32>\(\w \+ i - 4, \((x|y) as i32\) & LIMB_MASK\)$/.test(line)) stored.push([0n, ROW - 1n]);
    else {
      const [, last = ""] = /^store<i32>\(\w, (x|y) as i32, 32\)$/.exec(line) ?? [];
      stored.push(names.get(last) ?? expect.unreachable(`${line} in ${name}`));
    }
  }
  const { before, loop, after } = bodyOf(name);
  for (const line of before) run(line, 0);
  for (let i = 1; i <= 8; i++) for (const line of loop) run(line, i);
  for (const line of after) run(line, 8);
  expect(stored.length).toBe(18);
  return stored.slice(16);
}

/** Limb 8 of a number of at most this size, whose other limbs are in [0, 2²⁹). */
const topOf = (size: bigint): bigint => size / TOP + 1n;

/** Whether what is left can be stored as limb 8. */
const fits = (ranges: readonly Range[]): boolean =>
  ranges.every(([least, most]) => least >= -(1n << 31n) && most < 1n << 31n);

test.each([
  ["p", p],
  ["n", n],
])("f and g mod %s: no row takes them out of [−m, m]", (_, modulus) => {
  expect(fits(follow("applyExactly", topOf(modulus), modulus))).toBe(true);
});

test.each([
  ["p", p],
  ["n", n],
])("d and e mod %s: through 21 matrices, each with half a modulus more", (_, modulus) => {
  let size = 1n;
  for (let i = 0; i < 21; i++) {
    expect(fits(follow("applyModulo", topOf(size), modulus))).toBe(true);
    // (|u| + |v|)/2²⁹ ≤ 1 of the greater, and |j| ≤ 2²⁸ times the modulus
    size += (modulus + 1n) / 2n;
  }
  expect(size < 11n * modulus && topOf(size) < 1n << 28n).toBe(true);
});

test("the rows: no step of 29 more than doubles the sum of either, which begins at 1", () => {
  const [, body = ""] = /function divsteps\([^)]*\): i64 \{\n([\s\S]*?)\n\}/.exec(text) ?? [];
  // q and r take u and v at most once, with one sign; u and v then become what q and r were, or stay; and are doubled
  const touched = body.match(/^ {4}(?:u|v|q|r) .*$/gm)?.map((line) => line.trim());
  expect(touched).toEqual([
    "q += ((u ^ swap) - swap) & odd;",
    "r += ((v ^ swap) - swap) & odd;",
    "u += q & swap;",
    "v += r & swap;",
    "u <<= 1;",
    "v <<= 1;",
  ]);
  expect(/const STEPS: i32 = 29;\nconst MATRICES: i32 = 21;/.test(text)).toBe(true);
});

test("the method sees bounds that are broken: columns of more than 64 bits, and a limb 8 of more than 32", () => {
  expect(() => follow("applyModulo", 1n << 34n, p)).toThrow("64 bits");
  expect(fits(follow("applyModulo", 1n << 31n, p))).toBe(false);
});
