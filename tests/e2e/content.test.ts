import { approvalOf, BIDDER, bringToFront, openSite, openStage, type Site, type Stage } from "@certbridge/demo/walk";
import { loadGm } from "@certbridge/gm/node";
import { verifySignedData } from "@certbridge/pki";
import { GM_DATA } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** What people sign: large, many, named by somebody else; read once by the extension, and kept nowhere. */

const { name, uscc, pin } = BIDDER;
const MIB = 1024 * 1024;
let stage: Stage;
let site: Site;

beforeAll(async () => {
  stage = await openStage({ folder: "build/e2e/content", knowsNoPolicy: true });
  const issue = (request: Uint8Array) =>
    Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
  await stage.desk.obtainCertificates({ name, pin, issue });
  site = await openSite(stage.browser, stage.demo.platforms.a.origin);
});

afterAll(() => stage.close());

interface Outcome {
  readonly name: string;
  readonly cms?: string;
  readonly error?: string;
}

/** Asks for signatures over contents of these lengths, each filled with its number; gives results and what was told on the way. */
async function sign(lens: readonly number[], format: string, kind: "Blob" | "Uint8Array" = "Blob") {
  await bringToFront(site.page);
  const asked = site.page.evaluate(
    async (sizes, how, as) => {
      const { sharedCertificate } = window as unknown as {
        sharedCertificate: { sign(options: object): Promise<{ results: Outcome[] }> };
      };
      const stages: string[] = [];
      const items = sizes.map((len, at) => {
        const bytes = new Uint8Array(len).fill(at + 1);
        return { name: `附件${at + 1}.bin`, content: as === "Blob" ? new Blob([bytes]) : bytes };
      });
      const onProgress = ({ stage: told }: { stage: string }) => stages.push(told);
      const { results } = await sharedCertificate.sign({ items, format: how, onProgress });
      return { results, stages: [...new Set(stages)] };
    },
    lens,
    format,
    kind,
  );
  const approval = await approvalOf(stage.browser);
  const seen = await approval.text();
  await approval.accept(pin);
  return { ...(await asked), seen };
}

describe("content to sign", () => {
  test("of 15 MiB comes back inside its signature, and is in no storage of the browser", async () => {
    const gm = await loadGm();
    const { results, stages } = await sign([15 * MIB, 12 * MIB], "cms-attached");
    for (const [at, len] of [15 * MIB, 12 * MIB].entries()) {
      const cms = new Uint8Array(Buffer.from(results[at]?.cms ?? "", "base64url"));
      const { content } = verifySignedData(gm, cms, { contentType: GM_DATA });
      expect(content?.length).toBe(len);
      expect(content?.every((byte) => byte === at + 1)).toBe(true);
    }
    expect(stages).toEqual(["reading", "waiting-for-person", "working"]);
    const worker = await stage.browser.worker();
    const kept = (await worker.evaluate(
      "Promise.all([chrome.storage.session.get(null), chrome.storage.local.get(null)]).then((all) => JSON.stringify(all))",
    )) as string;
    expect(kept.length).toBeLessThan(64 * 1024);
    expect(kept).not.toContain("AQEBAQEBAQEBAQEB");
  });

  test("that is too large to be attached is left out by itself, and the person is told", async () => {
    const { results, seen } = await sign([limits.attachedContentLen, limits.attachedContentLen + 1], "cms-attached");
    expect(results.map(({ error }) => error)).toEqual([undefined, "TOO_LARGE"]);
    expect(seen).toContain("附件2.bin");
    expect(seen).toContain("太大");
  });

  test("may be bytes of any length, and a hundred at once", async () => {
    const lens = Array.from({ length: limits.signItems }, (_, at) => at * 1000);
    const { results } = await sign(lens, "cms-detached", "Uint8Array");
    expect(results.filter(({ cms }) => cms !== undefined)).toHaveLength(limits.signItems);
  });
});
