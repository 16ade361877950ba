/**
 * Packages that their bidder opens for their own use (自行解密): read before anybody is asked, opened once they agreed, and saved out of the window of the
 * request. What was opened is in plain text, and goes with that window, however it ends. docs/operations/decrypt.md
 */
import type { BidFiles } from "@certbridge/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { approvalLock, type WorkshopParams, type WorkshopResult } from "@certbridge/protocol/workshop";
import { removeOpenedFiles, removeWithWindow } from "../../platform/opened-files.ts";
import { onWindowGone } from "../../platform/window-lock.ts";
import { type Calls, openCalls } from "./calls.ts";
import { nameOf, takePicked } from "./picked-files.ts";
import type { OpeningCalls } from "./wire.ts";

type Read = WorkshopResult<"readPackage">;

interface Opening {
  readonly calls: Calls<OpeningCalls>;
  readonly read: Promise<Read>;
  /** Null until it is open, and whole. */
  files: BidFiles | null;
}

export interface Openings {
  read(params: WorkshopParams<"readPackage">): Promise<Read>;
  expectKey(id: string): Promise<WorkshopResult<"expectKey">>;
  open(params: WorkshopParams<"openPackage">): Promise<WorkshopResult<"openPackage">>;
  /** @throws OperationError CONSENT_EXPIRED where they are gone */
  files(id: string): WorkshopResult<"openedFiles">;
  /** Ends what is not open yet; what is open is its window's. */
  release(id: string): void;
}

/** The last four digits of a serial number, as people are shown it. */
const tailOf = (serialNumber: string): string => serialNumber.slice(-4);

/** @param report how many bytes of a request are done, of all */
export function createOpenings(report: (id: string, done: number, total: number) => void): Openings {
  const openings = new Map<string, Opening>();

  async function readNow(
    calls: Calls<OpeningCalls>,
    { id, package: brought }: WorkshopParams<"readPackage">,
  ): Promise<Read> {
    const [content] = brought === undefined ? await takePicked(id) : [brought];
    if (content === undefined) throw new OperationError("INTERRUPTED");
    const blob = content instanceof Blob ? content : new Blob([new Uint8Array(content)]);
    const { size: len } = blob;
    const { header, headerBytes, keyBlock, signatureSm3, signer, recipients } = await calls.call(
      "read",
      { content: blob, name: nameOf(blob) },
      { onProgress: (done) => report(id, done, len) },
    );
    const { packageId, projectCode, projectName, lot, openingTime } = header;
    return {
      packageId,
      lot: { projectCode, projectName, lot, openingTime },
      header: encodeBase64Url(headerBytes),
      keyBlock: encodeBase64Url(keyBlock),
      signatureSm3: encodeBase64Url(signatureSm3),
      len,
      needed: {
        authority: signer.authority,
        serialTail: tailOf(signer.serialNumber),
        notAfter: signer.notAfter.toISOString(),
      },
      recipientTails: recipients.map(tailOf),
    };
  }

  function begin(params: WorkshopParams<"readPackage">): Opening {
    const { id } = params;
    // A request that was released is gone, and is not read anew by who only asks again.
    if (params.package === undefined && params.picked !== true) throw new OperationError("INTERRUPTED");
    const worker = new Worker(new URL("./opening.worker.ts", import.meta.url), { type: "module" });
    const calls = openCalls<OpeningCalls>(worker);
    const opening = { calls, read: readNow(calls, params), files: null };
    openings.set(id, opening);
    opening.read.catch(() => release(id));
    return opening;
  }

  function mustFind(id: string): Opening {
    const opening = openings.get(id);
    if (opening === undefined) throw new OperationError("INTERRUPTED");
    return opening;
  }

  function release(id: string): void {
    const opening = openings.get(id);
    if (opening === undefined || opening.files !== null) return;
    openings.delete(id);
    opening.calls.close();
  }

  return {
    read: async (params) => (openings.get(params.id) ?? begin(params)).read,

    async expectKey(id) {
      return { worker: encodeBase64Url(await mustFind(id).calls.call("expectKey", undefined)) };
    },

    async open({ id, by }) {
      const opening = mustFind(id);
      if (opening.files !== null) throw new OperationError("INVALID_REQUEST", { path: "id" });
      const { len } = await opening.read;
      const key =
        "sealedKey" in by
          ? { sealedKey: decodeBase64Url(by.sealedKey) }
          : { file: decodeBase64Url(by.file), passphrase: by.passphrase };
      try {
        const files = await opening.calls.call(
          "open",
          { id, by: key },
          { onProgress: (done) => report(id, done, len) },
        );
        opening.files = files;
        // The key goes with its worker.
        opening.calls.close();
        removeWithWindow(id);
        onWindowGone(approvalLock(id), () => openings.delete(id));
        return { files: files.length };
      } catch (error) {
        await removeOpenedFiles(id).catch(() => undefined);
        throw error;
      }
    },

    files(id) {
      const files = openings.get(id)?.files ?? null;
      if (files === null) throw new OperationError("CONSENT_EXPIRED");
      return { files: files.map(({ name, size }) => ({ name, size })) };
    },

    release,
  };
}
