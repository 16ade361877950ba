/** The scalars of SM2 against BigInt. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mod, toBytes32, toNumber } from "../../support/oracles/bigint.ts";
import { builds, limbsOf, Probe, valueOf } from "../../support/oracles/probe.ts";
import { cases, edgyNumber, timeoutMs } from "../../support/oracles/runs.ts";
import { n } from "../../support/oracles/sm2.ts";

/** What a lifted number carries. */
const R = 2n ** 261n;

describe.each(builds)("the %s build", (build) => {
  const probe = new Probe(build);
  const [r, x, y] = [probe.place(36), probe.place(36), probe.place(36)];
  const bytes = probe.place(32);

  function set(at: number, value: bigint): void {
    probe.heap.set(toBytes32(value), bytes);
    probe.call("scFromBytes", at, bytes);
  }

  function get(at: number): bigint {
    probe.call("scToBytes", bytes, at);
    return toNumber(probe.bytes(bytes, 32));
  }

  const scalar = edgyNumber(0n, n - 1n);

  test(
    "sums, differences, products, and what is zero",
    () => {
      fc.assert(
        fc.property(scalar, scalar, (a, b) => {
          set(x, a);
          set(y, b);
          probe.call("scAdd", r, x, y);
          expect(get(r)).toBe(mod(a + b, n));
          probe.call("scSub", r, x, y);
          expect(get(r)).toBe(mod(a - b, n));
          expect(probe.call("scIsZero", x)).toBe(a === 0n ? -1 : 0);
          probe.setLimbs(y, limbsOf(mod(b * R, n)));
          probe.call("scMulLifted", y, x, y);
          expect(get(y)).toBe(mod(a * b, n));
        }),
        cases(1000, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "inverse",
    () => {
      fc.assert(
        fc.property(scalar, (a) => {
          set(x, a);
          probe.call("scInvLifted", r, x);
          const inverse = get(r);
          expect(inverse < n).toBe(true);
          // one number below n gives this, and 0 is for 0
          if (a === 0n) expect(inverse).toBe(0n);
          else expect(mod(inverse * a, n)).toBe(mod(R, n));
        }),
        cases(300, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "any 32 bytes: the number mod n, and whether it is in range, of nonces and of keys",
    () => {
      fc.assert(
        fc.property(fc.oneof(edgyNumber(0n, 2n ** 256n - 1n), edgyNumber(n - 4n, n + 4n)), (value) => {
          probe.heap.set(toBytes32(value), bytes);
          expect(probe.call("scFromBytesInRange", x, bytes)).toBe(value >= 1n && value < n ? -1 : 0);
          expect(valueOf(probe.limbs(x))).toBe(value % n);
          expect(probe.call("scFromKey", x, bytes)).toBe(value >= 1n && value < n - 1n ? -1 : 0);
          expect(valueOf(probe.limbs(x))).toBe(value % n);
        }),
        cases(1000, 1_000_000),
      );
    },
    timeoutMs,
  );
});
