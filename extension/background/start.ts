import { OperationError } from "@certbridge/protocol/errors";
import { onInstalled } from "../platform/environment.ts";
import { broadcast, notifyTab, onMessage } from "../platform/messages.ts";
import { onPermissionsChanged } from "../platform/sites.ts";
import { openTable } from "../platform/storage.ts";
import { onTabClosed, openTab } from "../platform/windows.ts";
import { createApprovalWindows } from "./approval-windows.ts";
import { createDispatch, failWith, type Journey } from "./dispatch.ts";
import { createHostClient } from "./host-client.ts";
import { openQuota } from "./quota.ts";
import { openRecords } from "./records.ts";
import { openSites } from "./sites.ts";
import { createSurfaces } from "./surfaces.ts";
import { createWorkshopClient } from "./workshop-client.ts";

/** Puts the background together. Every listener is registered at once, so that a woken worker misses no event. */
export function startBackground(): void {
  const now = () => Date.now();
  const journey: Journey = {
    records: openRecords(),
    sites: openSites(),
    quota: openQuota(now),
    means: {
      host: createHostClient(),
      workshop: createWorkshopClient(),
      lastKeys: openTable("session", "last-key"),
      notify: notifyTab,
      tellSurfaces: broadcast,
    },
    windows: createApprovalWindows(),
    now,
  };
  const dispatch = createDispatch(journey);
  const surfaces = createSurfaces(journey, dispatch);

  onMessage((message, sender) => surfaces.take(message, sender) ?? dispatch.take(message, sender));

  const endWhere = async (
    holds: (record: { windowId: number | null; tabId: number }) => boolean,
    code: "USER_DECLINED" | "CANCELLED",
  ) => {
    for (const record of await journey.records.all()) {
      if (record.state === "asking" && holds(record))
        await dispatch.settle(record.id, failWith(new OperationError(code)));
    }
  };
  journey.windows.onClosed((windowId) => void endWhere((record) => record.windowId === windowId, "USER_DECLINED"));
  onTabClosed((tabId) => void endWhere((record) => record.tabId === tabId, "CANCELLED"));

  onPermissionsChanged(() => void journey.sites.refresh());
  onInstalled((reason) => {
    void journey.sites.refresh();
    if (reason === "install") void openTab("welcome.html");
  });
}
