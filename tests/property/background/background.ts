/** The background's rooms for property tests: storage and windows of the stage, and whatever program and workshop a test gives. */
import "../../unit/background/stage.ts";
import type { Answer } from "@certbridge/protocol/page/wire";
import { approvalView } from "@certbridge/protocol/surface";
import type { HostClient } from "../../../extension/background/host-client.ts";
import type { Journey } from "../../../extension/background/journey.ts";
import type { Means } from "../../../extension/background/operations/handler.ts";
import type { WorkshopClient } from "../../../extension/background/workshop-client.ts";
import type { Sender } from "../../../extension/platform/messages.ts";
import { conform } from "../../support/host.ts";
import { openManaged } from "../../unit/background/managed.ts";
import { openPackages } from "../../unit/background/packages.ts";

const { createApprovalWindows } = await import("../../../extension/background/approval-windows.ts");
const { createDispatch } = await import("../../../extension/background/dispatch.ts");
const { openEndedRequests } = await import("../../../extension/background/ended.ts");
const { openJobs } = await import("../../../extension/background/jobs.ts");
const { openPolicySource } = await import("../../../extension/background/policy-source.ts");
const { openQuota } = await import("../../../extension/background/quota.ts");
const { openRecords } = await import("../../../extension/background/records.ts");
const { createSurfaces } = await import("../../../extension/background/surfaces.ts");
const { openTable } = await import("../../../extension/platform/storage.ts");

const { browser } = globalThis as unknown as { browser: object };
Object.assign(browser, { tabs: { update: () => Promise.reject(new Error("no tab")) } });

export const ORIGIN = "https://bid.example.cn";

export const page: Sender = {
  origin: ORIGIN,
  tabId: 1,
  windowId: 1,
  documentId: "doc-1",
  frameId: 0,
  lifecycle: "active",
  inFront: true,
  own: false,
};
const surface: Sender = { ...page, origin: "chrome-extension://stage", tabId: 9, documentId: "approval", own: true };

export interface Given {
  readonly host: HostClient;
  readonly workshop: WorkshopClient;
  readonly now: () => number;
  readonly packages?: Means["packages"];
  readonly isThere?: (documentId: string | null) => boolean;
  /** Over at once, unless told. */
  readonly pause?: Journey["pause"];
}

/** A background that only this origin may ask, before the given program. `guard` may stand before each of its means. */
export function openBackground(given: Given, guard: <T extends object>(means: T) => T = (means) => means) {
  const { host, workshop, now, isThere = () => true, packages = openPackages() } = given;
  const { pause = () => Promise.resolve() } = given;
  const journey: Journey = {
    records: guard(openRecords()),
    quota: guard(openQuota(now)),
    sites: {
      participating: (origin) => Promise.resolve(origin === ORIGIN ? { origin, name: "平台" } : null),
      waitingForPermission: () => Promise.resolve(null),
      list: () => Promise.resolve([]),
      add: () => Promise.resolve(),
      remove: () => Promise.resolve(),
      refresh: () => Promise.resolve(),
    },
    means: {
      host: guard(host),
      workshop: guard(workshop),
      jobs: guard(openJobs(now)),
      packages,
      lastKeys: guard(openTable("session", "last-key")),
      notify: () => undefined,
      isThere: ({ documentId }) => Promise.resolve(isThere(documentId)),
      tellSurfaces: () => undefined,
    },
    windows: guard(createApprovalWindows()),
    ended: guard(openEndedRequests()),
    policies: openPolicySource(openManaged({ firefox: true }), now),
    now,
    pause,
  };
  const dispatch = createDispatch(journey);
  const surfaces = createSurfaces(journey, dispatch);

  async function say(message: unknown, sender: Sender = surface): Promise<Answer | null> {
    return (await surfaces.take(message, sender)) ?? null;
  }
  const tell = (verb: string, params: object) => say({ v: 1, kind: "surface", verb, params });
  return {
    journey,
    dispatch,
    say,
    tell,
    /** What the window of this request shows; null where it shows none. */
    async view(id: string) {
      const answer = await tell("approval", { id });
      return answer?.ok === true ? conform(approvalView, answer.result) : null;
    },
  };
}
