/** GM/T 0010 SignedData over content that is built here, by the key that is open. One private-key call. */
import { type Attribute, encodeSignedAttributes, encodeSignedData } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import type { Holder } from "../holder.ts";
import type { Host } from "../host.ts";
import type { OpenKey } from "../key-store.ts";

export interface Message {
  readonly contentType: string;
  /** The content, or the SM3, 32 bytes, of what this program never has; that stays outside. */
  readonly content: Uint8Array | { readonly sm3: Uint8Array };
  /** The content stays outside. */
  readonly detached?: boolean;
  /** Further signed attributes. */
  readonly more?: readonly Attribute[];
  /** Of the SignedData, in bytes: the chain goes along where it still fits. */
  readonly maxLen: number;
}

/** @throws OperationError TOO_LARGE where it does not fit without its chain either */
export async function signMessage(
  { gm, clock }: Pick<Host, "gm" | "clock">,
  key: OpenKey,
  { certificate, chain }: Pick<Holder, "certificate" | "chain">,
  { contentType, content, detached = false, more = [], maxLen }: Message,
): Promise<Uint8Array> {
  const signedAt = new Date(clock());
  const inside = "sm3" in content ? null : content;
  const digest = "sm3" in content ? content.sm3 : gm.sm3(content);
  const attributes = encodeSignedAttributes(gm, { contentType, digest, signedAt, certificate, more });
  const signature = await key.sign(attributes, DEFAULT_DISTINGUISHING_ID);
  const parts = { contentType, content: detached ? null : inside, attributes, signature, certificate };
  for (const above of [chain, []]) {
    const der = encodeSignedData({ ...parts, chain: above });
    if (der.length <= maxLen) return der;
  }
  throw new OperationError("TOO_LARGE", { limit: maxLen });
}
