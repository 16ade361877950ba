/**
 * Writes `compress.ts` and `compress-lanes.ts`: the compression function of SM3, for one message and for four side by side, from one
 * account of a round. `node wasm-core/sm3/compress.gen.ts`.
 *
 * The eight words of a round move one place on; here nothing moves, and the names change places from round to round, which comes
 * out even after four. Additions are grouped so that what comes last in a chain, the sum SS1, is added last.
 *
 * One message: no loop over rounds. The last 16 words of the message expansion are held under the names w0 … w15, so nothing of a message
 * lies in memory but its own block. Rounds 16 to 63 are three turns of 16, whose constants Tⱼ <<< j come from a table: measured
 * against all 64 in a row, this is faster in newer engines (Node 24), and half the size.
 *
 * Four messages: the words and what they expand to lie in memory, and each turn of a loop is four rounds: this is bound by the number of
 * operations, so nothing is gained by writing all rounds out.
 *
 * tests/unit/gm/compress.test.ts compares the files with what is written here, and the constants with the standard.
 */
import { writeFileSync } from "node:fs";

/** Tⱼ <<< j, GB/T 32905-2016 clauses 4.2 and 5.3.3. */
export function roundConstant(j: number): string {
  const t = j < 16 ? 0x79cc4519 : 0x7a879d8a;
  const by = j % 32;
  const rotated = ((t << by) | (t >>> (32 - by))) >>> 0;
  return `0x${rotated.toString(16).padStart(8, "0")}`;
}

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;
const word = (j: number): string => `w${j % 16}`;

/** The names of A … H in round j: A … D go round by one, and E … H. */
function namesIn(j: number): string[] {
  const turn = (of: readonly string[]) => of.map((_, i) => of[(i + 64 - j) % 4] ?? "");
  return [...turn(NAMES.slice(0, 4)), ...turn(NAMES.slice(4))];
}

/** How expressions are written. */
interface Tongue {
  readonly rotate: (x: string, by: number) => string;
  readonly xor: (...terms: readonly string[]) => string;
  readonly add: (...terms: readonly string[]) => string;
  /** Gives a value that comes twice a name: the lines for it, and what then stands for it. */
  readonly hold: (name: string, value: string) => readonly [lines: readonly string[], value: string];
}

/** Words of 32 bits; the compiler sees by itself what comes twice. */
const single: Tongue = {
  rotate: (x, by) => `rotl<u32>(${x}, ${by})`,
  xor: (...terms) => terms.join(" ^ "),
  add: (...terms) => terms.map((term) => (term.includes(" ^ ") ? `(${term})` : term)).join(" + "),
  hold: (_, value) => [[], value],
};

/** Vectors of four. */
const lanes: Tongue = {
  rotate: (x, by) => `rotate(${x}, ${by})`,
  xor: (...terms) => (terms.length === 2 ? `v128.xor(${terms.join(", ")})` : `parity(${terms.join(", ")})`),
  add: (...terms) => {
    const sum = `sum(${terms.slice(0, 3).join(", ")})`;
    return terms.slice(3).reduce((left, term) => `i32x4.add(${left}, ${term})`, sum);
  },
  hold: (name, value) => [[`${name} = ${value};`], name],
};

/** Word j of the expansion, clause 5.3.2, from those before it: what P₁ is taken of, and the whole, for the value of P₁. */
const mixed = ({ rotate, xor }: Tongue, before: (by: number) => string): string =>
  `p1(${xor(before(16), before(9), rotate(before(3), 15))})`;
const expanded = ({ rotate, xor }: Tongue, before: (by: number) => string, mix: string): string =>
  xor(mix, rotate(before(13), 7), before(6));

/** Round j, clause 5.3.3, for Wⱼ, Wⱼ₊₄ and Tⱼ <<< j. */
function round(j: number, tongue: Tongue, w: string, later: string, constant: string): string[] {
  const { rotate, xor, add, hold } = tongue;
  const [a, b, c, d, e, f, g, h] = namesIn(j) as [string, string, string, string, string, string, string, string];
  const ff = j < 16 ? xor(a, b, c) : `majority(${a}, ${b}, ${c})`;
  const gg = j < 16 ? xor(e, f, g) : `choice(${e}, ${f}, ${g})`;
  const [holdTurned, turned] = hold("x", rotate(a, 12));
  const [holdWord, word] = hold("y", w);
  return [
    ...holdTurned,
    `s = ${rotate(add(e, constant, turned), 7)};`,
    ...holdWord,
    `${d} = ${add(d, xor(word, later), ff, xor("s", turned))};`,
    `${h} = p0(${add(h, word, gg, "s")});`,
    `${b} = ${rotate(b, 9)};`,
    `${f} = ${rotate(f, 19)};`,
  ];
}

/** Round j of one message, and before it the word that it is the first to need. */
function roundOfOne(j: number, constant: string): string[] {
  const next = word(j + 4);
  const before = (by: number): string => word(j + 4 - by + 16);
  const expansion = `${next} = ${expanded(single, before, mixed(single, before))};`;
  return [...(j < 12 ? [] : [expansion]), ...round(j, single, word(j), next, constant)];
}

/** Four rounds of four messages, of the kind that round j is, for the words at w and the constants at t. */
const roundsOfFour = (first: number): string[] =>
  range(first, first + 4).flatMap((j) => {
    const at = (words: number): string => `v128.load(${offset("w", 16 * words)})`;
    return round(j, lanes, at(j % 4), at((j % 4) + 4), `v128.load32_splat(${offset("t", 4 * (j % 4))})`);
  });

/** A place, and what lies further on. */
const offset = (pointer: string, by: number): string => (by === 0 ? pointer : `${pointer}, ${by}`);

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const lines = (indent: number, list: readonly string[]): string =>
  list.map((line) => " ".repeat(indent) + line).join("\n");

/** The constants of all rounds, nine to a line. */
function table(): string {
  const constants = range(0, 64).map((j) => `${roundConstant(j)},`);
  return lines(
    2,
    range(0, 8).map((row) => constants.slice(9 * row, 9 * row + 9).join(" ")),
  );
}

function fileOfOne(): string {
  const at = (pointer: string, i: number) => offset(pointer, 4 * i);
  return `/** Written by compress.gen.ts, which tells what this is. Constant time: in all but the number of blocks. */

/** Tⱼ <<< j for j = 0 … 63, GB/T 32905-2016 clause 4.2. */
export const T = memory.data<u32>([
${table()}
]);

/** P₀, clause 4.4. */
function p0(x: u32): u32 {
  return x ^ rotl<u32>(x, 9) ^ rotl<u32>(x, 17);
}

/** P₁, clause 4.4. */
function p1(x: u32): u32 {
  return x ^ rotl<u32>(x, 15) ^ rotl<u32>(x, 23);
}

/** FFⱼ for j = 16 … 63, clause 4.3. */
function majority(x: u32, y: u32, z: u32): u32 {
  return (y & z) | ((y | z) & x);
}

/** GGⱼ for j = 16 … 63, clause 4.3. */
function choice(x: u32, y: u32, z: u32): u32 {
  return ((y ^ z) & x) ^ z;
}

/** state, eight native words, ← CF(state, B) for each of \`count\` blocks B of 64 bytes at block, clause 5.3.3. */
export function compress(state: usize, block: usize, count: i32): void {
${lines(
  2,
  NAMES.map((name, i) => `let ${name} = load<u32>(${at("state", i)});`),
)}
  for (; count > 0; count--) {
${lines(4, [...range(0, 16).map((i) => `let w${i} = bswap<u32>(load<u32>(${at("block", i)}));`), "let s: u32 = 0;"])}
${lines(
  4,
  range(0, 16).flatMap((j) => roundOfOne(j, roundConstant(j))),
)}
    for (let t = T + 64; t < T + 256; t += 64) {
${lines(
  6,
  range(16, 32).flatMap((j) => roundOfOne(j, `load<u32>(${at("t", j - 16)})`)),
)}
    }
${lines(4, [
  ...NAMES.map((name, i) => `${name} ^= load<u32>(${at("state", i)});`),
  ...NAMES.map((name, i) => `store<u32>(${i === 0 ? `state, ${name}` : `state, ${name}, ${4 * i}`});`),
  "block += 64;",
])}
  }
}
`;
}

function fileOfFour(): string {
  const before = (by: number): string => `v128.load(w - ${16 * by})`;
  return `/** Written by compress.gen.ts, which tells what this is. Constant time: everything here. */
import { T } from "./compress";
import { Lanes, W } from "./lanes";

/** Each lane of x <<< by. */
function rotate(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

/** Each lane of x <<< 8, which is one operation instead of three. */
function rotateByte(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
}

/** P₀, clause 4.4: x ⊕ (x <<< 9) ⊕ (x <<< 17). */
function p0(x: v128): v128 {
  const y = rotate(x, 9);
  return v128.xor(v128.xor(x, y), rotateByte(y));
}

/** P₁, clause 4.4: x ⊕ (x <<< 15) ⊕ (x <<< 23). */
function p1(x: v128): v128 {
  const y = rotate(x, 15);
  return v128.xor(v128.xor(x, y), rotateByte(y));
}

/** x + y + z. */
function sum(x: v128, y: v128, z: v128): v128 {
  return i32x4.add(i32x4.add(x, y), z);
}

/** x ⊕ y ⊕ z: FF and GG in rounds 0 to 15, clause 4.3. */
function parity(x: v128, y: v128, z: v128): v128 {
  return v128.xor(v128.xor(x, y), z);
}

/** FF in rounds 16 to 63. */
function majority(x: v128, y: v128, z: v128): v128 {
  return v128.or(v128.and(y, z), v128.and(v128.or(y, z), x));
}

/** GG in rounds 16 to 63. */
function choice(x: v128, y: v128, z: v128): v128 {
  return v128.xor(v128.and(v128.xor(y, z), x), z);
}

/** W₁₆ … W₆₇, clause 5.3.2. */
function expand(): void {
  for (let w = W + 256; w < W + 1088; w += 16) {
    const mixed = ${mixed(lanes, before)};
    v128.store(w, ${expanded(lanes, before, "mixed")});
  }
}

/** lanes ← CF of a block each, whose words are in W, clause 5.3.3. */
export function compressLanes(lanes: Lanes): void {
  expand();
${lines(
  2,
  NAMES.map((name, i) => `let ${name} = v128.load(${offset("lanes", 16 * i)});`),
)}
  let x: v128;
  let y: v128;
  let s: v128;
  let t = T;
  let w = W;
  for (; w < W + 256; w += 64) {
${lines(4, [...roundsOfFour(0), "t += 16;"])}
  }
  for (; w < W + 1024; w += 64) {
${lines(4, [...roundsOfFour(16), "t += 16;"])}
  }
${lines(
  2,
  NAMES.map((name, i) => {
    const at = offset("lanes", 16 * i);
    return `v128.store(lanes, v128.xor(v128.load(${at}), ${name})${i === 0 ? "" : `, ${16 * i}`});`;
  }),
)}
}
`;
}

/** The files, by name. */
export const compressions = (): Readonly<Record<string, string>> => ({
  "compress.ts": fileOfOne(),
  "compress-lanes.ts": fileOfFour(),
});

if (process.argv[1] === import.meta.filename) {
  for (const [name, text] of Object.entries(compressions())) writeFileSync(new URL(name, import.meta.url), text);
}
