import { loadGm } from "@certbridge/gm";
import { OperationError } from "@certbridge/protocol/errors";
import { type Presence, probe } from "@certbridge/protocol/page/wire";
import { onInstalled, onStarted } from "../platform/environment.ts";
import { managedStorage } from "../platform/managed.ts";
import { workshopProgress } from "@certbridge/protocol/workshop";
import * as v from "valibot";
import { clearAlarm, onAlarm, setAlarm } from "../platform/alarms.ts";
import { openClientKey } from "../platform/client-key.ts";
import { readCoreModules } from "../platform/core-module.ts";
import { reminderWords } from "../platform/i18n.ts";
import { askTab, broadcast, notifyTab, onMessage } from "../platform/messages.ts";
import { notify, onNotificationClicked, setBadge } from "../platform/notifications.ts";
import { sweepOpenedFiles } from "../platform/opened-files.ts";
import { once } from "../platform/once.ts";
import { findPackage, sweepPackages } from "../platform/packages.ts";
import { onPermissionsChanged } from "../platform/sites.ts";
import { closeDisk, openTable } from "../platform/storage.ts";
import { onTabClosed, openTab } from "../platform/windows.ts";
import { createApprovalWindows } from "./approval-windows.ts";
import { failWith } from "./answers.ts";
import { createDispatch } from "./dispatch.ts";
import { openEndedRequests } from "./ended.ts";
import { governHost } from "./governed-host.ts";
import { createHostClient, type HostClient } from "./host-client.ts";
import { openJobs } from "./jobs.ts";
import type { Journey } from "./journey.ts";
import { openPolicySource } from "./policy-source.ts";
import { openQuota } from "./quota.ts";
import { createReminders, type Reminders } from "./reminders.ts";
import { openRecords } from "./records.ts";
import { openSites } from "./sites.ts";
import { createSurfaces } from "./surfaces.ts";
import { watchBids } from "./watched-host.ts";
import { askElsewhere, askHere, type BringWorkshop, createWorkshopClient } from "./workshop-client.ts";

const REMINDERS = "reminders";

/** Reminders in this browser: its alarms, its notifications, its toolbar's button. */
function openReminders(host: HostClient, now: () => number): Reminders {
  const reminders = createReminders({
    table: openTable("local", "reminder"),
    ask: async () => (await host.call("bids", {})).bids,
    tell: (packageId, stage, openingTime) => notify(packageId, reminderWords(stage, openingTime)),
    mark: (isOn) => setBadge(isOn ? "!" : ""),
    alarm: (at) => (at === null ? clearAlarm(REMINDERS) : setAlarm(REMINDERS, at)),
    now,
  });
  onAlarm(REMINDERS, () => void reminders.ring());
  // An alarm may not outlive the browser, and what was missed while it was off is said now.
  onStarted(() => void reminders.ring());
  onNotificationClicked((packageId) => void openTab(`bids.html#${packageId}`));
  return reminders;
}

/**
 * Puts the background together. Every listener is registered at once, so that a woken worker misses no event.
 *
 * @param bringWorkshop where the background is a page with workers of its own (Firefox); null where it is a service worker
 */
export function startBackground(bringWorkshop: BringWorkshop | null): void {
  const now = () => Date.now();
  closeDisk().catch((error: unknown) => console.error("the disk stays open to content scripts", error));
  // What was opened for its bidder goes with its window, also where the browser, or a page that waited for that, ended before.
  sweepOpenedFiles().catch((error: unknown) => console.error("what was decrypted is not looked through", error));
  const policies = openPolicySource(managedStorage, now);
  const noteProgress = (message: unknown) => {
    const progress = v.safeParse(workshopProgress, message);
    if (!progress.success) return;
    const { id, done, total } = progress.output;
    void dispatch.noteProgress(id, done, total);
  };
  /** What the workshop in this very page says, the windows hear from here. */
  const noteOwn = (progress: object) => {
    noteProgress(progress);
    broadcast(progress);
  };
  const askWorkshop = bringWorkshop === null ? askElsewhere : askHere(bringWorkshop, noteOwn);
  const host = governHost(
    createHostClient({
      core: once(async () => loadGm(await readCoreModules())),
      clientKey: once(openClientKey),
      trusted: openTable("local", "host"),
      now,
    }),
    policies,
  );
  const reminders = openReminders(host, now);
  const journey: Journey = {
    records: openRecords(),
    sites: openSites(policies),
    policies,
    quota: openQuota(now),
    means: {
      host: watchBids(host, reminders),
      workshop: createWorkshopClient(askWorkshop),
      jobs: openJobs(now),
      packages: { find: findPackage, sweep: sweepPackages },
      lastKeys: openTable("session", "last-key"),
      notify: notifyTab,
      isThere: async ({ id, tabId }) => (await askTab(tabId, { v: 1, kind: "here", id } satisfies Presence)) === true,
      tellSurfaces: broadcast,
    },
    windows: createApprovalWindows(),
    ended: openEndedRequests(),
    now,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
  const dispatch = createDispatch(journey);
  const surfaces = createSurfaces(journey, dispatch);
  dispatch.recover().catch((error: unknown) => console.error("what an earlier run left is there still", error));

  onMessage((message, sender) => surfaces.take(message, sender) ?? dispatch.take(message, sender));

  onMessage((message) => (v.is(probe, message) ? Promise.resolve(message.content instanceof Blob) : undefined));
  onMessage((message, sender) => {
    if (sender.own) noteProgress(message);
    return undefined;
  });

  journey.windows.onClosed(async (windowId) => {
    for (const record of await journey.records.all()) {
      if (record.windowId === windowId) {
        await dispatch.settle(record.id, failWith(new OperationError("USER_DECLINED")), ["reading", "asking"]);
      }
    }
  });
  onTabClosed(async (tabId) => {
    for (const record of await journey.records.all()) {
      if (record.tabId !== tabId) continue;
      await dispatch.settle(record.id, failWith(new OperationError("CANCELLED")), ["received", "reading", "asking"]);
      // A job that a key works on comes to its end; nobody waits for its answer.
      if (record.state !== "working") await dispatch.forget(record);
    }
    const { lastKeys } = journey.means;
    for (const key of await lastKeys.keys()) if (key.startsWith(`${tabId} `)) await lastKeys.remove(key);
  });

  policies.onChange(() => {
    void journey.sites.refresh();
    broadcast({ v: 1, kind: "surface-change", ended: null });
  });
  onPermissionsChanged(() => void journey.sites.refresh());
  // The browser's own reading of the policy takes seconds: it begins before anybody asks.
  onStarted(() => void journey.sites.refresh());
  onInstalled((reason) => {
    void journey.sites.refresh();
    if (reason === "install") void openTab("welcome.html");
  });
}
