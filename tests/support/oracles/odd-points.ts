/** Points that no key and no nonce ever leads to, and arithmetic that asks no questions: for vectors that only a missing check accepts. */
import { invert, mod, toBytes32 } from "./bigint.ts";
import { a, b, n, p, parsePoint } from "./sm2.ts";

/** Coordinates that need not fulfil any equation. */
export interface Pair {
  readonly x: bigint;
  readonly y: bigint;
}

/** 04 ‖ x ‖ y. */
export const encodePair = ({ x, y }: Pair): Buffer => Buffer.concat([Buffer.of(4), toBytes32(x), toBytes32(y)]);

/** base^exponent mod p. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = mod(base, p), left = exponent; left > 0n; left >>= 1n, square = mod(square * square, p)) {
    if ((left & 1n) === 1n) result = mod(result * square, p);
  }
  return result;
}

/** y² by the curve's equation. */
const squareAt = (x: bigint): bigint => mod(x ** 3n + a * x + b, p);

/** The root of a square; of anything else, that of its opposite, for p is 3 mod 4. */
const rootOf = (square: bigint): bigint => power(square, (p + 1n) / 4n);

/** The point of the curve with the first x from here on, or from here down. */
export function pointFrom(x: bigint, step: 1n | -1n = 1n): Pair {
  for (let at = x; ; at += step) {
    const found = { x: at, y: rootOf(squareAt(at)) };
    if (parsePoint(encodePair(found)) !== null) return found;
  }
}

/** The smallest x, but 0: x + p still has 32 bytes, a second name for the same coordinate. */
export const smallestPoint = (): Pair => pointFrom(1n);

/** x in [n, p): one of some 2¹²⁸ points has such an x, and it is not its own rest mod n. */
export const pointAboveN = (): Pair => pointFrom(n + 1n);
export const pointBelowP = (): Pair => pointFrom(p - 1n, -1n);

/** A point of the curve's twist, −y² = x³ + a·x + b, with the first x from here on. */
export function twistPoint(x: bigint): Pair {
  for (let at = x; ; at++) {
    const found = { x: at, y: rootOf(squareAt(at)) };
    if (mod(found.y ** 2n + squareAt(at), p) === 0n) return found;
  }
}

type Polynomial = readonly bigint[];

/** The lowest coefficient first, without leading zeros. */
function trim(polynomial: Polynomial): bigint[] {
  const reduced = polynomial.map((each) => mod(each, p));
  while (reduced.at(-1) === 0n) reduced.pop();
  return reduced;
}

function remainder(of: Polynomial, by: Polynomial): bigint[] {
  const [rest, lead] = [trim(of), invert(by.at(-1) ?? 1n, p)];
  while (rest.length >= by.length) {
    const [factor, shift] = [mod((rest.at(-1) ?? 0n) * lead, p), rest.length - by.length];
    by.forEach((each, i) => (rest[i + shift] = mod((rest[i + shift] ?? 0n) - factor * each, p)));
    rest.splice(0, rest.length, ...trim(rest));
  }
  return rest;
}

/** The only x of the curve with this y; null where there is none, or three. Xᵖ − X has every number as its root. */
function onlyXAt(y: bigint): bigint | null {
  const cubic = trim([b - y * y, a, 0n, 1n]);
  const times = (left: Polynomial, right: Polynomial): bigint[] => {
    const product = Array.from({ length: 5 }, () => 0n);
    left.forEach((l, i) => right.forEach((r, j) => (product[i + j] = (product[i + j] ?? 0n) + l * r)));
    return remainder(product, cubic);
  };
  let raised: Polynomial = [1n];
  for (const bit of p.toString(2)) raised = times(times(raised, raised), bit === "1" ? [0n, 1n] : [1n]);
  let [left, right] = [cubic, trim([raised[0] ?? 0n, (raised[1] ?? 0n) - 1n, raised[2] ?? 0n])];
  while (right.length > 0) [left, right] = [right, remainder(left, right)];
  const [constant = 0n, lead = 1n] = left;
  return left.length === 2 ? mod(-constant * invert(lead, p), p) : null;
}

/** The smallest y that belongs to one x: y + p still has 32 bytes. */
export function lowestPoint(): Pair {
  for (let y = 1n; ; y++) {
    const x = onlyXAt(y);
    if (x !== null) return { x, y };
  }
}

/** The sum by the formulas, which never look at b: on whatever curve the points are. Null is infinity. */
export function carelessAdd(left: Pair | null, right: Pair | null): Pair | null {
  if (left === null || right === null) return left ?? right;
  if (left.x === right.x && mod(left.y + right.y, p) === 0n) return null;
  const [over, under] =
    left.x === right.x ? [3n * left.x ** 2n + a, 2n * left.y] : [right.y - left.y, right.x - left.x];
  const slope = mod(over * invert(under, p), p);
  const x = mod(slope ** 2n - left.x - right.x, p);
  return { x, y: mod(slope * (left.x - x) - left.y, p) };
}

export function carelessTimes(k: bigint, point: Pair): Pair | null {
  let sum: Pair | null = null;
  for (const bit of k.toString(2)) {
    sum = carelessAdd(sum, sum);
    if (bit === "1") sum = carelessAdd(sum, point);
  }
  return sum;
}
