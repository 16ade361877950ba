import {
  backupKeyRefused,
  type FileSink,
  type OwnPackage,
  readOwnPackage,
  readPickedBackupKey,
  type RunOpener,
} from "@certbridge/bid";
import { type Gm, loadGm } from "@certbridge/gm";
import { sameBytes } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { readSealedFileKey } from "@certbridge/protocol/host/sealed-file-key";
import { createOpenedFolder } from "../../platform/opened-files.ts";
import { readCoreModules } from "../../platform/core-module.ts";
import { answerCalls } from "./calls.ts";
import { type Hands, openHands } from "./hands.ts";
import { readAhead } from "./read-ahead.ts";
import { createFile, mustHaveRoom, type WritableFile } from "./storage.ts";
import type { KeyOfPackage, OpeningCalls } from "./wire.ts";

/**
 * The worker that opens one package for its bidder (自行解密). The file key comes encrypted for a key pair that is drawn here, or out of a backup key
 * file; it is told to nobody, and goes with this worker.
 */

let core: Promise<Gm> | undefined;
const loadCore = () => (core ??= readCoreModules().then((modules) => loadGm(modules)));

let own: OwnPackage | null = null;
let size = 0;
let expected: Uint8Array | null = null;

/** @throws OperationError BID_NOT_OPENED */
function unseal(gm: Gm, id: string, sealed: Uint8Array): Uint8Array<ArrayBuffer> {
  const privateKey = expected;
  expected = null;
  const plaintext = privateKey === null ? null : gm.sm2Decrypt(privateKey, sealed);
  privateKey?.fill(0);
  const fileKey = plaintext === null ? null : readSealedFileKey(id, plaintext);
  if (fileKey === null) throw new OperationError("BID_NOT_OPENED");
  const kept = Uint8Array.from(fileKey);
  plaintext?.fill(0);
  return kept;
}

/** @throws OperationError BACKUP_KEY_REFUSED */
function openBackup(gm: Gm, headerBytes: Uint8Array, file: Uint8Array, passphrase: string): Uint8Array {
  const backup = readPickedBackupKey(file);
  if (!sameBytes(backup.headerBytes, headerBytes)) throw backupKeyRefused("another-bid");
  const fileKey = backup.open(gm, passphrase);
  if (fileKey === null) throw backupKeyRefused("not-opened");
  return fileKey;
}

const fileKeyOf = (gm: Gm, { headerBytes }: OwnPackage, id: string, by: KeyOfPackage): Uint8Array =>
  "sealedKey" in by ? unseal(gm, id, by.sealedKey) : openBackup(gm, headerBytes, by.file, by.passphrase);

/** One file after the other, each under its number. */
function openSink(folder: FileSystemDirectoryHandle): FileSink & { end(): void } {
  let current: { readonly file: number; readonly writable: WritableFile } | null = null;
  function end(): void {
    current?.writable.flush();
    current?.writable.close();
    current = null;
  }
  return {
    async write({ file, offset, bytes }) {
      if (current?.file !== file) {
        end();
        current = { file, writable: await createFile(String(file), folder) };
      }
      if (current.writable.write(bytes, { at: offset }) !== bytes.length) throw new OperationError("STORAGE_FULL");
    },
    end,
  };
}

/** Segments go to other cores once there are more of them than hands take in one go. */
const MANY_LEN = 16 * 1024 * 1024;

/** Opens segments by hands, which have the keys from the first one on. */
function openWithHands() {
  let hands: Hands | null = null;
  const open: RunOpener = async (keys, run) => {
    hands ??= openHands(keys);
    const { result } = await hands.begin("open", run, [run.sealed.buffer]);
    return result;
  };
  return { open, close: () => hands?.close() };
}

answerCalls<OpeningCalls>({
  async read({ content, name }, report) {
    if (own !== null) throw new Error("a worker opens one package");
    const gm = await loadCore();
    const source = readAhead(content, name);
    own = await readOwnPackage({ gm, crc32: gm.crc32, source, onProgress: (done) => report(done) });
    ({ size } = content);
    const { header, headerBytes, keyBlock, signatureSm3, recipients } = own;
    const { issuer, serialNumber, notAfter } = own.signer;
    const { commonName: authority } = issuer;
    return { header, headerBytes, keyBlock, signatureSm3, recipients, signer: { authority, serialNumber, notAfter } };
  },

  async expectKey() {
    const { privateKey, publicKey } = (await loadCore()).sm2KeyPair();
    expected?.fill(0);
    expected = privateKey;
    return publicKey;
  },

  async open({ id, by }, report) {
    if (own === null) throw new Error("no package was read");
    const fileKey = fileKeyOf(await loadCore(), own, id, by);
    try {
      await mustHaveRoom(size);
      const sink = openSink(await createOpenedFolder(id));
      const hands = openWithHands();
      try {
        const byHands = size > MANY_LEN ? { open: hands.open } : {};
        return await own.open(fileKey, sink, { onProgress: (done) => report(done), ...byHands });
      } finally {
        hands.close();
        sink.end();
      }
    } finally {
      fileKey.fill(0);
    }
  },
});
