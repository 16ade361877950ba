/**
 * One package in the making: a worker that has the key and reads, a worker that hashes and writes. Nothing of it is kept but the file,
 * and that only once it is whole; a job that ends before leaves nothing. A worker whose package is whole is handed on, for a backup key file.
 */
import { archiveLenOf, payloadLenOf } from "@certbridge/bid";
import { bidFormats } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import type { WorkshopParams, WorkshopResult } from "@certbridge/protocol/workshop";
import type { Backups } from "./backups.ts";
import { openCalls } from "./calls.ts";
import { fitNames } from "./names.ts";
import { awaitPickedFiles, inTime, nameOf } from "./picked-files.ts";
import { nameWhole, partName, removeFile } from "./storage.ts";
import type { PackageCalls } from "./wire.ts";

/** Bytes of work that files mean, by the package's format. */
const WORK_LEN_OF = { [bidFormats.standard]: payloadLenOf, [bidFormats.legacy]: archiveLenOf } as const;

export interface PackageJob {
  begin(params: WorkshopParams<"beginPackage">): Promise<WorkshopResult<"beginPackage">>;
  /** `brought`: what came with the request, in place of what the person picks. `ledgerHead`: for the trailer. */
  write(brought: readonly Blob[] | undefined, ledgerHead?: string): Promise<WorkshopResult<"writePackage">>;
  finish(signature: string): Promise<WorkshopResult<"finishPackage">>;
  /** Ends whatever goes on. A package that is whole stays until it is swept, since a page may be reading it. */
  close(): Promise<void>;
}

/** @param report how many bytes are done, of twice the payload: each is written, and then opened for a trial */
export function openPackageJob(
  id: string,
  report: (done: number, total: number) => void,
  backups: Pick<Backups, "hold">,
): PackageJob {
  const worker = new Worker(new URL("./package.worker.ts", import.meta.url), { type: "module" });
  const calls = openCalls<PackageCalls>(worker);
  const picked = awaitPickedFiles(id);
  let workLenOf: (typeof WORK_LEN_OF)[keyof typeof WORK_LEN_OF] = WORK_LEN_OF[bidFormats.standard];
  let workLen = 0;
  let isWhole = false;
  let isClosed = false;

  return {
    async begin({ header, recipients }) {
      const begun = await calls.call("begin", { header, recipients: recipients.map(decodeBase64Url) });
      const { packageId } = begun;
      workLenOf = WORK_LEN_OF[header.format];
      return { packageId, header: encodeBase64Url(begun.header), keyBlock: encodeBase64Url(begun.keyBlock) };
    },

    async write(brought, ledgerHead) {
      const contents = brought ?? (await inTime(picked.files));
      const names = fitNames(contents.map(nameOf));
      const files = contents.map(({ size }, index) => ({ name: names[index] ?? "", size }));
      workLen = workLenOf(files);
      const { trailer } = await calls.call(
        "write",
        { name: partName(id), files, contents, ledgerHead },
        { onProgress: (done) => report(done, workLen * 2) },
      );
      return { trailer: encodeBase64Url(trailer), len: workLen };
    },

    async finish(signature) {
      const { len } = await calls.call("finish", { signature: decodeBase64Url(signature) });
      await calls.call("check", { name: partName(id) }, { onProgress: (done) => report(workLen + done, workLen * 2) });
      const name = await nameWhole(id);
      if (isClosed) {
        // It was given up while it got its name.
        await removeFile(name);
        throw new OperationError("CANCELLED");
      }
      isWhole = true;
      backups.hold(id, calls);
      return { len };
    },

    async close() {
      isClosed = true;
      picked.close();
      if (isWhole) return;
      calls.close();
      await removeFile(partName(id));
    },
  };
}
