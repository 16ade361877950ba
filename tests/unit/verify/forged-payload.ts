/** A package that is signed as it should be, and whose segments no key opens: its maker wrote noise. */
import { beginPackage, commitmentOf, encodeKeyBlockContent } from "@certbridge/bid";
import { parseCertificate, signData } from "@certbridge/pki";
import type { BidHeader } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { BID_TRAILER } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { crc32 } from "node:zlib";
import { seal, type SealedBid } from "../../support/sealed-bid.ts";
import type { BidWorld } from "./bid-world.ts";
import { gm } from "./world.ts";

export async function sealForged({ jianye, notice, clock }: BidWorld): Promise<SealedBid> {
  const { sequence: _ofANotice, format: _alsoOfANotice, committee: _none, ...lot } = notice;
  const header: BidHeader = {
    ...lot,
    format: "shared-certificate-bid:1",
    packageId: encodeBase64Url(crypto.getRandomValues(new Uint8Array(16))),
    signingCertificateSm3: encodeBase64Url(gm.sm3(jianye.signing)),
  };
  const fileKey = crypto.getRandomValues(new Uint8Array(32));
  const headerBytes = encodeCanonical(header);
  const keyBlock = seal(gm, encodeKeyBlockContent(gm, fileKey, headerBytes), [jianye.encryption]);
  const held = new Uint8Array(2 * limits.sealedSegmentLen);
  let len = 0;
  const writer = await beginPackage({
    gm,
    crc32,
    header: headerBytes,
    commitment: commitmentOf(gm, fileKey, headerBytes),
    keyBlock,
    payloadLen: limits.sealedSegmentLen,
    sink: {
      write(at, bytes) {
        held.set(bytes, at);
        len = Math.max(len, at + bytes.length);
      },
    },
  });
  await writer.add(new Uint8Array(limits.sealedSegmentLen).fill(9));
  const signature = signData(gm, {
    contentType: BID_TRAILER,
    content: writer.endPayload(),
    detached: true,
    certificate: parseCertificate(jianye.signing),
    privateKey: jianye.signingKey,
    signedAt: new Date(clock()),
  });
  await writer.finish(signature);
  return { header, fileKey, keyBlock, bytes: held.slice(0, len) };
}
