import {
  beginPackage,
  type ByteSource,
  commitmentOf,
  createPassphrase,
  encodeBackupKey,
  encodeKeyBlockContent,
  openPackage,
  type PackageWriter,
  payloadKeys,
  planStream,
  readFiles,
  type SegmentOpener,
  verifyPackage,
  wipeKeys,
} from "@certbridge/bid";
import { type Gm, loadGm } from "@certbridge/gm";
import { encodeEnvelopedData, parseCertificate } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { BidHeader } from "@certbridge/protocol/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { readCoreModules } from "../../platform/core-module.ts";
import { answerCalls } from "./calls.ts";
import { openCrc32 } from "./crc32.ts";
import { type Hands, openHands } from "./hands.ts";
import { writePayload } from "./payload.ts";
import { createFile, readFile, type WritableFile } from "./storage.ts";
import type { PackageCalls } from "./wire.ts";

/**
 * The worker of one package. It draws the file key (文件密钥), which is told to nobody but the key block's recipients and goes with this worker; reads
 * the files, has its hands hash and seal them, and writes. Where the person wants one, it makes the backup key file (备用密钥文件) afterwards.
 */

/** Room that is left for whatever else the browser keeps. Bytes. */
const SPARE_LEN = 16 * 1024 * 1024;

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
}

let begun: Begun | null = null;
let file: WritableFile | null = null;
let whole: PackageWriter | null = null;
/** From the first segment that is sealed until the last one is opened again. */
let hands: Hands | null = null;

function write(at: number, bytes: Uint8Array<ArrayBuffer>): void {
  if (file === null || file.write(bytes, { at }) !== bytes.length) throw new OperationError("STORAGE_FULL");
}

async function mustHaveRoom(len: number): Promise<void> {
  const { quota, usage } = await navigator.storage.estimate();
  if (quota !== undefined && usage !== undefined && quota - usage < len + SPARE_LEN) {
    throw new OperationError("STORAGE_FULL");
  }
}

/** A file that is read from its beginning to its end, for the most part: while some of it is used the next is read. */
function readAhead(from: Blob): ByteSource {
  const read = (at: number, len: number) => from.slice(at, at + len).arrayBuffer();
  let ahead: { readonly at: number; readonly len: number; readonly bytes: Promise<ArrayBuffer> } | null = null;
  return {
    size: from.size,
    async read(at, len) {
      const bytes = ahead?.at === at && ahead.len === len ? ahead.bytes : read(at, len);
      ahead = { at: at + len, len, bytes: read(at + len, len) };
      ahead.bytes.catch(() => undefined);
      return new Uint8Array(await bytes);
    },
  };
}

answerCalls<PackageCalls>({
  async begin({ header: fields, recipients }) {
    if (begun !== null) throw new Error("a worker makes one package");
    const gm = await loadCore();
    const fileKey = random(32);
    const packageId = encodeBase64Url(random(16));
    const header = encodeCanonical({ format: "shared-certificate-bid:1", packageId, ...fields } satisfies BidHeader);
    const content = encodeKeyBlockContent(gm, fileKey, header);
    const keyBlock = encodeEnvelopedData(gm, {
      content,
      recipients: recipients.map((der) => parseCertificate(der)),
      contentKey: random(16),
      iv: random(16),
    });
    content.fill(0);
    begun = { fileKey, header, keyBlock };
    return { packageId, header, keyBlock };
  },

  async write({ name, files, contents, ledgerHead }, report) {
    if (begun === null || whole !== null) throw new Error("a package is written once, when it has begun");
    const gm = await loadCore();
    const { fileKey, header, keyBlock } = begun;
    const { plan, start } = planStream(files);
    const payloadLen = plan.segments * limits.sealedSegmentLen;
    await mustHaveRoom(payloadLen);
    file = await createFile(name);
    const commitment = commitmentOf(gm, fileKey, header);
    whole = await beginPackage({
      gm,
      crc32: await openCrc32(),
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
      await writePayload({ gm, hands, plan, start, contents, whole, report });
    } catch (error) {
      hands.close();
      throw error;
    } finally {
      wipeKeys(keys);
    }
    return { trailer: whole.endPayload(), payloadLen };
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
    if (begun === null || hands === null) throw new Error("the package is not written");
    const gm = await loadCore();
    const { begin, close } = hands;
    const written = await readFile(name);
    const opened = await openPackage({ gm, crc32: await openCrc32(), source: readAhead(written) });
    verifyPackage(gm, opened);
    const open: SegmentOpener = async (_keys, index, isLast, sealed) => {
      const { result } = await begin("open", { index, isLast, sealed }, [sealed.buffer as ArrayBuffer]);
      return (await result)?.plain ?? null;
    };
    const { fileKey } = begun;
    try {
      await readFiles({ gm, opened, fileKey, open, sink: { write: () => undefined }, onProgress: report });
    } finally {
      close();
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
