/**
 * Writes `field-product.ts`, `pair-product.ts` and `pair-square.ts`: the products of the field of SM2 as straight lines, for one
 * product and for two side by side. `node wasm-core/sm2/field-product.gen.ts`.
 *
 * By columns (product scanning): column k gathers every aᵢ·bⱼ with i + j = k. Its low 29 bits are the quotient digit mₖ, because
 * −p⁻¹ ≡ 1 mod 2²⁹, and m·p for m = Σ mₖ·2²⁹ᵏ clears them. That costs no multiplication, as p + 1 = 2⁶⁴·(1 − 2³²)·(1 − 2¹⁶⁰): the
 * digits times the second factor are dⱼ = mⱼ − 2³·mⱼ₋₁, times the third dⱼ − 2¹⁵·dⱼ₋₅, and 2⁶⁴ is two columns and 2⁶, so column k gets
 * 2⁶·(dₖ₋₂ − 2¹⁵·dₖ₋₇). Columns 9 … 17 are the result, (a·b + m·p)/2²⁶¹, from which a third number can be subtracted at no cost.
 *
 * The pairs keep 64-bit columns of two products in the lanes of a vector. Processors before AVX-512 have no arithmetic
 * right shift of such lanes, so a bias makes every column positive before its carry is taken, and the next column takes the bias's carry back.
 *
 * tests/unit/gm/generated.test.ts compares the files with what is written here; bounds.test.ts follows the bounds.
 */
import { writeFileSync } from "node:fs";

const LIMBS = 9;
const COLUMNS = 2 * LIMBS - 1;
const limbs = Array.from({ length: LIMBS }, (_, i) => i);

/** What fits on a line of a function; the formatter breaks a longer one behind its sign. */
const WIDTH = 118;

/** The pairs i, j with aᵢ·bⱼ in column k; in a square each once, and twice its worth where i < j. */
function pairs(k: number, square: boolean): { readonly i: number; readonly j: number; readonly double: boolean }[] {
  const all = limbs.map((i) => ({ i, j: k - i, double: square && i < k - i })).filter(({ j }) => j >= 0 && j < LIMBS);
  return square ? all.filter(({ i, j }) => i <= j) : all;
}

/** The quotient digits that reach column k: dₖ₋₂ and dₖ₋₇, of which d₉ is only −8·m₈. */
const near = (k: number): number | null => (k - 2 >= 0 && k - 2 <= LIMBS ? k - 2 : null);
const far = (k: number): number | null => (k - 7 >= 0 && k - 7 <= LIMBS ? k - 7 : null);

/** One product on 64-bit numbers. */
function single(name: string, square: boolean): string {
  const load = (of: string): string[] => limbs.map((i) => `const ${of}${i} = i64.load32_s(${of}, ${4 * i});`);
  const lines = [...load("a"), ...(square ? limbs.slice(0, 8).map((i) => `const e${i} = a${i} << 1;`) : load("b"))];
  for (let k = 0; k < COLUMNS; k++) {
    const products = pairs(k, square).map(
      ({ i, j, double }) => `${double ? "e" : "a"}${i} * ${square ? "a" : "b"}${j}`,
    );
    const [one, other] = [near(k), far(k)];
    const digits =
      one !== null && other !== null
        ? [`((d${one} - (d${other} << 15)) << 6)`]
        : [...(one === null ? [] : [`(d${one} << 6)`]), ...(other === null ? [] : [`d${other} * -0x200000`])];
    const column = `${k === 0 ? "let t: i64 =" : "t +="} ${[...products, ...digits].join(" + ")};`;
    lines.push(column.length <= WIDTH ? column : column.replace("= ", "=\n    "));
    if (k >= LIMBS) {
      lines.push(`store<i32>(r, ((t as i32) << 3) >> 3, ${4 * (k - LIMBS)});`, "t = (t + HALF) >> 29;");
      continue;
    }
    lines.push(
      `const m${k} = t & MASK;`,
      k === 0 ? "const d0 = m0;" : `const d${k} = m${k} - (m${k - 1} << 3);`,
      "t >>= 29;",
    );
    if (k === LIMBS - 1) lines.push(`const d${LIMBS} = m${k} * -8;`);
  }
  lines.push("store<i32>(r, t as i32, 32);");
  return `export function ${name}(r: Limbs, a: Limbs${square ? "" : ", b: Limbs"}): void {\n  ${lines.join("\n  ")}\n}`;
}

/** Two products in the two lanes of vectors. Limbs 2v and 2v + 1 of both are the lower and the higher half of vector v. */
function pair(name: string, square: boolean, minus: boolean): string {
  const vectors = limbs.slice(0, 5);
  const half = (i: number): string => (i % 2 === 0 ? "low" : "high");
  const lines = vectors.map((v) => `const a${v} = v128.load(a, ${16 * v});`);
  if (square) lines.push(...vectors.slice(0, 4).map((v) => `const e${v} = i32x4.add(a${v}, a${v});`));
  const [from, named] = square ? ["a", "c"] : ["b", "b"];
  lines.push(...limbs.map((j) => `const ${named}${j} = v128.load64_splat(${from}, ${8 * j});`));
  lines.push("const mask = v128.load(MASK);", "const bias = v128.load(BIAS);", "const half = v128.load(BIAS_HALF);");
  for (let k = 0; k < COLUMNS; k++) {
    pairs(k, square).forEach(({ i, j, double }, place) => {
      const product = `i64x2.extmul_${half(i)}_i32x4_s(${double ? "e" : "a"}${i >> 1}, ${named}${j})`;
      lines.push(place === 0 ? `${k === 0 ? "let s" : "s"} = ${product};` : `s = i64x2.add(s, ${product});`);
    });
    const [one, other] = [near(k), far(k)];
    if (one !== null && other !== null) {
      lines.push(`s = i64x2.add(s, i64x2.shl(i64x2.sub(d${one}, i64x2.shl(d${other}, 15)), 6));`);
    } else if (one !== null) lines.push(`s = i64x2.add(s, i64x2.shl(d${one}, 6));`);
    else if (other !== null) lines.push(`s = i64x2.sub(s, i64x2.shl(d${other}, 21));`);
    if (minus && k >= LIMBS) {
      const at = k - LIMBS;
      lines.push(`s = i64x2.sub(s, i64x2.extend_${half(at)}_i32x4_s(v128.load(c, ${16 * (at >> 1)})));`);
    }
    lines.push(k === 0 ? "let t = s;" : "t = i64x2.add(t, s);");
    if (k >= LIMBS) {
      lines.push(`const r${k - LIMBS} = i64x2.add(t, half);`, `t = i64x2.shr_u(r${k - LIMBS}, 29);`);
      continue;
    }
    const digit = k === 0 ? "m0" : `i64x2.sub(m${k}, i64x2.shl(m${k - 1}, 3))`;
    lines.push(`const m${k} = v128.and(t, mask);`, `const d${k} = ${digit};`);
    if (k === LIMBS - 1) lines.push(`const d${LIMBS} = i64x2.neg(i64x2.shl(m${k}, 3));`);
    lines.push(`t = i64x2.shr_u(i64x2.add(t, ${k === 0 ? "v128.load(FIRST_BIAS)" : "bias"}), 29);`);
  }
  if (minus) lines.push(`t = i64x2.sub(t, i64x2.extend_low_i32x4_s(v128.load(c, 64)));`);
  lines.push("const mask32 = v128.load(MASK_32);", "const half32 = v128.load(HALF_32);");
  for (const v of vectors.slice(0, 4)) {
    lines.push(`const s${v} = v128.and(i32x4.shuffle(r${2 * v}, r${2 * v + 1}, 0, 2, 4, 6), mask32);`);
    lines.push(`v128.store(r, i32x4.sub(s${v}, half32), ${16 * v});`);
  }
  lines.push("v128.store64_lane(r, i32x4.shuffle(t, t, 0, 2, 0, 2), 0, 64);");
  const parameters = ["r", "a", ...(square ? [] : ["b"]), ...(minus ? ["c"] : [])].map((each) => `${each}: Pair`);
  return `export function ${name}(${parameters.join(", ")}): void {\n  ${lines.join("\n  ")}\n}`;
}

const head = (more: string): string => `/**
 * Written by field-product.gen.ts, which tells what this is. Kinds of elements and bounds: field.ts. r may be any argument.
 *
 * Constant time: everything here.
 */
${more}
`;

const PAIR_HEAD = `import { BIAS, BIAS_HALF, FIRST_BIAS, HALF_32, MASK, MASK_32, Pair } from "./pair";
`;

/** The files, by name. */
export const products = (): Readonly<Record<string, string>> => ({
  "field-product.ts": `${head(`import { Limbs } from "./limbs";

const MASK: i64 = 0x1fffffff;
const HALF: i64 = 0x10000000;`)}
/** r ← a·b·R⁻¹ mod p. r tight. */
${single("feMul", false)}

/** r ← a²·R⁻¹ mod p. r tight. */
${single("feSqr", true)}
`,
  "pair-product.ts": `${head(PAIR_HEAD)}/** r ← a·b·R⁻¹ mod p, in both lanes. r tight. */
${pair("pairMul", false, false)}

/** r ← a·b·R⁻¹ − c mod p, in both lanes. r tight. */
${pair("pairMulSub", false, true)}
`,
  "pair-square.ts": `${head(PAIR_HEAD)}/** r ← a²·R⁻¹ mod p, in both lanes. r tight. */
${pair("pairSqr", true, false)}

/** r ← a²·R⁻¹ − c mod p, in both lanes. r tight. */
${pair("pairSqrSub", true, true)}
`,
});

if (process.argv[1] === import.meta.filename) {
  for (const [name, text] of Object.entries(products())) writeFileSync(new URL(name, import.meta.url), text);
}
