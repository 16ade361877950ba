/**
 * Writes `compress.ts`: the compression function of SM3 without a loop over rounds. `node wasm-core/sm3/compress.gen.ts`.
 *
 * The eight words of a round move one place on; here nothing moves, and the names change places from round to round, which comes
 * out even after four. The last 16 words of the message expansion are held under the names w0 … w15, so nothing of a
 * message lies in memory but its own block. Rounds 16 to 63 are three turns of 16, whose constants Tⱼ <<< j come from a table:
 * measured against all 64 in a row, this is faster in newer engines (Node 24), and half the size.
 *
 * Additions are grouped so that what comes last in a chain, the sum SS1, is added last.
 *
 * tests/unit/gm/compress.test.ts compares the file with what is written here, and the constants with the standard.
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

/** Round j, clause 5.3.3, and before it the word of clause 5.3.2 that it is the first to need. `constant`: how Tⱼ <<< j is written. */
function round(j: number, constant: string): string[] {
  const [a, b, c, d, e, f, g, h] = namesIn(j);
  const [w, next] = [word(j), word(j + 4)];
  const mixed = `p1(${next} ^ ${word(j + 11)} ^ rotl<u32>(${word(j + 1)}, 15))`;
  const expansion = `${next} = ${mixed} ^ rotl<u32>(${word(j + 7)}, 7) ^ ${word(j + 14)};`;
  const ff = j < 16 ? `(${a} ^ ${b} ^ ${c})` : `majority(${a}, ${b}, ${c})`;
  const gg = j < 16 ? `(${e} ^ ${f} ^ ${g})` : `choice(${e}, ${f}, ${g})`;
  return [
    ...(j < 12 ? [] : [expansion]),
    `s = rotl<u32>(${e} + ${constant} + rotl<u32>(${a}, 12), 7);`,
    `${d} = ${d} + (${w} ^ ${next}) + ${ff} + (s ^ rotl<u32>(${a}, 12));`,
    `${h} = p0(${h} + ${w} + ${gg} + s);`,
    `${b} = rotl<u32>(${b}, 9);`,
    `${f} = rotl<u32>(${f}, 19);`,
  ];
}

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

/** The file. */
export function compression(): string {
  const at = (pointer: string, i: number) => (i === 0 ? pointer : `${pointer}, ${4 * i}`);
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
  range(0, 16).flatMap((j) => round(j, roundConstant(j))),
)}
    for (let t = T + 64; t < T + 256; t += 64) {
${lines(
  6,
  range(16, 32).flatMap((j) => round(j, `load<u32>(${at("t", j - 16)})`)),
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

if (process.argv[1] === import.meta.filename) writeFileSync(new URL("compress.ts", import.meta.url), compression());
