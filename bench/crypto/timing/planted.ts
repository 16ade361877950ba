/** Leaks put here on purpose: a test that does not catch them proves nothing by its silence. */
import type { Subject } from "./sampling.ts";

/** What a careless hand writes for the comparison of tags: it ends at the first byte that differs. */
function compareCarelessly(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Below 2²⁶, so that products stay exact. */
const PRIME = 67_108_859;

/** scalar·base modulo a prime, by doubling and, where a bit is set, adding. */
function multiplyCarelessly(scalar: Uint8Array, base: number): number {
  let sum = 0;
  for (const byte of scalar) {
    for (let bit = 7; bit >= 0; bit--) {
      sum = (sum * 2) % PRIME;
      if ((byte >> bit) & 1) sum = (sum + base) % PRIME;
    }
  }
  return sum;
}

/** What the planted functions give goes here, so that no compiler takes them for idle. */
let sink = 0;

function comparison(): Subject {
  const right = crypto.getRandomValues(new Uint8Array(16));
  const held = new Uint8Array(16);
  return {
    what: "planted-compare",
    prepare(of) {
      held.set(right);
      const at = of === 0 ? 0 : 15;
      held[at] = (right[at] ?? 0) ^ 1;
    },
    run() {
      if (compareCarelessly(right, held)) sink++;
    },
  };
}

function multiplication(): Subject {
  const [fixed, random, scalar] = [new Uint8Array(32).fill(1, 31), new Uint8Array(32), new Uint8Array(32)];
  return {
    what: "planted-multiply",
    prepare(of) {
      crypto.getRandomValues(random);
      scalar.set(of === 0 ? fixed : random);
    },
    run() {
      sink ^= multiplyCarelessly(scalar, 12_345);
    },
  };
}

export const planted: readonly Subject[] = [comparison(), multiplication()];
