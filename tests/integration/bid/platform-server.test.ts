import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { judgeOrder } from "@certbridge/bid";
import { obtainKeys } from "@certbridge/demo/bidders";
import { hexOf, parseCertificate } from "@certbridge/pki";
import { readOpeningReceipt, readOrder, readReceipt, type Registry } from "@certbridge/trust";
import { afterAll, beforeAll, expect, test } from "vitest";
import { releaseKey, strangeContent } from "../../support/sealed-bid.ts";
import { type BidWorld, createBidWorld, files, OPENING, said } from "../../unit/verify/bid-world.ts";
import { gm, ORIGIN, OTHER_ORIGIN } from "../../unit/verify/world.ts";
import { beginOpening, openServer, sinkInto, sourceOf, takeIn, takeKey, timeStampingAt } from "./platform-server.ts";

/** docs/bids-on-a-server.md, followed by somebody who has nothing else: an authority over HTTP, files on a disk, the bidder's program's rules. */
const folder = mkdtempSync(join(tmpdir(), "platform-"));
let world: BidWorld;
let authority: Server;
beforeAll(async () => {
  world = createBidWorld();
  authority = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.end(world.timeStamps.answer(new Uint8Array(Buffer.concat(chunks))));
  });
  await new Promise<void>((go) => void authority.listen(0, "127.0.0.1", go));
});
afterAll(() => {
  authority.close();
  rmSync(folder, { recursive: true, force: true });
});

const registryOf = (): Registry => ({
  platforms: [
    {
      id: "demo-a",
      name: "江南公共资源交易平台（演示）",
      origins: [OTHER_ORIGIN],
      signingKeysSm3: [hexOf(gm.sm3(parseCertificate(world.platform.certificate).publicKey))],
      enabled: true,
    },
  ],
  authorities: [],
  timeStampKeysSm3: [world.timeStamps.keySm3],
});

const start = () =>
  openServer({
    origin: ORIGIN,
    platform: world.platform,
    timeStamping: timeStampingAt(`http://127.0.0.1:${(authority.address() as AddressInfo).port}`, [
      world.timeStamps.keySm3,
    ]),
    trust: world.trust,
    revocation: { crl: (issuer) => world.served.crl(issuer) },
    clock: world.clock,
  });

test("announce, take in, open: each message holds at the bidder's own computer, and the files are there", async () => {
  const asker = { registry: registryOf(), origin: OTHER_ORIGIN };
  const server = await start();
  const account = world.jianye.applicant;
  const notice = server.desk.issueNotice(said).said;
  const sealed = await world.seal({}, world.jianye, notice);
  const path = join(folder, "package");
  await writeFile(path, sealed.bytes);
  const file = await open(path);
  const source = sourceOf(file, sealed.bytes.length);
  const receivedAt = world.clock();
  const { received, receipt } = await takeIn(server, { source, notices: [notice], receivedAt, account });
  expect(readReceipt(gm, asker, receipt).said.packageId).toBe(sealed.header.packageId);
  const another = takeIn(server, { source, notices: [notice], receivedAt, account: world.nanling.applicant });
  await expect(another).rejects.toThrow("signed by another bidder");

  world.setTime(OPENING + 5000);
  const room = await beginOpening(server, notice, world.clock());
  const order = readOrder(gm, asker, room.order);
  const facts = { ...order, order: order.said, noticedOpening: notice.openingTime, now: world.clock() };
  expect(judgeOrder(facts)).toBe("release");

  const lines: object[] = [];
  const sink = sinkInto(folder);
  const take = (releasedKey: Uint8Array) =>
    takeKey(server, {
      source,
      received,
      room,
      releasedKey,
      receivedAt: world.clock(),
      account,
      sink,
      note: (line) => void lines.push(line),
    });
  const wrong = await take(
    releaseKey(gm, world.jianye, received.keyBlock, room.order, { content: strangeContent(gm, sealed.header) }),
  );
  expect(wrong.opened).toBeNull();
  expect(readOpeningReceipt(gm, asker, wrong.answer?.der ?? new Uint8Array(0)).said.refusal).toBe("RELEASED_KEY_WRONG");
  expect(lines).toEqual([{ code: "RELEASED_KEY_WRONG", blamed: true }]);

  // A spare certificate of the same bidder, by another CA.
  const signedBy = obtainKeys(gm, world.authorities.lingbei, account);
  const { opened, answer } = await take(releaseKey(gm, world.jianye, received.keyBlock, room.order, { signedBy }));
  await sink.close();
  await file.close();
  expect(opened?.files.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
  for (const [place, { bytes }] of files.entries()) {
    if (bytes.length > 0) expect(readFileSync(join(folder, String(place))).equals(bytes)).toBe(true);
  }
  expect(readOpeningReceipt(gm, asker, answer?.der ?? new Uint8Array(0)).said.refusal).toBeNull();
});

test("the page quotes what runs here", () => {
  const root = resolve(import.meta.dirname, "../../..");
  const page = readFileSync(join(root, "docs/bids-on-a-server.md"), "utf8");
  const code = readFileSync(join(import.meta.dirname, "platform-server.ts"), "utf8");
  const quoted = Array.from(page.matchAll(/^```ts example\n(.*?)^```$/gms), ([, block = ""]) => block);
  expect(quoted.length).toBeGreaterThan(3);
  for (const block of quoted) expect(code).toContain(block);
});
