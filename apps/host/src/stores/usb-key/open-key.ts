/** A USB key (CA锁) that is open: so many private-key calls, and what comes of them judged before it goes anywhere. */
import type { Gm } from "@certbridge/gm";
import { type Certificate, type EnvelopedData, findRecipient, parseCertificate, sameBytes } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import type { DeviceProfile } from "@certbridge/trust";
import type { OpenKey, Opening } from "../../key-store.ts";
import { SAR } from "./codes.ts";
import { codeWords } from "./failures.ts";
import { cipherPartsOf } from "./structures.ts";
import type { Ask } from "./trial.ts";

const BLOCK_LEN = 16;

/** What an open key stands on. */
interface Means {
  readonly gm: Gm;
  readonly ask: Ask;
  /** Logs out what an ended worker left. */
  readonly takeBack: () => Promise<void>;
  readonly profile: DeviceProfile;
}

/** A session of the worker's, for what it was opened for. */
interface OpenedSession extends Pick<Opening, "calls" | "opensFor"> {
  readonly session: number;
  readonly signingCertificate: Uint8Array;
  /** Gives the device's turn back. */
  readonly leave: () => void;
}

/** A call beside this one, or another program, logged the key out. That says nothing of the bytes. */
const isLoginLost = ({ details }: OperationError<"DEVICE_FAILED">): boolean =>
  details !== undefined && [SAR.NOT_LOGGED_IN, SAR.INVALID_HANDLE].map(codeWords).includes(details.code);

/** A copy without the padding of PKCS #7; null where there is none. */
function unpad(padded: Uint8Array): Uint8Array | null {
  const len = padded.at(-1) ?? 0;
  if (padded.length % BLOCK_LEN !== 0 || len < 1 || len > BLOCK_LEN) return null;
  return padded.subarray(-len).every((byte) => byte === len) ? new Uint8Array(padded.subarray(0, -len)) : null;
}

/** e = SM3(Z ‖ M), or the message where the key hashes by itself: which it does under one id only. */
function inputOf({ gm, profile }: Means, publicKey: Uint8Array, message: Uint8Array, id: string): Uint8Array {
  if (profile.signInput === "digest") return gm.sm3(Buffer.concat([gm.za(publicKey, id), message]));
  if (id === DEFAULT_DISTINGUISHING_ID) return message;
  throw new OperationError("UNSUPPORTED_OPERATION", { operation: "sign under another distinguishing id" });
}

/** Null where the key opens it to no content with a padding. */
async function decrypt(
  { ask }: Means,
  session: number,
  envelope: EnvelopedData,
  certificate: Certificate,
): Promise<Uint8Array | null> {
  const { iv, encryptedContent } = envelope;
  for (const raw of findRecipient(envelope, certificate)?.encryptedKeys ?? []) {
    try {
      const key = cipherPartsOf(raw);
      const padded = await ask("decrypt", { session, key, iv, content: encryptedContent });
      const content = unpad(padded);
      padded.fill(0);
      if (content !== null) return content;
    } catch (error) {
      // Which function failed would help a forger to decrypt: for what the key itself says there is one answer.
      if (!OperationError.is(error, "DEVICE_FAILED") || isLoginLost(error)) throw error;
    }
  }
  return null;
}

/** Closes with the last of the calls that were agreed. */
export function createOpenKey(
  means: Means,
  { session, signingCertificate, calls, opensFor = null, leave }: OpenedSession,
): OpenKey {
  const { gm, ask, takeBack } = means;
  const { publicKey } = parseCertificate(signingCertificate);
  let [left, opens, isOpen] = [calls, opensFor !== null, true];

  function close(): void {
    if (!isOpen) return;
    [left, opens, isOpen] = [0, false, false];
    // Where this fails, the worker is dead or about to be, and the next one logs out before anything else.
    void ask("close", { session })
      .catch(takeBack)
      .catch(() => undefined)
      .finally(leave);
  }

  async function counted<T>(run: () => Promise<T>): Promise<T> {
    if (left < 1) throw new Error("a private-key call beyond those that were agreed");
    left -= 1;
    try {
      return await run();
    } finally {
      if (left === 0) close();
    }
  }

  return {
    close,
    sign: (message, distinguishingId) =>
      counted(async () => {
        const signature = await ask("sign", { session, input: inputOf(means, publicKey, message, distinguishingId) });
        // A container may hold a certificate of another key, and a library may sign something else than it was given.
        if (gm.sm2Verify(publicKey, message, signature, { id: distinguishingId })) return signature;
        throw new OperationError("DEVICE_FAILED", { call: "SKF_ECCSignData", code: "not-verified" });
      }),
    openEnvelope(envelope, certificate) {
      if (!opens || opensFor === null || !sameBytes(certificate.der, opensFor.der)) {
        throw new Error("an envelope that the opening did not name");
      }
      opens = false;
      return counted(() => decrypt(means, session, envelope, certificate));
    },
  };
}
