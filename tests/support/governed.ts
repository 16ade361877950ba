/** Chromium under an administrator's policy: real policy files, and what a page then gets. */
import { BIDDER, openStage, type Stage, type StageOptions } from "@certbridge/demo/walk";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import type { PolicyKey } from "@certbridge/protocol/policy";
import type { Page } from "puppeteer";
import { describe } from "vitest";
import { missingForPrivatePolicies, type PrivatePolicies } from "./private-policies.ts";

const { name, uscc, pin } = BIDDER;

const missing = missingForPrivatePolicies(["chromium"]);
if (missing !== null) console.warn(`policies in Chromium are not tested: ${missing}`);
export const governed = describe.skipIf(missing !== null);

/** A policy in its file, as Chromium wants it. */
export const fileOf = (written: object) => ({ "3rdparty": { extensions: { [CHROMIUM_EXTENSION_ID]: written } } });

export const guarded = (written: Partial<Record<PolicyKey, unknown>>) => ({
  schemaVersion: 1,
  requiredKeys: Object.keys(written),
  ...written,
});

/** A stage whose browser reads the test's own policies. */
export async function openGoverned(
  folder: string,
  policies: PrivatePolicies,
  more: Partial<StageOptions> = {},
): Promise<Stage> {
  const stage = await openStage({ folder, executable: policies.executable, ...more });
  const issue = (request: Uint8Array) =>
    Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
  if (more.host !== false) await stage.desk.obtainCertificates({ name, pin, issue });
  for (const platform of Object.values(stage.demo.platforms)) platform.admin.addAccount({ uscc, name });
  return stage;
}

export interface Asked {
  readonly code: string;
  readonly policy?: string;
  readonly carriers?: readonly string[];
}

/** What `status` comes to in the page. */
export const ask = (page: Page) =>
  page.evaluate(async (): Promise<Asked> => {
    interface Api {
      status(): Promise<{ carriers: string[] }>;
    }
    const { sharedCertificate: api } = window as typeof window & { sharedCertificate?: Api };
    if (api === undefined) return { code: "NO_API" };
    try {
      const { carriers } = await api.status();
      return { code: "ok", carriers };
    } catch (error) {
      const { code, details } = error as { code: string; details: { policy?: string } | null };
      return { code, ...details };
    }
  });
