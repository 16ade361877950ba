import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import { VerificationError } from "./errors.ts";

/** Challenges of one server. Each belongs to a session and an origin, lives five minutes, and is spent by the first attempt. */
export interface Nonces {
  /** A fresh challenge, base64url of 32 bytes; replaces an unused one of the same session and origin. */
  issue(of: { readonly session: string; readonly origin: string }): string;
  /** Spends it. @throws VerificationError NONCE_MISSING, NONCE_EXPIRED */
  consume(of: { readonly session: string; readonly origin: string }): Uint8Array;
}

/** Sessions that hold a challenge at most; the oldest make room, so that memory stays bounded. */
const MAX_HELD = 100_000;

export function createNonces(options: { readonly clock?: () => number } = {}): Nonces {
  const clock = options.clock ?? Date.now;
  const held = new Map<string, { readonly nonce: string; readonly expiresAt: number }>();
  const keyOf = ({ session, origin }: { session: string; origin: string }) => `${origin} ${session}`;
  return {
    issue(of) {
      const nonce = encodeBase64Url(crypto.getRandomValues(new Uint8Array(limits.nonceMinLen)));
      held.delete(keyOf(of));
      held.set(keyOf(of), { nonce, expiresAt: clock() + limits.nonceLifeMs });
      const [oldest] = held.keys();
      if (held.size > MAX_HELD && oldest !== undefined) held.delete(oldest);
      return nonce;
    },
    consume(of) {
      const found = held.get(keyOf(of));
      held.delete(keyOf(of));
      if (found === undefined) throw new VerificationError("NONCE_MISSING");
      if (found.expiresAt <= clock()) throw new VerificationError("NONCE_EXPIRED");
      return decodeBase64Url(found.nonce);
    },
  };
}
