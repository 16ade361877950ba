/**
 * releaseKey (解密): the key block opened on the key, held against the order in every equality, and its content encrypted for the room that the
 * order names, signed. Nothing of it is given to anybody else. docs/formats/notice-and-order.md
 */
import { judgeRelease } from "@certbridge/bid";
import { encodeEnvelopedData } from "@certbridge/pki";
import type { Certificate } from "@certbridge/pki";
import type { ReleasedKey } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { RELEASED_KEY } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import type { HostResult } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import type { Handlers } from "../../dispatch.ts";
import type { Holder } from "../../holder.ts";
import type { Host } from "../../host.ts";
import { isOfBid, withKeyBlock } from "../../key-block.ts";
import { ledgerHeadOf } from "../../ledger.ts";
import type { OpenedKeyBlock } from "../../key-block.ts";
import type { OpenKey } from "../../key-store.ts";
import { recipientOf } from "../../key-store.ts";
import { withPlannedKey } from "../consented-key.ts";
import { signMessage } from "../signed-message.ts";
import { acceptClock, askOrder, judgeBefore, triedOpening, withKeptNotice } from "./order.ts";
import type { AskedOrder } from "./order.ts";
import { recorded } from "./recorded.ts";
import type { Tried } from "./recorded.ts";

/** The opening of the key block, and the signature over what is released. */
const CALLS = 2;

const CONTENT_KEY_LEN = 16;
const IV_LEN = 16;

/** The released key for the room, before it is signed. */
function encodeReleased(
  { gm, random }: Host,
  { order, keyBlock }: AskedOrder,
  opened: OpenedKeyBlock,
  head: { readonly ledgerHead?: string },
): Uint8Array {
  const { room, contentSm3 } = order;
  const contentKey = random(CONTENT_KEY_LEN);
  try {
    const { content } = opened;
    const envelope = encodeEnvelopedData(gm, { content, recipients: [room], contentKey, iv: random(IV_LEN) });
    return encodeCanonical({
      format: "shared-certificate-released-key:1",
      packageId: opened.header.packageId,
      keyBlockSm3: encodeBase64Url(gm.sm3(keyBlock)),
      orderSm3: encodeBase64Url(contentSm3),
      roomCertificateSm3: encodeBase64Url(gm.sm3(room.der)),
      envelope: encodeBase64Url(envelope),
      ...head,
    } satisfies ReleasedKey);
  } finally {
    contentKey.fill(0);
  }
}

export function releaseKey(host: Host): Handlers["releaseKey"] {
  /** @throws OperationError BID_NOT_OPENED, ORDER_REFUSED, CLOCK_BEHIND */
  async function release(
    asked: AskedOrder,
    { certificate, clockAccepted, tried }: { certificate: Certificate; clockAccepted: boolean; tried: Tried },
    holder: Holder,
    key: OpenKey,
  ): Promise<HostResult<"releaseKey">> {
    const released = await withKeyBlock(host.gm, key, { envelope: asked.envelope, certificate }, async (opened) => {
      const { header } = opened;
      tried.packageId = header.packageId;
      // Signed, another file key under its id would be the bidder's own wrong one.
      const known = await host.bids.find(header.packageId).catch(() => null);
      if (known !== null && !isOfBid(opened, known)) throw new OperationError("BID_NOT_OPENED");
      acceptClock(judgeRelease({ ...asked.facts, header }), asked, clockAccepted);
      // The record of an opening is worth less than the opening: one that cannot be read is left out.
      const head = await ledgerHeadOf(host, header.packageId).catch(() => ({}));
      return { packageId: header.packageId, content: encodeReleased(host, asked, opened, head) };
    });
    if (released === null) throw new OperationError("BID_NOT_OPENED");
    const { packageId, content } = released;
    const der = await signMessage(host, key, holder, { contentType: RELEASED_KEY, content, maxLen: limits.noticeLen });
    tried.message = der;
    return { releasedKey: encodeBase64Url(der), packageId };
  }

  return async ({ origin, keyBlock, order, clockAccepted, ...consented }) => {
    const { kept, tried } = await triedOpening(host, keyBlock, "release");
    return recorded(
      host,
      tried,
      () =>
        withPlannedKey(
          host,
          { ...consented, origin },
          async (holder, found) => {
            const asked = await withKeptNotice(
              host,
              await askOrder(host, { origin, keyBlock, order }, { kept, tried }),
            );
            acceptClock(judgeBefore(asked), asked, clockAccepted);
            const certificate = recipientOf(found, asked.envelope);
            if (certificate === null) throw new OperationError("KEY_NOT_FOUND");
            const use = (key: OpenKey) => release(asked, { certificate, clockAccepted, tried }, holder, key);
            return { calls: CALLS, opensFor: certificate, use };
          },
          { mayBeExpired: true },
        ),
      { isAwaited: false },
    );
  };
}
