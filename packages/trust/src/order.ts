/**
 * Orders of platforms (解密指令): what they say, once it is proved that the platform of the page that brought them signed them, and that a
 * time-stamping authority (时间戳机构) of the registry saw that signature, and when. docs/formats/notice-and-order.md
 */
import type { Gm } from "@certbridge/gm";
import { type Certificate, parseCertificate } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { type OpeningOrder, openingOrder } from "@certbridge/protocol/bid";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { ORDER } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { type Asker, openPlatformMessage } from "./notice.ts";
import type { RegisteredPlatform } from "./registry.ts";
import { readStamp } from "./stamp.ts";

/** An order whose signature and time stamp held. What it asks for is judged by whoever has the key. */
export interface SignedOrder {
  readonly said: OpeningOrder;
  /** SM3 of the content, 32 bytes: names the order. */
  readonly contentSm3: Uint8Array;
  readonly platform: RegisteredPlatform;
  /** When the authority saw the signature. */
  readonly stampedAt: Date;
  /** The earliest instant that this may have been: what has to be past by the stamp is past by this one. */
  readonly stampedFrom: Date;
  /** To which released keys are encrypted. Its use and dates are judged with the rest. */
  readonly room: Certificate;
}

type Verify = Pick<Gm, "sm2Encrypt" | "sm2Verify" | "sm3">;

function unstamped(cause?: unknown): OperationError {
  return new OperationError("ORDER_REFUSED", { rule: "time-stamp" }, cause === undefined ? {} : { cause });
}

function readRoom(gm: Verify, text: string): Certificate {
  let room: Certificate;
  try {
    room = parseCertificate(decodeBase64Url(text));
  } catch (cause) {
    throw new OperationError("MALFORMED", { what: "order" }, { cause });
  }
  try {
    // A key off the curve would be seen only once the bidder's own is open, and look like this program's failure.
    gm.sm2Encrypt(room.publicKey, new Uint8Array(1));
    return room;
  } catch (cause) {
    throw new OperationError("ORDER_REFUSED", { rule: "room-certificate" }, { cause });
  }
}

/**
 * @throws OperationError PLATFORM_UNPROVED: not signed by the platform of this origin, or in another's name · ORDER_REFUSED: no time stamp that
 *   holds, or a room that nobody can encrypt to · MALFORMED
 */
export function readOrder(gm: Verify, asker: Asker, der: Uint8Array): SignedOrder {
  const { content, platform, proved } = openPlatformMessage(gm, asker, der, ORDER, "order");
  const said = parseCanonical(openingOrder, content, limits.noticeLen, "order");
  if (said.platformId !== platform.id) throw new OperationError("PLATFORM_UNPROVED", { what: "order" });
  const room = readRoom(gm, said.roomCertificate);
  const { at, earliest } = readStamp(gm, proved.signerInfo, asker.registry.timeStampKeysSm3 ?? [], unstamped);
  return { said, contentSm3: gm.sm3(content), platform, stampedAt: at, stampedFrom: earliest, room };
}
