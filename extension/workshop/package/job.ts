/**
 * One package in the making: a worker that has the key and reads, a worker that hashes and writes. Nothing of it is kept but the file,
 * and that only once it is whole; a job that ends before leaves nothing. A worker whose package is whole is handed on, for a backup key file.
 */
import { payloadLenOf } from "@certbridge/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import type { WorkshopParams, WorkshopResult } from "@certbridge/protocol/workshop";
import type { Backups } from "./backups.ts";
import { openCalls } from "./calls.ts";
import { fitNames } from "./names.ts";
import { awaitPickedFiles } from "./picked-files.ts";
import { nameWhole, partName, readFile, removeFile } from "./storage.ts";
import type { PackageCalls } from "./wire.ts";

/** How long the window may take to hand the files over. */
const HANDED_OVER_MS = 30_000;

/** Media type of a package. docs/formats/bid-package.md */
const MEDIA_TYPE = "application/vnd.certbridge.bid+zip";

export interface PackageJob {
  begin(params: WorkshopParams<"beginPackage">): Promise<WorkshopResult<"beginPackage">>;
  /** `brought`: what came with the request, in place of what the person picks. `ledgerHead`: for the trailer. */
  write(brought: readonly Blob[] | undefined, ledgerHead?: string): Promise<WorkshopResult<"writePackage">>;
  finish(signature: string): Promise<WorkshopResult<"finishPackage">>;
  /** The whole package; its name is the package's id. */
  take(): Promise<File>;
  /** Ends whatever goes on. A package that is whole stays until it is swept, since a page may be reading it. */
  close(): Promise<void>;
}

const nameOf = (content: Blob): string => ("name" in content && typeof content.name === "string" ? content.name : "");

/** @param report how many bytes are done, of twice the payload: each is written, and then opened for a trial */
export function openPackageJob(
  id: string,
  report: (done: number, total: number) => void,
  backups: Pick<Backups, "hold">,
): PackageJob {
  const worker = new Worker(new URL("./package.worker.ts", import.meta.url), { type: "module" });
  const calls = openCalls<PackageCalls>(worker);
  const picked = awaitPickedFiles(id);
  let packageId: string | null = null;
  let payloadLen = 0;
  let whole: string | null = null;

  function takePicked(): Promise<readonly Blob[]> {
    const late = new Promise<never>((_taken, reject) => {
      setTimeout(() => reject(new OperationError("INTERRUPTED")), HANDED_OVER_MS);
    });
    return Promise.race([picked.files, late]);
  }

  return {
    async begin({ header, recipients }) {
      const begun = await calls.call("begin", { header, recipients: recipients.map(decodeBase64Url) });
      ({ packageId } = begun);
      return { packageId, header: encodeBase64Url(begun.header), keyBlock: encodeBase64Url(begun.keyBlock) };
    },

    async write(brought, ledgerHead) {
      const contents = brought ?? (await takePicked());
      const names = fitNames(contents.map(nameOf));
      const files = contents.map(({ size }, index) => ({ name: names[index] ?? "", size }));
      payloadLen = payloadLenOf(files);
      const { trailer } = await calls.call(
        "write",
        { name: partName(id), files, contents, ledgerHead },
        { onProgress: (done) => report(done, payloadLen * 2) },
      );
      return { trailer: encodeBase64Url(trailer), len: payloadLen };
    },

    async finish(signature) {
      const { len } = await calls.call("finish", { signature: decodeBase64Url(signature) });
      await calls.call(
        "check",
        { name: partName(id) },
        { onProgress: (done) => report(payloadLen + done, payloadLen * 2) },
      );
      whole = await nameWhole(id);
      backups.hold(id, calls);
      return { len };
    },

    async take() {
      if (whole === null) throw new OperationError("INTERRUPTED");
      return new File([await readFile(whole)], `${packageId}.cbid`, { type: MEDIA_TYPE });
    },

    async close() {
      picked.close();
      if (whole !== null) return;
      calls.close();
      await removeFile(partName(id));
    },
  };
}
