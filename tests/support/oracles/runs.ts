/**
 * How often and from which seed the property tests run. CERTBRIDGE_SLOW=1 takes the second count; CERTBRIDGE_SEED sets the seed, which is
 * printed once per file, so that a failure can be run again.
 */
import * as fc from "fast-check";

const slow = process.env.CERTBRIDGE_SLOW === "1";

const seed = Number(process.env.CERTBRIDGE_SEED ?? Math.floor(Math.random() * 0x7fffffff));

console.info(`CERTBRIDGE_SEED=${seed}`);

/** Longest time of one property, ms. */
export const timeoutMs = slow ? 7_200_000 : 180_000;

/** `ordinary` cases, or `many` in the slow suite. */
export function cases(ordinary: number, many: number): { seed: number; numRuns: number } {
  return { seed, numRuns: slow ? many : ordinary };
}

/** `small`, or `large` in the slow suite: for sizes. */
export const sized = (small: number, large: number): number => (slow ? large : small);

/** Cases of a row (rows.ts), of which a thousand make a million in the slow suite. */
export const rowLen = sized(24, 1000);

/** A number in [least, most], often at an edge: near either end, or with long runs of ones or zeros. */
export function edgyNumber(least: bigint, most: bigint): fc.Arbitrary<bigint> {
  const clamp = (value: bigint): bigint => (value < least ? least : value > most ? most : value);
  const near = fc.bigInt({ min: 0n, max: 4n });
  const power = fc
    .tuple(fc.integer({ min: 0, max: 256 }), fc.bigInt({ min: -2n, max: 2n }))
    .map(([bits, off]) => clamp((1n << BigInt(bits)) + off));
  const runs = fc
    .tuple(fc.integer({ min: 0, max: 256 }), fc.integer({ min: 0, max: 256 }))
    .map(([from, to]) => clamp((1n << BigInt(Math.max(from, to))) - (1n << BigInt(Math.min(from, to)))));
  return fc.oneof(
    { weight: 4, arbitrary: fc.bigInt({ min: least, max: most }) },
    { weight: 1, arbitrary: near.map((off) => clamp(least + off)) },
    { weight: 1, arbitrary: near.map((off) => clamp(most - off)) },
    { weight: 1, arbitrary: power },
    { weight: 1, arbitrary: runs },
  );
}
