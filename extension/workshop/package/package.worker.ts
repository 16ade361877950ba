import {
  archiveLenOf,
  beginPackage,
  commitmentOf,
  createPassphrase,
  encodeBackupKey,
  encodeKeyBlockContent,
  type PackageWriter,
  payloadKeys,
  planStream,
  type RunOpener,
  wipeKeys,
} from "@certbridge/bid";
import { type Gm, loadGm } from "@certbridge/gm";
import { type Certificate, encodeEnvelopedData, parseCertificate } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { bidFormats, type BidHeader } from "@certbridge/protocol/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { readCoreModules } from "../../platform/core-module.ts";
import { answerCalls } from "./calls.ts";
import { checkPackage } from "./check.ts";
import { type Hands, openHands } from "./hands.ts";
import { checkLegacy, LEGACY_FRAME_LEN, writeLegacy } from "./legacy.ts";
import { writePayload } from "./payload.ts";
import { readAhead } from "./read-ahead.ts";
import { createFile, mustHaveRoom, readFile, type WritableFile } from "./storage.ts";
import type { PackageCalls } from "./wire.ts";

/**
 * The worker of one package. It draws the file key (文件密钥), which is told to nobody but the key block's recipients and goes with this worker; reads
 * the files, has its hands hash and seal them, and writes. Where the person wants one, it makes the backup key file (备用密钥文件) afterwards.
 */

/** Random bytes of a passphrase, and of the salt and the nonce of a backup key file. */
const PASSPHRASE_LEN = 20;
const BACKUP_FRESH_LEN = 28;

const random = (len: number) => crypto.getRandomValues(new Uint8Array(len));

let core: Promise<Gm> | undefined;
const loadCore = () => (core ??= readCoreModules().then((modules) => loadGm(modules)));

interface Begun {
  readonly fileKey: Uint8Array<ArrayBuffer>;
  readonly header: Uint8Array<ArrayBuffer>;
  readonly keyBlock: Uint8Array<ArrayBuffer>;
  readonly recipients: readonly Certificate[];
  readonly isLegacy: boolean;
}

let begun: Begun | null = null;
let file: WritableFile | null = null;
/** Of a legacy package: bytes of the archive in it. */
let archiveLen = 0;
let whole: Pick<PackageWriter, "finish"> | null = null;
/** From the first segment that is sealed until the last one is opened again. */
let hands: Hands | null = null;

function write(at: number, bytes: Uint8Array<ArrayBuffer>): void {
  if (file === null || file.write(bytes, { at }) !== bytes.length) throw new OperationError("STORAGE_FULL");
}

answerCalls<PackageCalls>({
  async begin({ header: fields, recipients: ders }) {
    if (begun !== null) throw new Error("a worker makes one package");
    const gm = await loadCore();
    const fileKey = random(32);
    const packageId = encodeBase64Url(random(16));
    const header = encodeCanonical({ packageId, ...fields } satisfies BidHeader);
    const recipients = ders.map((der) => parseCertificate(der));
    const content = encodeKeyBlockContent(gm, fileKey, header);
    const keyBlock = encodeEnvelopedData(gm, {
      content,
      recipients,
      contentKey: random(16),
      iv: random(16),
    });
    content.fill(0);
    begun = { fileKey, header, keyBlock, recipients, isLegacy: fields.format === bidFormats.legacy };
    return { packageId, header, keyBlock };
  },

  async write({ name, files, contents, ledgerHead }, report) {
    if (begun === null || whole !== null) throw new Error("a package is written once, when it has begun");
    const gm = await loadCore();
    const { fileKey, header, keyBlock, recipients, isLegacy } = begun;
    if (isLegacy) {
      archiveLen = archiveLenOf(files);
      await mustHaveRoom(archiveLen + LEGACY_FRAME_LEN);
      file = await createFile(name);
      const head = ledgerHead === undefined ? {} : { ledgerHead };
      const parts = { header, keyBlock, fileKey, recipients, iv: random(16), ...head };
      const { writer, trailer } = await writeLegacy({ gm, report }, { parts, write, files, contents });
      writer.close();
      whole = writer;
      return { trailer };
    }
    const { plan, start } = planStream(files);
    const payloadLen = plan.segments * limits.sealedSegmentLen;
    await mustHaveRoom(payloadLen);
    file = await createFile(name);
    const commitment = commitmentOf(gm, fileKey, header);
    const writer = await beginPackage({
      gm,
      crc32: gm.crc32,
      sink: { write },
      header,
      commitment,
      keyBlock,
      payloadLen,
      ...(ledgerHead === undefined ? {} : { ledgerHead }),
    });
    const keys = payloadKeys(gm, fileKey, header);
    hands = openHands(keys);
    try {
      await writePayload({ gm, hands, plan, start, contents, whole: writer, report });
    } catch (error) {
      hands.close();
      throw error;
    } finally {
      wipeKeys(keys);
    }
    whole = writer;
    return { trailer: writer.endPayload() };
  },

  async finish({ signature }) {
    if (whole === null || file === null) throw new Error("the package is not written");
    const len = await whole.finish(signature);
    file.truncate(len);
    file.flush();
    file.close();
    file = null;
    return { len };
  },

  async check({ name }, report) {
    if (begun === null || whole === null) throw new Error("the package is not written");
    const gm = await loadCore();
    const source = readAhead(await readFile(name), name);
    try {
      if (begun.isLegacy) {
        return await checkLegacy({ gm, report }, source, begun.fileKey, archiveLen);
      }
      if (hands === null) throw new Error("the package is not written");
      const { begin } = hands;
      const open: RunOpener = async (_keys, run) => {
        const { result } = await begin("open", run, [run.sealed.buffer]);
        return result;
      };
      const { fileKey } = begun;
      return await checkPackage({ gm, source, fileKey, open, report });
    } finally {
      source.close();
      hands?.close();
      hands = null;
    }
  },

  async backup() {
    if (begun === null || whole === null || file !== null) throw new Error("no package is whole");
    const gm = await loadCore();
    const drawn = random(PASSPHRASE_LEN);
    const passphrase = createPassphrase(drawn);
    drawn.fill(0);
    const { header, fileKey } = begun;
    return { file: encodeBackupKey(gm, { header, fileKey, passphrase, fresh: random(BACKUP_FRESH_LEN) }), passphrase };
  },

  async wipe() {
    begun?.fileKey.fill(0);
    begun = null;
  },
});
