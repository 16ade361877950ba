import { encodeSignedAttributes, encodeSignedData } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { GM_DATA } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import type { Certificate } from "@certbridge/pki";
import type { Handlers } from "../dispatch.ts";
import type { Holder } from "../holder.ts";
import type { Host } from "../host.ts";
import type { OpenKey } from "../key-store.ts";
import { isOfDevice, withConsentedKey } from "./consented-key.ts";

/** SignedData without its certificates, generously; the frame around all results. Bytes. */
const ITEM_LEN = 1024;
const FRAME_LEN = 4096;

function answerLen(items: number, certificates: readonly Certificate[]): number {
  const item = certificates.reduce((sum, { der }) => sum + der.length, ITEM_LEN);
  return FRAME_LEN + items * (Math.ceil((item * 4) / 3) + ITEM_LEN / 16);
}

/**
 * The certificates that go along with every signature: the chain too where the answer still fits into a frame. Decided before
 * the key is opened, so that no signature is made that could not be handed over.
 */
function chooseChain({ certificate, chain }: Holder, items: number): readonly Certificate[] {
  if (answerLen(items, [certificate, ...chain]) <= limits.nativeFrameLen) return chain;
  if (answerLen(items, [certificate]) <= limits.nativeFrameLen) return [];
  throw new OperationError("TOO_LARGE", { limit: limits.nativeFrameLen });
}

/** One private-key call per item, over signed attributes that are built here. docs/operations/sign.md step 4 */
export function sign(host: Host): Handlers["sign"] {
  async function signItem(key: OpenKey, { certificate }: Holder, chain: readonly Certificate[], digest: string) {
    const attributes = encodeSignedAttributes(host.gm, {
      contentType: GM_DATA,
      digest: decodeBase64Url(digest),
      signedAt: new Date(host.clock()),
      certificate,
    });
    const signature = await key.sign(attributes, DEFAULT_DISTINGUISHING_ID);
    const cms = encodeSignedData({ contentType: GM_DATA, content: null, attributes, signature, certificate, chain });
    return { cms: encodeBase64Url(cms) };
  }

  return ({ items, format: _attachedLater, ...consent }) =>
    withConsentedKey(host, consent, items.length, async (holder) => {
      const chain = chooseChain(holder, items.length);
      return async (key) => {
        const results = [];
        for (const { digest } of items) {
          try {
            results.push(await signItem(key, holder, chain, digest));
          } catch (error) {
            // A key that fails at the first is told as that, to the person: nothing is signed, and they may go on.
            if (results.length === 0 && isOfDevice(error)) throw error;
            results.push({ error: error instanceof OperationError ? error.code : "INTERNAL" });
          }
        }
        return { results };
      };
    });
}
