import { type ByteSource, createPieceHash, type OpenedPackage } from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";

/** A source whose payload is hashed while it is read. */
export interface HashedSource {
  readonly source: ByteSource;
  /** Whether the whole payload was read, and is the one that the trailer speaks of. To be asked once, at the end. */
  isAsSigned(): boolean;
}

/** The package's own source, for a reader that takes the segments one by one and in order: they are decrypted and hashed in one pass. */
export function hashAsRead(gm: Pick<Gm, "sm3Many" | "createSm3">, opened: OpenedPackage): HashedSource {
  const { source, payload, trailer } = opened;
  const hash = createPieceHash(gm, limits.sealedSegmentLen);
  let hashedTo = payload.at;
  return {
    source: {
      size: source.size,
      async read(at, len) {
        const bytes = await source.read(at, len);
        // Out of order nothing is hashed, so that the end says no.
        if (at === hashedTo && len === limits.sealedSegmentLen && bytes.length === len) {
          hash.take(bytes);
          hashedTo += len;
        }
        return bytes;
      },
    },
    isAsSigned: () => hashedTo === payload.at + payload.len && encodeBase64Url(hash.digest()) === trailer.payloadSm3,
  };
}
