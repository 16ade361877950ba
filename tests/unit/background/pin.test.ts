import { native, own, stored } from "./stage.ts";
import { openPackages } from "./packages.ts";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { traces } from "../../support/canaries.ts";
import { gm } from "../../support/authority.ts";
import { PIN } from "../../support/host.ts";
import { openProgram, type OpenProgram } from "../../support/program.ts";

import { openManaged } from "./managed.ts";

const { openEndedRequests } = await import("../../../extension/background/ended.ts");
const { openPolicySource } = await import("../../../extension/background/policy-source.ts");
const { createHostClient } = await import("../../../extension/background/host-client.ts");
const { createDispatch } = await import("../../../extension/background/dispatch.ts");
const { createApprovalWindows } = await import("../../../extension/background/approval-windows.ts");
const { openQuota } = await import("../../../extension/background/quota.ts");
const { openJobs } = await import("../../../extension/background/jobs.ts");
const { openRecords } = await import("../../../extension/background/records.ts");
const { createSurfaces } = await import("../../../extension/background/surfaces.ts");
const { openTable } = await import("../../../extension/platform/storage.ts");
const { createApproval } = await import("../../../extension/surfaces/state/approval.ts");

/** Invariant 2, for the PIN: from the approval window through the background to the program, every message that passes is read. */
const ORIGIN = "https://bid.example.cn";
const page = {
  origin: ORIGIN,
  tabId: 1,
  windowId: 1,
  documentId: "doc-1",
  frameId: 0,
  lifecycle: "active",
  inFront: true,
  own: false,
};
const surface = { ...page, origin: "chrome-extension://stage", tabId: 9, documentId: "approval", own: true };

let program: OpenProgram;
/** What passed between window and background, as it travels. */
const passed: string[] = [];

beforeAll(async () => {
  program = await openProgram();
  native.answer = (message) => program.answer(message);
});
afterAll(() => program.remove());
beforeEach(() => {
  stored.clear();
  passed.length = 0;
  native.passed.length = 0;
});

function open() {
  const platform = { origin: ORIGIN, name: "平台" };
  const never = () => Promise.reject(new Error("not in this test"));
  const now = () => Date.now();
  const journey = {
    records: openRecords(),
    quota: openQuota(now),
    sites: {
      participating: () => Promise.resolve(platform),
      waitingForPermission: () => Promise.resolve(null),
      list: never,
      add: never,
      remove: never,
      refresh: never,
    },
    means: {
      host: createHostClient({
        core: () => Promise.resolve(gm),
        clientKey: () => Promise.resolve(program.client),
        trusted: openTable("local", "host"),
        now,
      }),
      workshop: {
        call: (_place: string, verb: string) =>
          Promise.resolve(
            verb === "read" ? { items: [{ name: "a.pdf", len: 1, digest: "A".repeat(43) }] } : undefined,
          ) as never,
      },
      jobs: openJobs(now),
      packages: openPackages(),
      lastKeys: openTable("session", "last-key"),
      notify: () => undefined,
      isThere: () => Promise.resolve(true),
      tellSurfaces: () => undefined,
    },
    windows: createApprovalWindows(),
    ended: openEndedRequests(),
    policies: openPolicySource(openManaged({ firefox: true }), Date.now),
    now,
    pause: () => Promise.resolve(),
  };
  const dispatch = createDispatch(journey);
  const surfaces = createSurfaces(journey, dispatch);
  own.send = async (message) => {
    passed.push(JSON.stringify(message));
    const answer = await surfaces.take(message, surface);
    passed.push(JSON.stringify(answer ?? null));
    return answer;
  };
  return dispatch;
}

let requests = 0;
const nonce = "A".repeat(43);
const paramsOf = {
  login: { nonce },
  register: { nonce },
  sign: { items: [{ name: "a.pdf", content: Uint8Array.of(1) }], format: "cms-detached" },
} as const;

/** Asks, and gives the window that opens for it. */
async function ask(operation: keyof typeof paramsOf) {
  const dispatch = open();
  const id = Buffer.from(String(++requests).padStart(16, "0")).toString("base64url");
  const answer = dispatch.take({ v: 1, kind: "request", id, operation, params: paramsOf[operation] }, page);
  await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "asking" });
  const approval = createApproval(id);
  await approval.refresh();
  return { id, answer, approval };
}

/** The PINs inside what went to the program, as it alone can read them. */
function typedPins(): readonly string[] {
  const sealed = native.passed.flatMap((text) => /"sealedPin":"([\w-]+)"/.exec(text)?.[1] ?? []);
  return sealed.map((text) => {
    const plaintext = program.identity.open(decodeBase64Url(text)) ?? new Uint8Array(0);
    return Buffer.from(plaintext.subarray(43, 43 + (plaintext[42] ?? 0))).toString("utf8");
  });
}

async function scan(pin: string): Promise<void> {
  const texts = [...passed, ...native.passed, JSON.stringify([...stored])];
  for (const entry of await readdir(program.home.folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) texts.push(await readFile(join(entry.parentPath, entry.name), "latin1"));
  }
  expect(texts.flatMap((text) => traces(text, pin))).toEqual([]);
}

test.each(["login", "register", "sign"] as const)(
  "%s: the PIN is in no message, no record and no file",
  async (verb) => {
    const { answer, approval } = await ask(verb);
    await approval.accept(PIN);
    expect(approval.phase.value).toBe("done");
    expect(await answer).toMatchObject({ ok: true });
    expect(typedPins()).toEqual([PIN]);
    await scan(PIN);
  },
);

test("a wrong one, and one of any length, are as little to be seen, and all are of one length", async () => {
  const pins = ["9".repeat(6), "沉".repeat(40)];
  expect(pins).toHaveLength(limits.wrongPinsPerOriginAndHour);
  const { approval } = await ask("login");
  for (const pin of pins) {
    await approval.accept(pin);
    expect(approval.problem.value?.code).toBe("PIN_INCORRECT");
    await scan(pin);
  }
  expect(typedPins()).toEqual(pins);
  const lens = native.passed.flatMap((text) => /"sealedPin":"([\w-]+)"/.exec(text)?.[1]?.length ?? []);
  expect(new Set(lens).size).toBe(1);
});

test("a PIN that was sealed for one consent opens nothing for another", async () => {
  const first = await ask("login");
  await first.approval.accept(PIN);
  const sealed = /"sealedPin":"([\w-]+)"/.exec(native.passed.join())?.[1] ?? "";
  const second = await ask("login");
  const view = second.approval.view.value;
  const key = { keyId: program.keyId, sealedPin: sealed, credentialId: null };
  const message = { v: 1, kind: "surface", verb: "accept", params: { id: second.id, hash: view?.hash, key } };
  expect(await own.send(message)).toMatchObject({
    ok: false,
    error: { code: "INVALID_REQUEST", details: { path: "sealedPin" } },
  });
});
