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
import { KEPT_AFTER_OPENING_MS } from "./bids.ts";
import type { Clock } from "./clock.ts";
import { openRecordFiles } from "./record-files.ts";

const record = v.strictObject({
  format: v.literal("certbridge-notice-file:1"),
  said: bidNotice,
  /** The SignedData that says so, DER: for whoever wants to see it proved again. */
  notice: base64Url(1, limits.noticeLen),
});

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
  /** Keeps it as the newest. @throws OperationError NOTICE_OUTDATED, STORE_BUSY */
  keep(notice: Pick<SignedNotice, "said" | "der">): Promise<void>;
  /** Forgets those whose opening is long over. */
  sweep(): Promise<void>;
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
        await files.write(nameOf(said), {
          format: "certbridge-notice-file:1",
          said,
          notice: encodeBase64Url(der),
        });
      });
    },
    async sweep() {
      const isOver = ({ said }: v.InferOutput<typeof record>) =>
        Date.parse(said.openingTime) + KEPT_AFTER_OPENING_MS < clock();
      for (const { name } of (await files.all()).filter((each) => isOver(each.record))) {
        await files.alone(async () => {
          // A newer notice may have come meanwhile.
          const kept = await files.read(name);
          if (kept !== null && isOver(kept)) await files.remove(name);
        });
      }
    },
  };
}
