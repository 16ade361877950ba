/** A platform's server around its bids. docs/bids-on-a-server.md quotes it in pieces: what stands there is what runs here. */
import type { ByteSource, FilePiece, FileSink } from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { loadGm } from "@certbridge/gm/node";
import { createTimeStampRequest, encodeName, issueCertificate, oid, parseTimeStampResponse } from "@certbridge/pki";
import {
  BlamedError,
  createNonces,
  createOpeningDesk,
  createVerifier,
  isRefusal,
  type OpeningDesk,
  type OpeningPlatform,
  type TimeStamping,
  type VerifiedPackage,
  type Verifier,
  type VerifierOptions,
} from "@certbridge/verify";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";

/** The authority over HTTP, RFC 3161 clause 3.4: asked with a nonce, and never waited for without end. */
export function timeStampingAt(url: string, keysSm3: readonly string[]): TimeStamping {
  return {
    keysSm3,
    async stamp(imprint) {
      const nonce = crypto.getRandomValues(new Uint8Array(16));
      const answer = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/timestamp-query" },
        body: createTimeStampRequest(imprint, nonce),
        signal: AbortSignal.timeout(10_000),
      });
      const response = parseTimeStampResponse(new Uint8Array(await answer.arrayBuffer()));
      if (response.status !== "granted") throw new Error(`no time stamp: ${response.failure ?? "refused"}`);
      return response.token;
    },
  };
}

/** What the whole server has one of. */
export async function openServer(options: {
  readonly origin: string;
  readonly platform: OpeningPlatform;
  readonly timeStamping: TimeStamping;
  readonly trust: VerifierOptions["trust"];
  readonly revocation: NonNullable<VerifierOptions["revocation"]>;
  readonly clock?: () => number;
}) {
  const { origin, platform, timeStamping, trust, revocation, clock = Date.now } = options;
  const gm = await loadGm();
  // Holds the platform's key. Its certificate's key stands in the registry's signingKeysSm3, the authority's in timeStampKeysSm3.
  const desk = createOpeningDesk({ gm, platform, timeStamping, clock });
  // Holds none. Nonces are for logins; bids use none of them.
  const nonces = createNonces({ clock });
  const verifier = createVerifier({ gm, origins: [origin], trust, nonces, revocation, clock });
  return { gm, desk, verifier };
}

/** A file as it is read at any place: exactly as many bytes as were asked for, or an error. */
export function sourceOf(file: FileHandle, size: number): ByteSource {
  return {
    size,
    async read(at, len) {
      const bytes = new Uint8Array(len);
      for (let done = 0; done < len;) {
        const { bytesRead } = await file.read(bytes, done, len - done, at + done);
        if (bytesRead === 0) throw new Error("the file is shorter than it was");
        done += bytesRead;
      }
      return bytes;
    },
  };
}

/** Where opened files go: under numbers. What they are called stands in the list that openPackage gives. */
export function sinkInto(folder: string): FileSink & { close(): Promise<void> } {
  let at = -1;
  let file: FileHandle | null = null;
  return {
    async write({ file: place, offset, bytes }: FilePiece) {
      if (place !== at) {
        await file?.close();
        [file, at] = [await open(join(folder, String(place)), "w"), place];
      }
      for (let done = 0; done < bytes.length;) {
        done += (await file?.write(bytes, done, bytes.length - done, offset + done))?.bytesWritten ?? 0;
      }
    },
    close: async () => file?.close(),
  };
}

/** For one order: a certificate that only has to be for encryption and in force, and its key, to be wiped when the opening is over. */
export function makeRoomKey(gm: Gm, now: number) {
  const { privateKey, publicKey } = gm.sm2KeyPair();
  const name = encodeName([[oid.commonName, "开标室"]]);
  const certificate = issueCertificate(
    gm,
    {
      subject: name,
      publicKey,
      serialNumber: crypto.getRandomValues(new Uint8Array(16)),
      notBefore: new Date(now - 3600_000),
      notAfter: new Date(now + 24 * 3600_000),
      keyUsage: ["keyEncipherment", "dataEncipherment"],
    },
    { name, privateKey, publicKey },
  );
  return { certificate, privateKey };
}

type Server = Pick<Awaited<ReturnType<typeof openServer>>, "verifier" | "desk">;

/** Takes a package in: it is whole, lies where it can be read at any place, and whose session it is the server knows. */
export async function takeIn(
  { verifier, desk }: Server,
  of: {
    readonly source: ByteSource;
    /** What issueNotice said, of every notice of the lot. */
    readonly notices: Parameters<Verifier["verifyPackage"]>[1]["notices"];
    readonly receivedAt: number;
    readonly account: { readonly uscc: string };
    /** As encrypt() gave it to the page, where the page has it. */
    readonly ledgerHead?: string;
  },
) {
  const { source, notices, receivedAt, account, ledgerHead } = of;
  const received = await verifier.verifyPackage(source, { notices, receivedAt });
  if (received.signer.subject.uscc !== account.uscc) throw new Error("signed by another bidder");
  // Here it is kept, with received.signatureSm3 and received.keyBlock: from now on it counts. The receipt can be asked for again where it fails.
  const receipt = await desk.issueReceipt(received, ledgerHead);
  return { received, receipt: receipt.der };
}

/** The order goes out: the page of each bidder gets it, with the keyBlock of the own package. */
export async function beginOpening(
  { gm, desk }: { readonly gm: Gm; readonly desk: OpeningDesk },
  notice: Parameters<OpeningDesk["issueOrder"]>[0]["notice"],
  now: number,
) {
  const { certificate, privateKey } = makeRoomKey(gm, now);
  const order = await desk.issueOrder({ notice, roomCertificate: certificate });
  return { order: order.der, privateKey };
}

/** A key comes from the session of the bidder who handed the package in. */
export async function takeKey(
  { verifier, desk }: Server,
  of: {
    readonly source: ByteSource;
    readonly received: VerifiedPackage;
    readonly room: Awaited<ReturnType<typeof beginOpening>>;
    readonly releasedKey: Uint8Array;
    readonly receivedAt: number;
    readonly account: { readonly uscc: string };
    readonly sink: FileSink;
    /** For the record of the opening. */
    readonly note: (line: { readonly code: string; readonly blamed: boolean }) => void;
  },
) {
  const { source, received, room, releasedKey, receivedAt, account, sink, note } = of;
  const { signatureSm3 } = received;
  // bySubmitter: the server's own word for the session. uscc: so that a spare or renewed certificate of the same bidder counts.
  const expected = { signatureSm3, receivedAt, bySubmitter: true, uscc: account.uscc };
  // Right or refused, the bidder's page gets answer.der for saveReceipt once it is stamped; nobody waits for it.
  const answer = (refusal: Parameters<OpeningDesk["issueOpeningReceipt"]>[0]["refusal"]) =>
    desk.issueOpeningReceipt({ received, order: room.order, releasedKey, refusal, receivedAt }).catch(() => null);
  try {
    await verifier.verifyReleasedKey(source, releasedKey, room, expected);
  } catch (error) {
    // What is no refusal is the server's own mistake: nobody is told that his key was wrong.
    if (!isRefusal(error)) throw error;
    note({ code: error.code, blamed: error instanceof BlamedError });
    return { opened: null, answer: await answer(error.code) };
  }
  // It is the right one: the page can be told now.
  const stamping = answer(null);
  try {
    const opened = await verifier.openPackage(source, releasedKey, room, { ...expected, sink });
    return { opened, answer: await stamping };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    note({ code: error.code, blamed: error instanceof BlamedError });
    return { opened: null, answer: await stamping };
  }
}
