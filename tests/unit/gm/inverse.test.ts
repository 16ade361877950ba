/**
 * Inversion by divsteps, matrix by matrix, at edges: the numbers of inverse.ts against plain divsteps in BigInt, and the bounds of its
 * limbs and values. Between matrices everything lies in memory, so that a test can look.
 */
import { describe, expect, test } from "vitest";
import { mod } from "../../support/oracles/bigint.ts";
import { builds, limbsOf, Probe, valueOf } from "../../support/oracles/probe.ts";
import { n, p } from "../../support/oracles/sm2.ts";

const [STEPS, MATRICES] = [29, 21];
const ROW = 2n ** 29n;

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

interface Divstep {
  /** Twice δ, which begins at ½. */
  readonly twice: bigint;
  readonly f: bigint;
  readonly g: bigint;
}

/** One divstep, as the paper has it. */
function divstep({ twice, f, g }: Divstep): Divstep {
  if (twice > 0n && g % 2n !== 0n) return { twice: 2n - twice, f: g, g: (g - f) / 2n };
  return { twice: twice + 2n, f, g: (g + abs(g % 2n) * f) / 2n };
}

const moduli = [
  { name: "p", m: p, dash: 1n },
  { name: "n", m: n, dash: 0x12350975n },
] as const;

/** 0 and 1, both ends, powers of two and what is beside them, long runs of zeros and of ones, limbs at their ends, and a long Euclid. */
function edges(m: bigint): bigint[] {
  const powers = Array.from({ length: 256 }, (_, k) => 2n ** BigInt(k));
  const atLimbs = powers.filter((_, k) => [28, 0, 1].includes(k % 29) || k > 250);
  const patterns = [0x55n, 0xaan, 0x0fn, 0x01n, 0x80n].map((byte) => byte * ((2n ** 256n - 1n) / 255n));
  const golden = (m * 0x9e3779b97f4a7c15n) >> 64n;
  return [
    0n,
    3n,
    m - 1n,
    m - 2n,
    (m - 1n) / 2n,
    (m + 1n) / 2n,
    n - 1n,
    n,
    p - n,
    golden,
    m - golden,
    ...powers,
    ...atLimbs.flatMap((power) => [power - 1n, power + 1n, m - power, m - power - 1n, power + 2n ** 255n]),
    ...atLimbs.flatMap((power) => atLimbs.filter((_, i) => i % 5 === 0).map((other) => abs(power - other))),
    ...patterns,
  ].map((a) => mod(a, m));
}

describe.each(builds)("the %s build", (build) => {
  const probe = new Probe(build);
  const [f, g, d, e, r] = Array.from({ length: 5 }, () => probe.place(48)) as [number, number, number, number, number];
  const matrix = probe.constant("MATRIX");

  /** u, v, q, r. */
  const rows = (): [bigint, bigint, bigint, bigint] => {
    const at = (i: number): bigint => probe.words.getBigInt64(matrix + 8 * i, true);
    return [at(0), at(1), at(2), at(3)];
  };

  /** The number at a place, whose limbs are in bounds. */
  function read(at: number): bigint {
    const limbs = probe.limbs(at);
    if (limbs.slice(0, 8).some((limb) => limb < 0 || limb >= 2 ** 29)) throw new Error("a limb is out of [0, 2²⁹)");
    return valueOf(limbs);
  }

  function begin(a: bigint, m: bigint): void {
    probe.setLimbs(f, limbsOf(m));
    probe.setLimbs(g, limbsOf(a));
    probe.setLimbs(d, limbsOf(0n));
    probe.setLimbs(e, limbsOf(1n));
  }

  /** One matrix, made and applied; the next ζ. */
  function turn(zeta: number, modulus: number, dash: bigint): number {
    const next = probe.call("divsteps", BigInt(zeta), BigInt(probe.limbs(f)[0] ?? 0), BigInt(probe.limbs(g)[0] ?? 0));
    probe.call("applyModulo", d, e, modulus, dash);
    probe.call("applyExactly", f, g);
    return next;
  }

  describe.each(moduli)("mod $name", ({ name, m, dash }) => {
    const modulus = probe.constant(name === "p" ? "P" : "N");

    /** Follows a through all matrices, and gives the greatest |d| and |e|, in moduli. */
    function follow(a: bigint): number {
      begin(a, m);
      let state: Divstep = { twice: 1n, f: m, g: a };
      let [zeta, steps, most] = [-1, 0, 0n];
      for (let i = 0; i < MATRICES; i++) {
        for (let j = 0; j < STEPS; j++) {
          if (state.g !== 0n) steps++;
          state = divstep(state);
        }
        zeta = turn(zeta, modulus, dash);
        const [newF, newG, newD, newE] = [read(f), read(g), read(d), read(e)];
        const [u, v, q, w] = rows();
        const told = {
          rows: abs(u) + abs(v) <= ROW && abs(q) + abs(w) <= ROW,
          exact: newF === state.f && newG === state.g && BigInt(zeta) === -(state.twice + 1n) / 2n,
          small: abs(newF) <= m && abs(newG) <= m,
          congruent: mod(newD * a - newF, m) === 0n && mod(newE * a - newG, m) === 0n,
          grown: [newD, newE].every((each) => 2n * abs(each) <= 2n + BigInt(i + 1) * m),
        };
        if (Object.values(told).includes(false)) expect([a, i, told]).toBe("within the bounds");
        for (const each of [newD, newE]) if (abs(each) > most) most = abs(each);
      }
      expect([state.g, abs(state.f), steps <= 590]).toEqual([0n, a === 0n ? m : 1n, true]);
      probe.setLimbs(r, limbsOf(a));
      probe.call("limbsInvert", r, r, modulus, dash);
      const limbs = probe.limbs(r);
      const inverse = valueOf(limbs);
      expect(limbs.slice(0, 8).every((limb) => Math.abs(limb) < 2 ** 29) && Math.abs(limbs[8] ?? 0) < 2 ** 28).toBe(
        true,
      );
      expect([mod(inverse * a, m), abs(inverse) < 11n * m]).toEqual([a === 0n ? 0n : 1n, true]);
      if (a === 0n) expect(inverse).toBe(0n);
      return Number((most * 1000n) / m) / 1000;
    }

    test("every matrix of every edge", () => {
      // n − 2²³¹ and its like take d and e beyond a modulus
      const most = Math.max(...edges(m).map(follow));
      expect(most > 0.7 && most < 2).toBe(true);
    });

    test("d and e under matrices that no number has, picked so that they grow: near eleven moduli, and below", () => {
      // rows of nearly 2²⁹: at 2²⁹ itself, d = −e would come out the same by all
      const choices = Array.from({ length: 400 }, (_, i) => {
        const u = (ROW * BigInt(i >> 2)) / 100n;
        const v = ROW - u - BigInt(i * i);
        return [i & 1 ? u : -u, i & 2 ? v : -v] as const;
      });
      /** What a row makes of d and e, by applyModulo: both rows are this one. */
      const made = (row: readonly bigint[], left: readonly number[], right: readonly number[]): number[] => {
        [...row, ...row].forEach((each, i) => probe.words.setBigInt64(matrix + 8 * i, each, true));
        probe.setLimbs(d, left);
        probe.setLimbs(e, right);
        probe.call("applyModulo", d, e, modulus, dash);
        read(d);
        return probe.limbs(d);
      };
      let [left, right] = [limbsOf(0n), limbsOf(1n)];
      for (let i = 0; i < MATRICES; i++) {
        const all = choices.map((row) => made(row, left, right));
        const least = all.reduce((a, b) => (valueOf(a) < valueOf(b) ? a : b));
        const most = all.reduce((a, b) => (valueOf(a) > valueOf(b) ? a : b));
        [left, right] = [most, least];
        for (const each of [left, right]) expect(2n * abs(valueOf(each)) <= 2n + BigInt(i + 1) * m).toBe(true);
      }
      for (const each of [left, right]) {
        expect(abs(valueOf(each)) > 9n * m && abs(valueOf(each)) < 11n * m).toBe(true);
        expect(Math.abs(each[8] ?? 0)).toBeLessThan(2 ** 28);
      }
    });
  });

  test("matrices at their ends: rows that sum up to 2²⁹, with either sign", () => {
    const seen = new Set<string>();
    for (const zeta of [-300, -30, -29, -2, -1, 0, 1, 28, 29, 300]) {
      for (const low of [1, 3, 2 ** 28 + 1, 2 ** 29 - 1]) {
        for (const other of [0, 1, 2 ** 28, 2 ** 28 - 1, 2 ** 28 + 1, 2 ** 29 - 1, 2 ** 29 - 3, 0x15555555]) {
          let state: Divstep = { twice: -2n * BigInt(zeta) - 1n, f: BigInt(low), g: BigInt(other) };
          for (let i = 0; i < STEPS; i++) state = divstep(state);
          const after = probe.call("divsteps", BigInt(zeta), BigInt(low), BigInt(other));
          const [u, v, q, w] = rows();
          expect([u * BigInt(low) + v * BigInt(other), q * BigInt(low) + w * BigInt(other)]).toEqual([
            state.f * ROW,
            state.g * ROW,
          ]);
          expect(BigInt(after)).toBe(-(state.twice + 1n) / 2n);
          const sums = [abs(u) + abs(v), abs(q) + abs(w)];
          expect(sums.every((sum) => sum <= ROW)).toBe(true);
          sums.forEach((sum, i) => sum === ROW && seen.add(`row ${i}`));
        }
      }
    }
    expect([...seen].sort()).toEqual(["row 0", "row 1"]);
  });

  test("such matrices on limbs at their ends: exact, with a limb 8 of 2²⁸", () => {
    const ends = [
      [ROW, 0n],
      [0n, ROW],
      [-ROW, 0n],
      [ROW / 2n, ROW / 2n],
      [ROW - 1n, 1n],
      [1n - ROW, -1n],
      [ROW / 2n, -ROW / 2n],
    ];
    const numbers = [2 ** 29 - 1, 0].flatMap((limb) =>
      [2 ** 28 - 1, -(2 ** 28), 0, -1].map((top) => [...Array.from({ length: 8 }, () => limb), top]),
    );
    for (const [u = 0n, v = 0n] of ends) {
      for (const [q = 0n, w = 0n] of ends) {
        [u, v, q, w].forEach((each, i) => probe.words.setBigInt64(matrix + 8 * i, each, true));
        for (const left of numbers) {
          for (const right of numbers) {
            const [a, b] = [valueOf(left), valueOf(right)];
            for (const { name, m, dash } of moduli) {
              probe.setLimbs(d, left);
              probe.setLimbs(e, right);
              probe.call("applyModulo", d, e, probe.constant(name === "p" ? "P" : "N"), dash);
              for (const [at, whole] of [
                [d, u * a + v * b],
                [e, q * a + w * b],
              ] as const) {
                // exact, by a multiple of m of at most half of it times 2²⁹
                const rest = read(at) * ROW - whole;
                if (mod(rest, m) !== 0n || 2n * abs(rest) > m * ROW) expect([u, v, q, w, left, right]).toBe("exact");
              }
            }
          }
        }
      }
    }
  });
});
