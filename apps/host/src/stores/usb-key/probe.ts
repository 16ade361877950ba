/**
 * Which layout a library has, found without knowing it: GetDevInfo fills a buffer that was poisoned with one value and then with another. How far it wrote,
 * and under which layout the numbers in it can be true, tells. The call happens in a worker, for a wrong belief of the library's can crash it.
 */
import { type Layout, layouts, structureOf } from "./layout.ts";
import { structuresOf } from "./structures.ts";

/** What the buffers are filled with before the two calls. */
export const POISONS = [0xaa, 0x55] as const;

/** Bytes of the probe's buffers; the largest layout takes 328. */
export const PROBE_LEN = 1024;

/** Algorithm ids have the class of the algorithm in bits that are few (GM/T 0006-2012 clause 5.2); the lower byte of a capability is its modes. */
const isCapability = (value: number): boolean => value !== 0 && value < 0x0100_0000;

/** SGD_SM1_ECB, SGD_SSF33_ECB, SGD_SM4_ECB, and the same with other modes: what a device authenticates by. */
const AUTH_ALGORITHMS = [0x100, 0x200, 0x400] as const;

const WEIGHTS = { len: 3, capability: 1, auth: 1 } as const;

export interface Candidate {
  readonly layout: Layout;
  readonly score: number;
}

/** What was found: how far the library wrote, and each layout by what speaks for it, the likeliest first. */
export interface Probe {
  /** Bytes up to the last one that the library wrote. */
  readonly writtenLen: number;
  readonly candidates: readonly Candidate[];
}

function writtenLenOf(filled: readonly [Buffer, Buffer]): number {
  const [first, second] = filled;
  for (let at = PROBE_LEN - 1; at >= 0; at--) {
    if (first[at] !== POISONS[0] || second[at] !== POISONS[1]) return at + 1;
  }
  return 0;
}

function score(layout: Layout, writtenLen: number, filled: Buffer): number {
  const info = structuresOf(layout).deviceInfo(filled);
  const { symmetricAlgorithms, asymmetricAlgorithms, hashAlgorithms, authAlgorithm } = info;
  const capabilities = [symmetricAlgorithms, asymmetricAlgorithms, hashAlgorithms].filter(isCapability).length;
  const isAuth = AUTH_ALGORITHMS.some((one) => (authAlgorithm & ~0xff) === one && authAlgorithm < 0x1000);
  const len = structureOf("DEVINFO", layout).len === writtenLen ? WEIGHTS.len : 0;
  return len + WEIGHTS.capability * capabilities + (isAuth ? WEIGHTS.auth : 0);
}

/** @param filled two buffers of {@link PROBE_LEN} bytes, poisoned with {@link POISONS}, as GetDevInfo left them */
export function readProbe(filled: readonly [Buffer, Buffer]): Probe {
  const writtenLen = writtenLenOf(filled);
  const candidates = layouts.map((layout) => ({ layout, score: score(layout, writtenLen, filled[0]) }));
  return { writtenLen, candidates: candidates.sort((a, b) => b.score - a.score) };
}

/** The layout where one stands above all others; null where nothing was written, or two are as likely. */
export function layoutOf({ writtenLen, candidates }: Probe): Layout | null {
  const [first, second] = candidates;
  if (writtenLen === 0 || first === undefined || first.score <= (second?.score ?? 0)) return null;
  return first.layout;
}
