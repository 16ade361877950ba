/**
 * Points by the row: start, start + step, start + 2·step … by chords and tangents (GB/T 32918.1-2016 annex A.1.2.2) in affine coordinates
 * and BigInt, with one inversion for a whole row. A point costs about ten microseconds, where a multiplication by noble's curve costs 500, so
 * that a million of them are a matter of seconds. Only the first two points of a row come from noble.
 *
 * With numbers in a row as well, k = a + j·h, the row that starts at a·P with the step h·P is k·P; for a wide step all of k's digits change from
 * one to the next.
 */
import { invertAll, mod, toBytes32 } from "./bigint.ts";
import { a, n, p } from "./sm2.ts";
import type { CurvePoint } from "./sm2.ts";

/** A point, or null for infinity. */
export type Affine = { readonly x: bigint; readonly y: bigint } | null;

export const affineOf = (point: CurvePoint): Affine => (point.is0() ? null : point.toAffine());

/** 04 ‖ x ‖ y, or nothing for infinity. */
export const encodeAffine = (point: Affine): Buffer =>
  point === null ? Buffer.alloc(0) : Buffer.concat([Buffer.of(4), toBytes32(point.x), toBytes32(point.y)]);

/** The slope of the line through two points, or of the tangent where they are one: above and below; below 0 where the line is upright. */
function slope(left: NonNullable<Affine>, right: NonNullable<Affine>): readonly [above: bigint, below: bigint] {
  if (left.x !== right.x) return [right.y - left.y, mod(right.x - left.x, p)];
  return left.y === right.y ? [3n * left.x * left.x + a, 2n * left.y] : [0n, 0n];
}

/** The sums of two rows, one by one. */
export function addRows(lefts: readonly Affine[], rights: readonly Affine[]): Affine[] {
  const slopes = lefts.map((left, i) => {
    const right = rights[i] ?? null;
    return left === null || right === null ? ([0n, 0n] as const) : slope(left, right);
  });
  const inverses = invertAll(
    slopes.map(([, below]) => below || 1n),
    p,
  );
  return lefts.map((left, i) => {
    const [right, [above, below] = [0n, 0n], inverse = 0n] = [rights[i] ?? null, slopes[i], inverses[i]];
    if (left === null || right === null) return left ?? right;
    if (below === 0n) return null;
    const rise = mod(above * inverse, p);
    const x = mod(rise * rise - left.x - right.x, p);
    return { x, y: mod(rise * (left.x - x) - left.y, p) };
  });
}

/** 0, step, 2·step …: each turn adds as many as there are. */
function multiples(step: Affine, count: number): Affine[] {
  const row: Affine[] = [null];
  for (let shift = step; row.length < count; shift = addRows([shift], [shift])[0] ?? null) {
    const [more, here] = [row.slice(0, count - row.length), shift];
    row.push(
      ...addRows(
        more,
        more.map(() => here),
      ),
    );
  }
  return row;
}

/** start, start + step … start + (count − 1)·step. */
export function pointRow(start: CurvePoint, step: CurvePoint, count: number): Affine[] {
  const first = affineOf(start);
  const row = multiples(affineOf(step), count);
  return addRows(
    row,
    row.map(() => first),
  );
}

/** The same of numbers mod m. */
export const numberRow = (start: bigint, step: bigint, count: number, m: bigint = n): bigint[] =>
  Array.from({ length: count }, (_, j) => (start + BigInt(j) * step) % m);
