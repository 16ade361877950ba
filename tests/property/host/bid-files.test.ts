/** Files of bids in the home folder, altered by whoever can write there: at worst one counts as damaged, and every list is still given. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { readLedger } from "../../../apps/host/src/ledger.ts";
import { homeAt } from "../../../apps/host/src/home.ts";
import { gm } from "../../support/authority.ts";
import { openDesk, text } from "../../support/bid-desk.ts";
import { temporaryFolder } from "../../support/host.ts";
import { hostileBytes } from "../../support/malformed/bytes.ts";
import { hostileTexts } from "../../support/malformed/json.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const desk = await openDesk(folder.path);
const altered = await desk.handIn();
const whole = await desk.handIn();
const home = homeAt(desk.home);

/** The file in this folder that names the bid. */
function fileOf(place: string, packageId: string): string {
  const found = readdirSync(place).find((name) => readFileSync(join(place, name), "utf8").includes(packageId));
  if (found === undefined) throw new Error("a file expected");
  return join(place, found);
}

const bidFile = fileOf(home.bids, altered.header.packageId);
const bid = JSON.parse(readFileSync(bidFile, "utf8")) as Readonly<Record<string, unknown>>;
const fields = ["header", "keyBlock", "encryptionCertificate", "signingCertificate"] as const;
const crafted = fc
  .constantFrom(...fields)
  .chain((field) =>
    hostileBytes([Buffer.from(String(bid[field]), "base64url")]).map((bytes) =>
      JSON.stringify({ ...bid, [field]: text(bytes) }),
    ),
  );

test(
  "a bid's file: that bid, or none, and the other is there",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(hostileTexts([bid]), crafted), async (content) => {
        writeFileSync(bidFile, content);
        const { bids } = await desk.handlers.bids({});
        const ids = bids.map(({ packageId }) => packageId);
        expect(ids).toContain(whole.header.packageId);
        expect([1, 2]).toContain(ids.length);
        expect(await desk.host.bids.ofKeyBlock(whole.keyBlock)).not.toBeNull();
      }),
      cases(150, 50_000),
    );
    writeFileSync(bidFile, JSON.stringify(bid));
    expect((await desk.handlers.bids({})).bids).toHaveLength(2);
  },
  timeoutMs,
);

test(
  "a notice's file: that lot's newest, or none",
  async () => {
    const [name = ""] = readdirSync(home.notices).filter((file) => file.endsWith(".json"));
    const notice = JSON.parse(readFileSync(join(home.notices, name), "utf8")) as object;
    await fc.assert(
      fc.asyncProperty(hostileTexts([notice]), async (content) => {
        writeFileSync(join(home.notices, name), content);
        const newest = await desk.host.notices.newest(whole.header);
        if (newest !== null) expect(newest).toMatchObject({ platformId: "demo-a", lot: "1标段" });
      }),
      cases(200, 50_000),
    );
    writeFileSync(join(home.notices, name), JSON.stringify(notice));
    expect((await desk.host.notices.newest(whole.header))?.sequence).toBe(1);
  },
  timeoutMs,
);

test(
  "a ledger: whatever was done to it, it is read; what is not whole is told, but for its last lines",
  async () => {
    const { packageId } = whole.header;
    for (const step of ["rehearse", "release"] as const) await desk.host.ledger.add(packageId, { step, failure: null });
    const content = readFileSync(fileOf(home.ledger, packageId));
    const genuine = readLedger(gm, packageId, content);
    expect(genuine).toMatchObject({ brokenAt: null, entries: 4 });
    fc.assert(
      fc.property(hostileBytes([content]), (bytes) => {
        const read = readLedger(gm, packageId, bytes);
        const before = content.subarray(0, content.lastIndexOf("\n", -2) + 1);
        const isStart = Buffer.from(bytes).subarray(0, before.length).equals(before);
        // Where no break is told, all lines but the last are those that were written.
        if (read.brokenAt === null && read.entries >= 4) expect(isStart).toBe(true);
      }),
      cases(500, 100_000),
    );
  },
  timeoutMs,
);
