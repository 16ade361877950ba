/**
 * The newest notice of each lot that was seen (最新招标公告要素): an older one, or one of the same number that says something else, is refused from
 * then on, and no key is released before the opening that it announces. docs/formats/notice-and-order.md
 */
import type { Gm } from "@certbridge/gm";
import { hexOf, sameBytes } from "@certbridge/pki";
import { base64Url, decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { type BidNotice, bidNotice } from "@certbridge/protocol/bid";
import { canonicalJson, encodeCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { SignedNotice } from "@certbridge/trust";
import * as v from "valibot";
import { hasServed } from "./bids.ts";
import type { Clock } from "./clock.ts";
import { openRecordFiles } from "./record-files.ts";

const record = v.strictObject({
  format: v.literal("certbridge-notice-file:1"),
  said: bidNotice,
  /** The SignedData that says so, DER: for whoever wants to see it proved again. */
  notice: base64Url(1, limits.noticeLen),
});

/**
 * Lots of one platform that are remembered. A page brings notices without anybody's being asked: it cannot fill the disk, and what it can drive out is its own
 * platform's; a bid has its notice with it. Which one goes does not depend on whether there is a bid, for a page could tell that by asking again.
 */
export const LOTS_OF_A_PLATFORM = 64;

/** A committee's certificate twice, the notice's own text, and room for the rest. Bytes. */
const FILE_LEN = 4 * limits.noticeLen;

/** What names a lot. */
export type LotName = Pick<BidNotice, "platformId" | "projectCode" | "lot">;

export interface Notices {
  /** What the newest one says; null where none was seen. */
  newest(lot: LotName): Promise<BidNotice | null>;
  /** The same, with the bytes that the platform signed. */
  signed(lot: LotName): Promise<Pick<SignedNotice, "said" | "der"> | null>;
  /** Refuses what is older than one that was seen, or contradicts it. @throws OperationError NOTICE_OUTDATED */
  refuseOutdated(notice: Pick<SignedNotice, "said">): Promise<void>;
  /** Keeps it as the newest; beyond the platform's number of lots, in the place of the one that is opened first. @throws OperationError NOTICE_OUTDATED, STORE_BUSY */
  keep(notice: Pick<SignedNotice, "said" | "der">): Promise<void>;
  /** At a start: forgets those that have served. @param stampedAt by the latest time stamp that was seen; null where there is none */
  sweep(stampedAt: number | null): Promise<void>;
}

/** @throws OperationError NOTICE_OUTDATED */
function compare(said: BidNotice, newest: BidNotice | null): void {
  if (newest === null || said.sequence > newest.sequence) return;
  const same = said.sequence === newest.sequence && canonicalJson(said) === canonicalJson(newest);
  if (!same) throw new OperationError("NOTICE_OUTDATED");
}

/** @param options.folder where the files are; made by whoever prepares the home */
export function openNotices(options: {
  readonly gm: Pick<Gm, "sm3">;
  readonly folder: string;
  readonly clock: Clock;
}): Notices {
  const { gm, folder, clock } = options;
  const files = openRecordFiles({ folder, schema: record, maxLen: FILE_LEN });
  const nameOf = ({ platformId, projectCode, lot }: LotName) =>
    hexOf(gm.sm3(encodeCanonical([platformId, projectCode, lot])));

  async function signed(lot: LotName): ReturnType<Notices["signed"]> {
    const kept = await files.read(nameOf(lot));
    // A file under another lot's name says nothing of this one.
    if (kept === null || nameOf(kept.said) !== nameOf(lot)) return null;
    return { said: kept.said, der: decodeBase64Url(kept.notice) };
  }
  const newest = async (lot: LotName): Promise<BidNotice | null> => (await signed(lot))?.said ?? null;

  async function makeRoom(platformId: string): Promise<void> {
    const own = (await files.all()).filter(({ record: { said } }) => said.platformId === platformId);
    const opening = ({ record: { said } }: (typeof own)[number]): number => Date.parse(said.openingTime);
    const first = own.toSorted((a, b) => opening(a) - opening(b));
    for (const { name } of first.slice(0, Math.max(0, own.length - LOTS_OF_A_PLATFORM + 1))) await files.remove(name);
  }

  return {
    newest,
    signed,
    async refuseOutdated({ said }) {
      compare(said, await newest(said));
    },
    async keep({ said, der }) {
      await files.alone(async () => {
        const kept = await files.read(nameOf(said));
        compare(said, await newest(said));
        if (kept !== null && sameBytes(decodeBase64Url(kept.notice), der)) return;
        if (kept === null) await makeRoom(said.platformId);
        await files.write(nameOf(said), {
          format: "certbridge-notice-file:1",
          said,
          notice: encodeBase64Url(der),
        });
      });
    },
    async sweep(stampedAt) {
      for (const { name } of await files.all()) {
        await files.alone(async () => {
          // A newer notice may have come meanwhile.
          const kept = await files.read(name);
          if (kept !== null && hasServed(kept.said.openingTime, clock(), stampedAt)) await files.remove(name);
        });
      }
    },
  };
}
