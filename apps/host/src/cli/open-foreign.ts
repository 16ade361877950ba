/**
 * `keys open`: a bid file that another program made of GM/T 0010 alone (旧格式), opened by the software key that it was encrypted for. What our own
 * program made is opened in the browser. docs/formats/legacy-package.md, What other programs make
 */
import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { resolve } from "node:path";
import { crc32 } from "node:zlib";
import {
  type ByteSource,
  contentKeyOfRecipient,
  legacyKeyOf,
  type OpenedLegacyPackage,
  openLegacyPackage,
  readLegacyFiles,
  verifyLegacyPackage,
} from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { findRecipient, type ForeignHash, parseCertificate, ProofError } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { giveName, isFileError } from "../disk.ts";
import { exportKeys, type Keeper } from "../stores/software/identities.ts";
import { keyIdOf } from "../stores/software/store.ts";
import type { Cli } from "./cli.ts";
import { printable } from "./cli.ts";
import { openKeeper, type PinOption } from "./key-list.ts";
import { UsageError } from "./words.ts";

export interface OpenOptions extends PinOption {
  readonly out: string;
}

/** Other programs bind and name certificates by these. */
const foreignHash: ForeignHash = (algorithm, bytes) =>
  createHash(algorithm.replace("-", "").toLowerCase()).update(bytes).digest();

async function sourceOf(file: FileHandle): Promise<ByteSource> {
  const { size } = await file.stat();
  return {
    size,
    async read(at, len) {
      const bytes = new Uint8Array(len);
      let done = 0;
      while (done < len) {
        const { bytesRead } = await file.read(bytes, done, len - done, at + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    },
  };
}

/** Signed, and another program's. @throws UsageError, OperationError */
async function readForeign(gm: Gm, source: ByteSource): Promise<{ opened: OpenedLegacyPackage; signer: string }> {
  try {
    const opened = await openLegacyPackage({ gm, source });
    const { signer } = verifyLegacyPackage(gm, opened, foreignHash);
    if (opened.context === null) return { opened, signer: signer.subject.commonName };
  } catch (cause) {
    if (!(cause instanceof ProofError) && !OperationError.is(cause, "MALFORMED")) throw cause;
    throw new UsageError(
      "这不是已签名的旧格式加密文件，或文件已损坏。互认通加密的投标文件请在“我的标书”中打开。",
      "This is no signed file in the old format, or it is damaged. What this program encrypted is opened in 我的标书.",
      { cause },
    );
  }
  throw new UsageError(
    "这是互认通加密的投标文件，请在“我的标书”中打开。",
    "This file was encrypted with this program: open it in 我的标书.",
  );
}

/** The pair, of now or earlier, that it was encrypted for. @throws UsageError */
async function findOpener({ gm, store }: Keeper, { envelope }: OpenedLegacyPackage): Promise<string> {
  for (const { body } of await store.identities()) {
    for (const { signing, encryption } of body?.pairs ?? []) {
      if (encryption === null) continue;
      const certificate = parseCertificate(decodeBase64Url(encryption.certificate));
      if (findRecipient(envelope, certificate, foreignHash) === null) continue;
      return keyIdOf(gm, decodeBase64Url(signing.certificate));
    }
  }
  throw new UsageError("本机没有能打开它的软件证书。", "No software certificate here opens it.");
}

/** @throws OperationError BID_NOT_OPENED, those of the PIN, and VENDOR_DECRYPT_NEEDED of a key that is in a device */
async function contentKeyOf(keeper: Keeper, opened: OpenedLegacyPackage, keyId: string, pin: string) {
  legacyKeyOf(opened, keeper.store.carrier);
  const { signing, encryption } = await exportKeys(keeper, keyId, pin);
  signing.privateKey.fill(0);
  if (encryption === null) throw new OperationError("KEY_NOT_FOUND");
  const { certificate, privateKey } = encryption;
  try {
    return contentKeyOfRecipient(keeper.gm, opened, parseCertificate(certificate), privateKey, foreignHash);
  } finally {
    privateKey.fill(0);
  }
}

/** The content under that name, whole or not at all; an existing file is never overwritten. Its length. */
async function writeContent(gm: Gm, opened: OpenedLegacyPackage, contentKey: Uint8Array, out: string): Promise<number> {
  const part = `${out}.part`;
  const file = await open(part, "wx", 0o600).catch((cause: unknown) => {
    if (!isFileError(cause, "EEXIST")) throw cause;
    throw new UsageError(
      `有一个未完成的文件：${part}。如没有其他程序正在写入，请删除后重试。`,
      `An unfinished file is there: ${part}. Unless another program is writing it, delete it and try again.`,
      { cause },
    );
  });
  try {
    const sink = {
      async write({ offset, bytes }: { readonly offset: number; readonly bytes: Uint8Array }) {
        for (let done = 0; done < bytes.length;) {
          done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
        }
      },
    };
    const [content] = await readLegacyFiles({ gm, crc32, opened, contentKey, sink });
    await file.sync();
    await giveName(part, out);
    return content?.size ?? 0;
  } finally {
    await file.close();
    await rm(part, { force: true });
  }
}

export async function openForeign(cli: Cli, path: string, { out, pinStdin = false }: OpenOptions): Promise<void> {
  const keeper = await openKeeper(cli);
  const { gm } = keeper;
  const file = await open(resolve(path), "r").catch((cause: unknown) => {
    throw isFileError(cause, "ENOENT")
      ? new UsageError(`找不到文件：${path}`, `No such file: ${path}`, { cause })
      : cause;
  });
  try {
    const { opened, signer } = await readForeign(gm, await sourceOf(file));
    const keyId = await findOpener(keeper, opened);
    const contentKey = await contentKeyOf(keeper, opened, keyId, await cli.secrets({ pinStdin }).pin());
    try {
      const len = await writeContent(gm, opened, contentKey, resolve(out));
      cli.say(`已打开：${out}（${len}字节）。签名证书上的名称（未核验）：${printable(signer)}`);
      cli.say(
        `Opened into ${out} (${len} bytes). The signing certificate, which was not verified, says: ${printable(signer)}`,
      );
    } catch (cause) {
      if (!isFileError(cause, "EEXIST")) throw cause;
      throw new UsageError(`文件已存在：${out}。请换一个文件名。`, `The file is there already: ${out}.`, { cause });
    } finally {
      contentKey.fill(0);
    }
  } finally {
    await file.close();
  }
}
