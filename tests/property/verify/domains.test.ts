import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";
import { createDomains, domainNames } from "../../unit/verify/domains.ts";

test(
  "invariant 1 holds for any origin and document",
  async () => {
    const chosen = fc.record({
      origin: fc.domain().map((host) => new URL(`https://${host}`).origin),
      document: fc.uint8Array(),
    });
    const name = fc.constantFrom(...domainNames);
    await fc.assert(
      fc.asyncProperty(chosen, name, name, async (values, made, shown) => {
        const domains = createDomains(values);
        const signature = domains[made].sign();
        for (const name of new Set([shown, made])) {
          expect(await domains[name].judge(signature), `${made} as ${name}`).toBe(
            made === name ? "accepted" : "refused",
          );
        }
      }),
      cases(1000, 50_000),
    );
  },
  timeoutMs,
);
