/**
 * Opening a package on a server, from file to nowhere: every segment's tag, the index, the files' hashes. Its signature and the payload's hash were verified
 * when it was handed in. Beside OpenSSL's command line on the same bytes.
 */
import { encodeKeyBlockContent, openInPool, openPackage, readFiles, writePackage } from "@certbridge/bid";
import type { GmPool } from "@certbridge/gm/pool";
import { openGmPool } from "@certbridge/gm/pool/node";
import { encodeEnvelopedData, signData } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { BidHeader } from "@certbridge/protocol/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { BID_TRAILER } from "@certbridge/protocol/content-types";
import { createReadStream } from "node:fs";
import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { gm, party } from "../../tests/support/authority.ts";
import { alone, type Figure, median, type Part, round } from "../figure.ts";
import { makeFile, MIB, timeOpenssl, withFolder } from "./files.ts";

const SIZE_MIB = 2048;
const QUICK_MIB = 256;
const ROUNDS = { most: 3, quick: 2 } as const;
const BOUND = { floor: 2.5, aim: 4 };

const bidder = party("投标人", null, { keyUsage: ["digitalSignature", "keyEncipherment"] });
const fileKey = new Uint8Array(randomBytes(32));

async function makePackage(from: string, mib: number, to: string): Promise<void> {
  const { certificate, privateKey } = bidder;
  const header: BidHeader = {
    format: "shared-certificate-bid:1",
    packageId: encodeBase64Url(randomBytes(16)),
    platformId: "bench",
    projectCode: "1",
    projectName: "bench",
    lot: "1",
    openingTime: "2030-01-01T00:00:00Z",
    signingCertificateSm3: encodeBase64Url(gm.sm3(certificate.der)),
  };
  const keyBlock = encodeEnvelopedData(gm, {
    content: encodeKeyBlockContent(gm, fileKey, encodeCanonical(header)),
    recipients: [certificate],
    contentKey: randomBytes(16),
    iv: randomBytes(16),
  });
  const file = await open(to, "w");
  try {
    await writePackage({
      gm,
      crc32,
      header,
      fileKey,
      keyBlock,
      files: [{ name: "bid.bin", size: mib * MIB, chunks: () => createReadStream(from, { highWaterMark: 4 * MIB }) }],
      sink: { write: async (at, bytes) => void (await file.write(bytes, 0, bytes.length, at)) },
      sign: (content) =>
        signData(gm, {
          contentType: BID_TRAILER,
          content,
          detached: true,
          signedAt: new Date(),
          certificate,
          privateKey,
        }),
    });
  } finally {
    await file.close();
  }
}

async function timeOpening(path: string, pool: GmPool): Promise<{ readonly ms: number; readonly mib: number }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const read = async (at: number, len: number) => (await file.read(Buffer.allocUnsafe(len), 0, len, at)).buffer;
    const before = process.memoryUsage().rss;
    let highest = before;
    const began = performance.now();
    const opened = await openPackage({ gm, crc32, source: { size, read } });
    await readFiles({
      gm,
      opened,
      fileKey,
      open: openInPool(pool),
      sink: { write: () => void (highest = Math.max(highest, process.memoryUsage.rss())) },
    });
    return { ms: performance.now() - began, mib: (highest - before) / MIB };
  } finally {
    await file.close();
  }
}

async function openWorkers(): Promise<{ readonly pool: GmPool } & AsyncDisposable> {
  const pool = await openGmPool({ workers: 2 });
  await pool.ready;
  return { pool, [Symbol.asyncDispose]: () => pool.close() };
}

export const serverOpen: Part = {
  metrics: ["bid.server-open"],
  measure: ({ quick, rounds }) =>
    withFolder(async (folder) => {
      const mib = quick ? QUICK_MIB : SIZE_MIB;
      const path = await makeFile(join(folder, "bid.bin"), mib);
      const sealed = join(folder, "bid.cbid");
      await makePackage(path, mib, sealed);
      const [ours, theirs]: [number[], number[]] = [[], []];
      await using workers = await openWorkers();
      let added = 0;
      for (let turn = 0; turn <= Math.min(rounds, quick ? ROUNDS.quick : ROUNDS.most); turn++) {
        const opening = await timeOpening(sealed, workers.pool);
        const openssl = await timeOpenssl(path, join(folder, "openssl.bin"));
        if (turn === 0) continue;
        ours.push(opening.ms);
        added = Math.max(added, opening.mib);
        if (openssl !== null) theirs.push(openssl);
      }
      const speed = (ms: number) => round((mib * MIB) / ms / 1000);
      const figures: Figure[] = [alone("bid.server-open-memory", "node", added, "MiB")];
      if (theirs.length > 0) {
        figures.push({
          metric: "bid.server-open",
          engine: "node",
          against: "openssl-enc",
          ours: speed(median(ours)),
          peer: speed(median(theirs)),
          unit: "MB/s",
          ratio: round(median(theirs) / median(ours)),
          ...BOUND,
        });
      }
      return figures;
    }),
};
