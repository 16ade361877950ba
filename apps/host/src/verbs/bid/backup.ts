/** Backup key files, which the extension makes and opens: what the program knows of one, and has to say when one takes a key's place. docs/operations/decrypt.md */
import { releasedBackupKey } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { limits } from "@certbridge/protocol/limits";
import { instantOf } from "../../clock.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Host } from "../../host.ts";
import { failureOfCode } from "../../ledger.ts";
import { acceptClock, askOrder, judgeBefore, triedOpening, withKeptNotice } from "./order.ts";
import { recordedFailure } from "./recorded.ts";

/** That a backup key file of a bid was saved: so that the person is told which rungs it has. */
export function noteBackup(host: Host): Handlers["noteBackup"] {
  return async ({ packageId }) => {
    if ((await host.bids.find(packageId)) === null) return {};
    await host.bids.secured(packageId, { backupAt: instantOf(host.clock()) });
    return {};
  };
}

/**
 * What releaseKey asks of an order before it opens a key. Of which bid the file is shows where it is opened; that its lot is the order's is judged there.
 *
 * @throws OperationError PLATFORM_UNPROVED, MALFORMED, ORDER_REFUSED, CLOCK_BEHIND
 */
export function releaseBackup(host: Host): Handlers["releaseBackup"] {
  return async ({ clockAccepted, ...params }) => {
    const { kept, tried } = await triedOpening(host, params.keyBlock, "release");
    return recordedFailure(host, tried, async () => {
      const asked = await withKeptNotice(host, await askOrder(host, params, { kept, tried }));
      acceptClock(judgeBefore(asked), asked, clockAccepted);
      const { stampedAt, stampedFrom } = asked.order;
      return { stampedAt: stampedAt.toISOString(), stampedFrom: stampedFrom.toISOString() };
    });
  };
}

/** @throws OperationError MALFORMED where what was released is no such key */
export function noteBackupRelease(host: Host): Handlers["noteBackupRelease"] {
  return async ({ keyBlock, stampedAt, came }) => {
    const attempt = { step: "release", stampedAt: new Date(stampedAt) } as const;
    if ("releasedKey" in came) {
      const message = decodeBase64Url(came.releasedKey);
      const { packageId } = parseCanonical(releasedBackupKey, message, limits.noticeLen, "released key");
      await host.ledger.note(packageId, { ...attempt, failure: null, message });
      return {};
    }
    const kept = await host.bids.ofKeyBlock(decodeBase64Url(keyBlock));
    if (kept !== null) await host.ledger.note(kept.bid.packageId, { ...attempt, failure: failureOfCode(came.code) });
    return {};
  };
}
