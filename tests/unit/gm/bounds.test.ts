/**
 * The bounds of the limbs through every point formula, by intervals: the test reads the calls in `wasm-core/sm2/point.ts` as they stand
 * and follows, for each, the least and greatest limbs and value. Nothing may leave 32 bits, no column may reach 2⁶³, and
 * every coordinate must come out tight again, whatever tight ones went in. Random tests never come near these ends.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { p } from "../../support/oracles/sm2.ts";

/** Least and greatest of limbs 0 … 7, of limb 8, and of the value. */
interface Interval {
  readonly limbs: Range;
  readonly top: Range;
  readonly value: Range;
}
type Range = readonly [least: bigint, most: bigint];

const R = 1n << 261n;
const LIMB = 1n << 29n;
const TOP = 1n << 232n;
/** Σ 2²⁹ⁱ for i below 8: what one unit in each low limb is worth. */
const LOW = (TOP - 1n) / (LIMB - 1n);

const abs = ([least, most]: Range): bigint => (-least > most ? -least : most);
const plus = (a: Range, b: Range): Range => [a[0] + b[0], a[1] + b[1]];
const minus = (a: Range, b: Range): Range => [a[0] - b[1], a[1] - b[0]];
const by = ([least, most]: Range, m: bigint): Range => (m < 0n ? [most * m, least * m] : [least * m, most * m]);
const within = (inner: Range, outer: Range): boolean => inner[0] >= outer[0] && inner[1] <= outer[1];
const floorDiv = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;

/** An element whose low limbs are carried, of this value. */
const carried = (value: Range): Interval => ({
  limbs: [0n, LIMB - 1n],
  top: [floorDiv(value[0], TOP), floorDiv(value[1], TOP)],
  value,
});

const TIGHT = carried([-p + 1n, 2n * p - 1n]);
const CANONICAL = carried([0n, p - 1n]);

const isTight = (a: Interval): boolean =>
  within(a.limbs, TIGHT.limbs) && within(a.top, [-(1n << 27n), 1n << 27n]) && within(a.value, TIGHT.value);

function inWord(a: Interval): Interval {
  const word: Range = [-(1n << 31n), (1n << 31n) - 1n];
  if (!within(a.limbs, word) || !within(a.top, word)) throw new Error("a limb leaves 32 bits");
  return a;
}

function product(a: Interval, b: Interval): Interval {
  const limb = (of: Interval, i: number): bigint => abs(i === 8 ? of.top : of.limbs);
  for (let k = 0; k < 17; k++) {
    let column = 1n << 36n; // the carry of the column before
    for (let i = 0; i < 9; i++) if (k - i >= 0 && k - i < 9) column += limb(a, i) * limb(b, k - i);
    column += LIMB * ((1n << 6n) + (1n << 9n) + (1n << 21n) + (1n << 24n));
    if (column >= 1n << 63n) throw new Error(`column ${k} reaches 2⁶³`);
  }
  const size = (abs(a.value) * abs(b.value)) / R + 1n;
  return carried([-size, size + p]);
}

function scaled(a: Interval, m: bigint): Interval {
  const [limbs, top] = [by(a.limbs, m), by(a.top, m)];
  if (abs(limbs) >= 1n << 50n || abs(top) >= 1n << 38n) throw new Error("too large to carry");
  // what stays below 2²⁵⁶ of limb 8, the low limbs, and h·(2²⁵⁶ − p) for what was above
  const h: Range = [floorDiv(top[0], 1n << 24n), floorDiv(top[1], 1n << 24n)];
  const low = by(limbs, LOW);
  return carried(plus(plus([0n, (1n << 256n) - TOP], low), by(h, (1n << 256n) - p)));
}

const source = readFileSync(new URL("../../../wasm-core/sm2/point.ts", import.meta.url), "utf8");

/** Name, parameters and body of each function of the file. */
const functions = new Map(
  [...source.matchAll(/function (\w+)\(([^)]*)\): \w+ \{\n([\s\S]*?)\n\}/g)].map(
    ([, name = "", parameters = "", body = ""]) => [
      name,
      { parameters: parameters.split(",").map((each) => each.split(":")[0]?.trim() ?? ""), body },
    ],
  ),
);

/** Runs a function over intervals. `state` holds what is known of each place; a place never written holds a coordinate. */
function follow(name: string, args: readonly string[], state: Map<string, Interval>): void {
  const called = functions.get(name);
  if (called === undefined) throw new Error(`${name} is not in point.ts`);
  const places = new Map(called.parameters.map((parameter, i) => [parameter, args[i] ?? parameter]));
  const place = (word: string): string => {
    const [base = "", offset] = word.trim().split(" + ");
    const named = places.get(base) ?? base;
    return offset === undefined ? named : `${named} + ${offset}`;
  };
  const read = (word: string): Interval => {
    const at = place(word);
    return at.startsWith("FE_") ? CANONICAL : (state.get(at) ?? TIGHT);
  };
  for (const [, callee = "", list = ""] of called.body.matchAll(/^ {2}(\w+)\((.*)\);/gm)) {
    const words = list.split(",");
    const [r = "", a = "", b = ""] = words;
    const write = (value: Interval): void => void state.set(place(r), inWord(value));
    const [x, y] = [a, b === "" || /^\s*-?\d+$/.test(b) ? a : b].map(read) as [Interval, Interval];
    if (callee === "feMul") write(product(x, y));
    else if (callee === "feSqr") write(product(x, x));
    else if (callee === "feNorm") write(scaled(x, 1n));
    else if (callee === "feScale") write(scaled(x, BigInt(b.trim())));
    else if (callee === "limbsCopy") write(x);
    else if (callee === "feAdd") {
      write({ limbs: plus(x.limbs, y.limbs), top: plus(x.top, y.top), value: plus(x.value, y.value) });
    } else if (callee === "feSub") {
      write({ limbs: minus(x.limbs, y.limbs), top: minus(x.top, y.top), value: minus(x.value, y.value) });
    } else follow(callee, words.map(place), state);
  }
}

test.each([
  ["pointAdd", ["r", "q", "s"]],
  ["pointAddAffine", ["r", "q", "s"]],
  ["pointDouble", ["r", "q"]],
])("%s stays within its bounds and gives tight coordinates", (name, args) => {
  const state = new Map<string, Interval>();
  follow(name, args, state);
  for (const coordinate of ["r", "r + Y", "r + Z"]) {
    const out = state.get(coordinate);
    expect([coordinate, out !== undefined && isTight(out)]).toEqual([coordinate, true]);
  }
});

test("pointFromBytes stays within its bounds", () => {
  expect(() => follow("pointFromBytes", ["r", "bytes"], new Map())).not.toThrow();
});

test("affineNegate", () => {
  const state = new Map<string, Interval>();
  follow("affineNegate", ["r", "q"], state);
  expect(isTight(state.get("r + Y") ?? product(TIGHT, TIGHT))).toBe(true);
});

test("the method sees a bound that is broken: a product of two sums", () => {
  const sum: Interval = {
    limbs: plus(TIGHT.limbs, TIGHT.limbs),
    top: plus(TIGHT.top, TIGHT.top),
    value: plus(TIGHT.value, TIGHT.value),
  };
  expect(() => product(sum, sum)).toThrow("reaches 2⁶³");
  expect(() => product(sum, TIGHT)).not.toThrow();
});
