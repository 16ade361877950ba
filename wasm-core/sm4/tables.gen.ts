/**
 * Writes `tables.ts`: what cipher.ts looks up by half bytes. `node wasm-core/sm4/tables.gen.ts`.
 *
 * τ is A·(A·x + c)⁻¹ + c in GF(2⁸) modulo x⁸ + x⁷ + x⁶ + x⁵ + x⁴ + x² + 1. The inversion is Mike Hamburg's (Accelerating AES with vector
 * permute instructions, CHES 2009): the field is also GF(16)[t] modulo t² + 2t + 2 over GF(2)[x] modulo x⁴ + x + 1, and of i·t + k with
 * j = i + k the two half bytes 1/(1/i + 2/k) + j and 1/(1/j + 2/k) + i name the inverse: it is the sum of what two tables say of them.
 * 1/0 is 0x80, which a look-up answers with 0, and which is itself an infinity when something finite is added.
 *
 * A byte x of the cipher's state is held as H·x: H is A, then the way into GF(16)[t]. So the state falls into i and k by itself, and
 * no table stands before the inversion. Behind it L, clause 6.2, wants the byte y = A·z (z being the inverse) shifted by two, to the
 * left (u) and, what falls out there, in the next byte (v): the word is (y + u) + (u + v)<<<8 + (u + v)<<<16 + (y + v)<<<24. Two pairs
 * of tables say y + u and u + v, held like the state; a third pair says y itself, for the key schedule. The constants c ride on the
 * round keys, as in planes.ts.
 *
 * tests/unit/gm/tables.test.ts runs the look-ups on all 256 bytes, and compares the file with what is written here.
 */
import { writeFileSync } from "node:fs";

type Map8 = (x: number) => number;

const bytes = Array.from({ length: 256 }, (_, x) => x);
const halves = bytes.slice(0, 16);
const bitsOf = (x: number) => Array.from({ length: 8 }, (_, i) => i).filter((i) => (x >> i) & 1);
const sum = (values: readonly number[]) => values.reduce((left, right) => left ^ right, 0);
const find = (from: readonly number[], fits: (x: number) => boolean): number => {
  const found = from.find(fits);
  if (found === undefined) throw new Error("the algebra does not hold");
  return found;
};

/** The product in GF(16). */
function times16(x: number, y: number): number {
  let product = sum(bitsOf(y).map((i) => x << i));
  for (let i = 6; i >= 4; i--) if ((product >> i) & 1) product ^= 0x13 << (i - 4);
  return product;
}

/** Of i·t + k, with t² = 2t + 2. */
function timesTower(x: number, y: number): number {
  const [i, k, m, n] = [x >> 4, x & 15, y >> 4, y & 15];
  const square = times16(times16(i, m), 2);
  return ((times16(i, n) ^ times16(k, m) ^ square) << 4) | (times16(k, n) ^ square);
}

/** Row i of A is 0xa7 turned left by i. */
const affine: Map8 = (x) =>
  sum(bytes.slice(0, 8).map((i) => (bitsOf(x & ((0xa7 << i) | (0xa7 >> (8 - i)))).length & 1) << i));
const C = 0xd3;

/** Where the first field's x goes: to a root of its polynomial. */
const powers = (root: number) => {
  const list = [1];
  while (list.length < 9) list.push(timesTower(list.at(-1) ?? 0, root));
  return list;
};
const root = find(bytes, (x) => x > 1 && sum(bitsOf(0xf5).map((i) => powers(x)[i] ?? 0)) === (powers(x)[8] ?? 0));
const intoTower: Map8 = (x) => sum(bitsOf(x).map((i) => powers(root)[i] ?? 0));
const held: Map8 = (x) => intoTower(affine(x));
const inverted = (map: Map8) => {
  const list = bytes.map(map);
  return (y: number) => find(bytes, (x) => list[x] === y);
};
const fromTower = inverted(intoTower);
const unheld = inverted(held);

const INFINITE = 0x80;
const reciprocals = halves.map((x) => (x === 0 ? INFINITE : find(halves, (y) => times16(x, y) === 1)));
const twoOver = reciprocals.map((x) => (x === INFINITE ? x : times16(x, 2)));

/** What a processor looks up. */
export const look = (table: readonly number[], place: number): number =>
  place >= 128 ? 0 : (table[place] ?? Number.NaN);

/** The two half bytes that name the inverse of x. */
function names(x: number): readonly [number, number] {
  const [i, k] = [x >> 4, x & 15];
  const j = i ^ k;
  const name = (a: number, b: number) => look(reciprocals, look(reciprocals, a) ^ look(twoOver, k)) ^ b;
  return [name(i, j), name(j, i)];
}

const inverse: Map8 = (x) => (x === 0 ? 0 : find(bytes, (y) => timesTower(x, y) === 1));

/** Two tables whose sum, at the names of x, is the inverse of x: spread from what an infinite name, which says 0, leaves to the other. */
function solve(): readonly [readonly number[], readonly number[]] {
  const tables = [new Map<number, number>(), new Map<number, number>()] as const;
  const known = (side: 0 | 1, place: number) => (place >= INFINITE ? 0 : tables[side].get(place));
  for (let size = -1; size < tables[0].size + tables[1].size;) {
    size = tables[0].size + tables[1].size;
    for (const x of bytes) {
      const [first, second] = names(x);
      const [one, other] = [known(0, first), known(1, second)];
      if (one !== undefined && other === undefined) tables[1].set(second, one ^ inverse(x));
      if (one === undefined && other !== undefined) tables[0].set(first, other ^ inverse(x));
      if (one !== undefined && other !== undefined && (one ^ other) !== inverse(x)) throw new Error(`no sum for ${x}`);
    }
  }
  const [first, second] = tables;
  return [halves.map((place) => first.get(place) ?? 0), halves.map((place) => second.get(place) ?? 0)];
}

const solved = solve();
const pair = (map: Map8) => solved.map((table) => table.map(map)) as [number[], number[]];
const split = (map: Map8): [number[], number[]] => [halves.map(map), halves.map((x) => map(x << 4))];
const y: Map8 = (z) => affine(fromTower(z));
const u: Map8 = (z) => (y(z) << 2) & 255;
const v: Map8 = (z) => y(z) >> 6;

const [HELD_LOW, HELD_HIGH] = split(held);
const [PLAIN_LOW, PLAIN_HIGH] = split(unheld);
const [YU_1, YU_2] = pair((z) => held(y(z) ^ u(z)));
const [UV_1, UV_2] = pair((z) => held(u(z) ^ v(z)));
const [Y_1, Y_2] = pair(y);

/** By name: what each says, and its sixteen bytes. */
export const tables = {
  HELD_LOW: ["H·x for a low half byte", HELD_LOW],
  HELD_HIGH: ["H·x for a high half byte", HELD_HIGH],
  PLAIN_LOW: ["x for a low half byte of H·x", PLAIN_LOW],
  PLAIN_HIGH: ["x for a high half byte of H·x", PLAIN_HIGH],
  RECIPROCAL: ["1/x in GF(16); 0x80 for 1/0", reciprocals],
  TWO_OVER: ["2/x in GF(16); 0x80 for 2/0", twoOver],
  YU_1: ["H·(y + u), from the first name of an inverse", YU_1],
  YU_2: ["H·(y + u), from the second", YU_2],
  UV_1: ["H·(u + v), from the first", UV_1],
  UV_2: ["H·(u + v), from the second", UV_2],
  Y_1: ["y, from the first", Y_1],
  Y_2: ["y, from the second", Y_2],
} as const satisfies Record<string, readonly [string, readonly number[]]>;

/** What rides on the round keys: c, on its way into the inversion, and what c becomes by L on its way out; both held like the state. */
export const constants = { INTO: intoTower(C), OUT_OF: held(((C << 2) | (C >> 6)) & 255) };

const hex = (x: number) => `0x${x.toString(16).padStart(2, "0")}`;

/** The file. */
export function file(): string {
  const placed = Object.entries(tables).map(
    ([name, [about, list]]) =>
      `/** ${about}. */\nexport const ${name} = memory.data<u8>(\n  [${list.map(hex).join(", ")}],\n  16,\n);\n`,
  );
  return `/** Written by tables.gen.ts, which tells what this is. Constant time: not applicable; no arithmetic here. */

${placed.join("\n")}
/** XORed to each byte of a held round key: c, on its way into the inversion. */
export const INTO: i32 = ${hex(constants.INTO)};

/** What c becomes by L, held: a word of it in every byte. */
export const OUT_OF: i32 = ${hex(constants.OUT_OF)};
`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(new URL("tables.ts", import.meta.url), file());
