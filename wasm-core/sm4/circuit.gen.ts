/**
 * Writes `circuit.ts`: τ and L of SM4 as straight lines of gates over bit planes. `node wasm-core/sm4/circuit.gen.ts`.
 *
 * τ. The S-boxes of SM4 and of AES are the inversion of GF(2⁸) between two affine maps, and the fields are the same but for their
 * names. So the 63 gates of Boyar and Peralta's AES circuit (eprint 2009/191, figure 6: M1 … M63) do the inversion; 20 XOR
 * gates lead in, 31 out. Searched for: all 8 isomorphisms of the fields with all 255 scalings, the least of both sides taken. The
 * constants of the affine maps are no gates: 0x75 is XORed to each byte of a round key, 0xd3 comes out with each byte (planes.ts).
 *
 * L. B ⊕ B<<<2 ⊕ B<<<10 ⊕ B<<<18 ⊕ B<<<24 renames planes. With Eⱼ = Bⱼ ⊕ Bⱼ₋₈, plane j is Eⱼ₊₈ ⊕ Eⱼ₋₂ ⊕ Bⱼ₋₁₈: three gates
 * instead of four.
 *
 * tests/unit/gm/circuit.test.ts runs these gates on all 256 bytes, and compares the file with what is written here.
 */
import { writeFileSync } from "node:fs";

const LEAD_IN = `
  t68=x2^x6 t70=x1^t68 t71=x0^t70 t103=x5^t71 t67=x2^t71 t111=x3^t103 t3=x0^x1 t109=x1^t111 t102=x0^t103 t18=x1^x4
  t81=t67^t18 t85=x2^t81 t93=x3^t85 t113=x5^t81 t50=x5^t18 t178=x7^t50 t244=t70^t178 t155=t111^t244 t133=t113^t244
  t223=t68^t155`;

/** Where the AES circuit takes its T1 … T27 and D from. */
const NAMED: Readonly<Record<string, string>> = {
  ...{ T1: "x5", T2: "t71", T3: "t50", T4: "t103", T6: "t109", T8: "t223", T9: "t155", T10: "t68", T13: "t85" },
  ...{ T14: "t102", T15: "t70", T16: "t111", T17: "t244", T19: "t81", T20: "t113", T22: "t67", T23: "x2", T24: "t3" },
  ...{ T25: "t133", T26: "t93", T27: "x1", D: "t178" },
};

const INVERSION = `
  m1=T13&T6 m2=T23&T8 m3=T14^m1 m4=T19&D m5=m4^m1 m6=T3&T16 m7=T22&T9 m8=T26^m6 m9=T20&T17 m10=m9^m6
  m11=T1&T15 m12=T4&T27 m13=m12^m11 m14=T2&T10 m15=m14^m11 m16=m3^m2 m17=m5^T24 m18=m8^m7 m19=m10^m15 m20=m16^m13
  m21=m17^m15 m22=m18^m13 m23=m19^T25 m24=m22^m23 m25=m22&m20 m26=m21^m25 m27=m20^m21 m28=m23^m25 m29=m28&m27
  m30=m26&m24 m31=m20&m23 m32=m27&m31 m33=m27^m25 m34=m21&m22 m35=m24&m34 m36=m24^m25 m37=m21^m29 m38=m32^m33
  m39=m23^m30 m40=m35^m36 m41=m38^m40 m42=m37^m39 m43=m37^m38 m44=m39^m40 m45=m42^m41
  m46=m44&T6 m47=m40&T8 m48=m39&D m49=m43&T16 m50=m38&T9 m51=m37&T17 m52=m42&T15 m53=m45&T27 m54=m41&T10
  m55=m44&T13 m56=m40&T23 m57=m39&T19 m58=m43&T3 m59=m38&T22 m60=m37&T20 m61=m42&T1 m62=m45&T4 m63=m41&T2`;

const LEAD_OUT = `
  b18=m50^m51 b19=m60^m62 b20=m63^b19 b21=m56^m58 b22=m46^m52 b23=m53^b18 b24=m48^m59 b25=m57^b21 b26=m47^b18
  b27=m54^b23 b28=b20^b24 b29=m61^b22 b30=b25^b29
  y0=m54^m63^b24^b30 y1=m46^m49^m51^b28 y2=m48^b19^b23^b30 y3=m54^b22^b26 y4=b26^b28 y5=m55^m57^m58^m60^b27
  y6=m55^b20^b21 y7=b27`;

export interface Gate {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly operation: "and" | "xor";
}

function parseGate(text: string): Gate {
  const [name = "", expression = ""] = text.split("=");
  const inputs = expression.split(/[&^]/).map((input) => NAMED[input] ?? input);
  return { name, inputs, operation: expression.includes("&") ? "and" : "xor" };
}

/** In an order in which each finds its inputs. */
export function gates(): readonly Gate[] {
  return [LEAD_IN, INVERSION, LEAD_OUT].flatMap((text) => text.trim().split(/\s+/).map(parseGate));
}

const called = ({ operation, inputs }: Gate) => inputs.reduce((left, right) => `v128.${operation}(${left}, ${right})`);
const planes = Array.from({ length: 32 }, (_, plane) => plane);
const at = (plane: number) => (plane + 32) % 32;

/** The file. */
export function circuit(): string {
  const read = planes
    .slice(0, 8)
    .flatMap((i) => [
      `  const k${i} = v128.xor(v128.load(d, ${16 * i}), v128.load32_splat(keys, ${4 * i}));`,
      `  const x${i} = v128.xor(v128.xor(v128.load(b, ${16 * i}), v128.load(c, ${16 * i})), k${i});`,
    ]);
  const work = gates().map((gate) => `  const ${gate.name} = ${called(gate)};`);
  const write = planes.slice(0, 8).map((i) => `  v128.store(to, y${i}, ${16 * i});`);
  const pair = (j: number) =>
    `  const e${at(j)} = v128.xor(v128.load(b, ${16 * at(j)}), v128.load(b, ${16 * at(j - 8)}));`;
  // Eⱼ₊₈ is that of plane j + 10, too: in steps of ten, planes of even number first, few of them wait.
  const mixed = planes
    .map((step) => at(10 * step + (step >> 4)))
    .flatMap((j, step) => {
      const sum = `v128.xor(v128.xor(e${at(j + 8)}, e${at(j - 2)}), v128.load(b, ${16 * at(j - 18)}))`;
      const store = `  v128.store(to, v128.xor(v128.load(x, ${16 * j}), ${sum}), ${16 * j});`;
      const [isFirst, isLast] = [(step & 15) === 0, (step & 15) === 15];
      return [...(isFirst ? [pair(j - 2)] : []), ...(isLast ? [] : [pair(j + 8)]), store];
    });
  return `/** Written by circuit.gen.ts, which tells what this is. Constant time: no branch, and no address but the arguments'. */

/** to ← τ of one byte of each word: eight planes of b ⊕ c ⊕ d ⊕ keys. GB/T 32907-2016 clause 6.2. */
export function substitutePlanes(to: usize, b: usize, c: usize, d: usize, keys: usize): void {
${[...read, ...work, ...write].join("\n")}
}

/** to ← x ⊕ L of b, 32 planes each. GB/T 32907-2016 clause 6.2. */
export function mixPlanes(to: usize, x: usize, b: usize): void {
${mixed.join("\n")}
}
`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(new URL("circuit.ts", import.meta.url), circuit());
