/**
 * The bounds of the limbs through every point formula, by intervals: the test reads `wasm-core/sm2/point.ts` and `coordinates.ts` as they
 * stand and follows, for each product and each step between products, the least and greatest limbs and value of both lanes. Nothing may
 * leave 32 bits, no column may reach 2⁶³, and every coordinate must come out within the bounds that went in. Random tests never come
 * near these ends.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { p } from "../../support/oracles/sm2.ts";

type Range = readonly [least: bigint, most: bigint];

/** Least and greatest of limbs 0 … 7, of limb 8, and of the value. */
interface Interval {
  readonly limbs: Range;
  readonly top: Range;
  readonly value: Range;
}

/** The two elements of a pair; a single element is one whose second lane nobody reads. */
type Lanes = readonly [first: Interval, second: Interval];

const R = 1n << 261n;
const LIMB = 1n << 29n;
const TOP = 1n << 232n;

const abs = ([least, most]: Range): bigint => (-least > most ? -least : most);
const within = (inner: Range, outer: Range): boolean => inner[0] >= outer[0] && inner[1] <= outer[1];
const floorDiv = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;

/** Of each range of both: what a sum, a difference or a multiple is within. */
const combine = (a: Interval, b: Interval, rule: (a: Range, b: Range) => Range): Interval => ({
  limbs: rule(a.limbs, b.limbs),
  top: rule(a.top, b.top),
  value: rule(a.value, b.value),
});
const plus = (a: Interval, b: Interval) => inWord(combine(a, b, (x, y) => [x[0] + y[0], x[1] + y[1]]));
const minus = (a: Interval, b: Interval) => inWord(combine(a, b, (x, y) => [x[0] - y[1], x[1] - y[0]]));

function inWord(a: Interval): Interval {
  const word: Range = [-(1n << 31n), (1n << 31n) - 1n];
  if (!within(a.limbs, word) || !within(a.top, word)) throw new Error("a limb leaves 32 bits");
  return a;
}

/** An element whose limbs were carried, to either side of zero, of this value. */
const carried = (value: Range): Interval => ({
  limbs: [-LIMB / 2n, LIMB / 2n - 1n],
  top: [floorDiv(value[0], TOP) - 1n, floorDiv(value[1], TOP) + 1n],
  value,
});

const ZERO: Interval = { limbs: [0n, 0n], top: [0n, 0n], value: [0n, 0n] };
const TIGHT: Interval = {
  limbs: [-LIMB / 2n, LIMB / 2n],
  top: [-(1n << 26n), 1n << 26n],
  value: [-4n * p + 1n, 4n * p - 1n],
};
/** Affine coordinates: products, or such negated. */
const AFFINE: Interval = { ...TIGHT, value: [-2n * p + 1n, 2n * p - 1n] };
/** What y of a sum is: the difference of two products. */
const DIFFERENCE: Interval = { ...TIGHT, limbs: [-LIMB, LIMB] };

const isWithin = (a: Interval, bounds: Interval): boolean =>
  within(a.limbs, bounds.limbs) && within(a.top, bounds.top) && within(a.value, bounds.value);

/** One interval object is one element: its product with itself is not negative. */
function product(a: Interval, b: Interval, less = ZERO): Interval {
  const limb = (of: Interval, i: number): bigint => abs(i === 8 ? of.top : of.limbs);
  for (let k = 0; k < 17; k++) {
    // the carry of the column before, what is subtracted, and the quotient digits: d is below 2³²
    let column = (1n << 35n) + (1n << 31n) + (1n << 32n) * ((1n << 6n) + (1n << 21n));
    for (let i = 0; i < 9; i++) if (k - i >= 0 && k - i < 9) column += limb(a, i) * limb(b, k - i);
    if (column >= 1n << 63n) throw new Error(`column ${k} reaches 2⁶³`);
  }
  const size = (abs(a.value) * abs(b.value)) / R + 1n;
  return carried([(a === b ? 0n : -size) - less.value[1], size + p - less.value[0]]);
}

/** Every function of a file: parameters and body. */
const functionsOf = (file: string): ReadonlyMap<string, { parameters: string[]; body: string }> =>
  new Map(
    [
      ...readFileSync(new URL(`../../../wasm-core/sm2/${file}`, import.meta.url), "utf8").matchAll(
        /function (\w+)\(([^)]*)\): \w+ \{\n([\s\S]*?)\n\}/g,
      ),
    ].map(([, name = "", parameters = "", body = ""]) => [
      name,
      { parameters: parameters.split(",").map((each) => each.split(":")[0]?.trim() ?? ""), body },
    ]),
  );

/** Arguments of a call, which may be calls. */
function split(list: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of list) {
    if (letter === "," && depth === 0) parts.push("");
    else {
      depth += letter === "(" ? 1 : letter === ")" ? -1 : 0;
      parts.push(`${parts.pop() ?? ""}${letter}`);
    }
  }
  return parts.map((part) => part.trim());
}

const each = (a: Lanes, b: Lanes, rule: (a: Interval, b: Interval) => Interval): Lanes => [
  rule(a[0], b[0]),
  rule(a[1], b[1]),
];

/** The steps between products, by the names that point.ts gives them. */
const steps: Readonly<Record<string, (...args: readonly Lanes[]) => Lanes>> = {
  add: (a = [ZERO, ZERO], b = a) => each(a, b, plus),
  sub: (a = [ZERO, ZERO], b = a) => each(a, b, minus),
  triple: (a = [ZERO, ZERO]) => each(a, each(a, a, plus), plus),
  swap: ([first, second] = [ZERO, ZERO]) => [second, first],
  both: (a = [ZERO, ZERO], b = a) => [a[0], b[1]],
  firsts: ([first] = [ZERO, ZERO]) => [first, first],
  seconds: ([, second] = [ZERO, ZERO]) => [second, second],
  none: () => [ZERO, ZERO],
};

/** Where a load or a store goes: `v128.load(q + i, YZ)` is the place "q + YZ". */
const placeOf = (address: string, offset?: string): string =>
  `${address.replace(" + i", "")}${offset === undefined ? "" : ` + ${offset}`}`;

/** Runs the pair functions of point.ts. `inputs`: what its arguments hold. */
function follow(name: string, inputs: ReadonlyMap<string, Lanes>): ReadonlyMap<string, Lanes> {
  const { body = "" } = functionsOf("point.ts").get(name) ?? {};
  if (body === "") throw new Error(`${name} is not in point.ts`);
  const state = new Map(inputs);
  const named = new Map<string, Lanes>();
  const read = (place: string): Lanes => state.get(place) ?? expect.unreachable(`${place} in ${name}`);
  function evaluate(expression: string): Lanes {
    const [, callee = "", list = ""] = /^([\w.]+)\(([\s\S]*)\)$/.exec(expression) ?? [];
    if (callee === "") return named.get(expression) ?? expect.unreachable(`${expression} in ${name}`);
    const args = split(list).filter((part) => part !== "");
    if (callee === "v128.load") return read(placeOf(args[0] ?? "", args[1]));
    return steps[callee]?.(...args.map(evaluate)) ?? expect.unreachable(`${callee} in ${name}`);
  }
  for (const line of body.split(/;(?: \/\/.*)?\n?|\{\n|\}\n/).map((text) => text.trim())) {
    const constant = /^const (\w+) = ([\s\S]*)$/.exec(line);
    const call = /^([\w.]+)\(([\s\S]*)\)$/.exec(line);
    if (constant !== null) named.set(constant[1] ?? "", evaluate(constant[2] ?? ""));
    else if (call?.[1] === "v128.store") {
      const [address = "", value = "", offset] = split(call[2] ?? "");
      state.set(placeOf(address, offset), evaluate(value));
    } else if (call !== null && call[1]?.startsWith("pair") === true) {
      const [r = "", ...places] = split(call[2] ?? "");
      const [a, b, c] = places.map(read) as [Lanes, Lanes?, Lanes?];
      const isSquare = call[1].startsWith("pairSqr");
      const [right, less] = isSquare ? [a, b] : [b ?? a, c];
      state.set(r, [product(a[0], right[0], less?.[0]), product(a[1], right[1], less?.[1])]);
    } else if (line !== "" && !line.startsWith("for (") && !["}", "i += 16)", "i < PAIR_LEN"].includes(line)) {
      expect.unreachable(`${line} in ${name}`);
    }
  }
  return state;
}

test.each(["pointDouble", "pointAddAffine"])("%s stays within its bounds, and so does what it gives", (name) => {
  const x1 = { ...TIGHT };
  const state = follow(
    name,
    new Map<string, Lanes>([
      ["q", [x1, x1]],
      ["q + YZ", [{ ...DIFFERENCE }, { ...TIGHT }]],
      ["s", [{ ...AFFINE }, { ...AFFINE }]],
    ]),
  );
  const [x, xAgain] = state.get("r") ?? expect.unreachable();
  const [y, z] = state.get("r + YZ") ?? expect.unreachable();
  expect([isWithin(x, TIGHT), isWithin(xAgain, TIGHT), isWithin(y, DIFFERENCE), isWithin(z, TIGHT)]).toEqual(
    Array.from({ length: 4 }, () => true),
  );
});

test.each(["affineFromBytes", "affineFromPoint"])(
  "%s stays within its bounds, and gives affine coordinates",
  (name) => {
    const { body = "" } = functionsOf("coordinates.ts").get(name) ?? {};
    const number: Interval = { limbs: [0n, LIMB - 1n], top: [0n, (1n << 24n) - 1n], value: [0n, (1n << 256n) - 1n] };
    /** Elements by name; those in a pair by its name and their lane. */
    const state = new Map<string, Interval>([
      ["FE_ONE", { ...TIGHT }],
      ["FE_B", { ...TIGHT }],
      ["inverse", { ...TIGHT }],
      ["q, 0", { ...TIGHT }],
      ["q + YZ, 0", { ...DIFFERENCE }],
    ]);
    const read = (place = ""): Interval => state.get(place) ?? expect.unreachable(`${place} in ${name}`);
    const rules: Readonly<Record<string, (r: string, ...list: readonly string[]) => Interval>> = {
      feFromBytes: () => product(number, { ...TIGHT }),
      feMul: (_, a, b) => product(read(a), read(b)),
      feSqr: (_, a) => product(read(a), read(a)),
      feSub: (_, a, b) => minus(read(a), read(b)),
      feTriple: (_, a) => plus(read(a), plus(read(a), read(a))),
      pairTake: (_, a, lane) => read(`${a}, ${lane}`),
    };
    for (const [, callee = "", list = ""] of body.matchAll(/\b((?:fe|pair)\w+)\(([^()]*)\)/g)) {
      const [r = "", a = "", ...more] = split(list);
      if (callee === "pairPut") state.set(`${r}, ${more[0]}`, read(a));
      else if (callee === "feIsZero") expect(abs(read(r).value)).toBeLessThan(16n * p);
      else state.set(r, rules[callee]?.(r, a, ...more) ?? expect.unreachable(`${callee} in ${name}`));
    }
    expect([isWithin(read("r, 0"), AFFINE), isWithin(read("r, 1"), AFFINE)]).toEqual([true, true]);
  },
);

test("the method sees bounds that are broken: fourfold by fourfold, and a limb of more than 32 bits", () => {
  const twofold = plus(TIGHT, TIGHT);
  const fourfold = plus(twofold, twofold);
  expect(() => product(fourfold, fourfold)).toThrow("reaches 2⁶³");
  expect(() => product(fourfold, plus(twofold, TIGHT))).not.toThrow();
  expect(() => plus(fourfold, fourfold)).toThrow("32 bits");
});
