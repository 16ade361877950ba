/** The registry: whoever brings one, it is read as it stands, or refused by an error that names the place. */
import { findAuthority, findPlatform, parseRegistry } from "@certbridge/trust";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import demo from "../../../apps/demo/registry.json" with { type: "json" };
import { openAuthority, registryOf } from "../../support/host.ts";
import { hostileTexts } from "../../support/malformed/json.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const { authorities } = registryOf(openAuthority());
const rule = {
  issuerKeySm3: "0".repeat(64),
  policy: "1.2.3",
  from: { extension: "1.2.156.10260.4.4", encoding: "bare" },
};
const [platform] = demo.platforms;
const registries = [
  { platforms: [platform], authorities: [] },
  { platforms: [], authorities },
  {
    platforms: [platform, { ...platform, id: "another", origins: ["https://a.test", "https://b.test:8443"] }],
    authorities: [{ ...authorities[0], phone: "025-00000000", usccRules: [rule] }],
  },
];

test(
  "a registry, or an error that its readers know",
  () => {
    for (const registry of registries) expect(parseRegistry(registry)).toEqual(registry);
    let taken = 0;
    fc.assert(
      fc.property(hostileTexts(registries), (text) => {
        const json = text === "" ? undefined : (JSON.parse(text) as unknown);
        try {
          const registry = parseRegistry(json);
          taken++;
          expect(registry).toEqual(json);
          for (const { id, origins, enabled } of registry.platforms) {
            for (const origin of origins) expect(findPlatform(registry, origin)?.id).toBe(enabled ? id : undefined);
          }
          expect(findAuthority(registry, "constructor")).toBeNull();
        } catch (error) {
          expect(["ValiError", "RangeError"], String(error)).toContain(error instanceof Error ? error.name : "");
        }
      }),
      cases(10_000, 1_000_000),
    );
    expect(taken).toBeGreaterThan(100);
  },
  timeoutMs,
);
