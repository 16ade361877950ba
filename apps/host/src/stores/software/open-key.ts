/** A software key that is open: in memory, for as many private-key calls as were named, wiped by the last one at the latest. */
import type { Gm } from "@certbridge/gm";
import type { Certificate } from "@certbridge/pki";
import { openEnvelopedData, sameBytes } from "@certbridge/pki";
import type { OpenKey } from "../../key-store.ts";

/** Private keys, 32 bytes each; they are wiped here. */
export interface OpenPair {
  readonly signing: Uint8Array;
  readonly encryption: { readonly certificate: Certificate; readonly privateKey: Uint8Array } | null;
  readonly calls: number;
}

export function openInMemory(gm: Gm, { signing, encryption, calls }: OpenPair): OpenKey {
  let left = calls;
  let opens = encryption !== null;

  function close(): void {
    left = 0;
    opens = false;
    signing.fill(0);
    encryption?.privateKey.fill(0);
  }

  function count(): void {
    if (left < 1) throw new Error("a private-key call beyond those that were agreed");
    left -= 1;
  }

  return {
    close,
    async sign(message, distinguishingId) {
      count();
      const signature = gm.sm2Sign(signing, message, { id: distinguishingId });
      if (left === 0) close();
      return signature;
    },
    async openEnvelope(envelope, certificate) {
      if (encryption === null || !opens || !sameBytes(certificate.der, encryption.certificate.der)) {
        throw new Error("an envelope that the opening did not name");
      }
      count();
      opens = false;
      const content = openEnvelopedData(gm, envelope, certificate, encryption.privateKey);
      // It opens one envelope; the signing key may stay open for hours after that.
      encryption.privateKey.fill(0);
      if (left === 0) close();
      return content;
    },
  };
}
