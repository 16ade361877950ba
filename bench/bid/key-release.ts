/**
 * How long the key of a bid takes from the page's call of `decrypt` to the hall that has verified it, in Chromium with the real program and a
 * platform that verifies; the person and the device are left out. In medians of one run it is the sum of
 *
 * - `ask`: from the call until the window shows what is asked, less the same of a login, for which nothing is read before: the browser's opening of
 *   a window belongs to asking a person;
 * - `route`: from the person's click until the page has the key, less the program's own part, which a tap between browser and program tells;
 * - `program`: `releaseKey` less the deliberate slowness of the PIN (docs/decisions/0004), call by call, with no browser running. The two private-key
 *   calls stay in: a token would take its own time for them;
 * - `hall`: from posting the key until the hall has answered that it is the package's.
 *
 * `whole` leaves out nothing but the person, from what is shown to the click: the robot's typing, and the time until the buttons are alive.
 */
import { BIDDER, openSite, openStage, type Site, type Stage, approvalOf } from "@certbridge/demo/walk";
import type { Demo } from "@certbridge/demo";
import { type BidderKeys, obtainKeys } from "@certbridge/demo/bidders";
import { encodePrivateKeyInfo, parseCertificate } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Bidder, codeOf, enter, submit } from "../../tests/integration/demo/tender.ts";
import { visit } from "../../tests/integration/demo/visitor.ts";
import { sealBid } from "../../tests/support/sealed-bid.ts";
import { makeToken } from "../../tests/unit/verify/world.ts";
import { alone, median, type Part } from "../figure.ts";
import { newId } from "../native/program.ts";
import { openTap, readTap, timeCalls } from "../native/tapped.ts";
import { inGroups, openLot, WARM_BIDDERS } from "./hall.ts";
import { type Release, release, timeWindow } from "./release-round.ts";

const { name, uscc, pin } = BIDDER;
const FOLDER = "build/bench/bid";

type Platform = Demo["platforms"]["a"];

/** From the notices to the opening: the packages are handed in meanwhile. */
const OPENS_AFTER_MS = 20_000;

/** The bidder's keys are this process's, too: packages are made by it, and released by the program. */
async function importKeys({ demo, desk }: Stage): Promise<BidderKeys> {
  const keys = obtainKeys(demo.gm, demo.authorities.jiangnan, { name, uscc });
  const papers = join(FOLDER, "papers");
  await mkdir(papers, { recursive: true });
  const write = async (file: string, der: Uint8Array) => {
    await writeFile(join(papers, file), der);
    return join(papers, file);
  };
  const keyOf = (privateKey: Uint8Array, certificate: Uint8Array) =>
    encodePrivateKeyInfo(privateKey, parseCertificate(certificate).publicKey);
  const files = [
    await write("signing.p8", keyOf(keys.signingKey, keys.signing)),
    await write("encryption.p8", keyOf(keys.encryptionKey, keys.encryption)),
  ];
  const beside: string[] = [];
  for (const [place, der] of [keys.signing, keys.encryption, ...keys.chain].entries()) {
    beside.push(await write(`${place}.cer`, der));
  }
  await desk.host(["keys", "import", ...files, "--certificate", ...beside, "--pin-stdin"], `${pin}\n\n`);
  return keys;
}

/** A package in a lot of its own for each release: one that was released is not taken once more. */
async function handIn({ demo }: Stage, platform: Platform, keys: BidderKeys, lots: readonly string[]): Promise<void> {
  const visitor = visit(demo, platform);
  const nonce = String((await visitor.post("/api/nonce")).json["nonce"]);
  await visitor.post("/api/login", makeToken(keys, nonce, { origin: platform.origin }));
  const bidder: Bidder = { keys, visitor };
  for (const id of lots) {
    const notice = platform.admin.bidding.lots.find(id).newest.said;
    const { bytes } = await sealBid(demo.gm, keys, notice, [{ name: "报价.xlsx", bytes: new Uint8Array(1000) }]);
    const code = codeOf(await submit(demo, bidder, id, bytes));
    if (code !== "ok") throw new Error(`a package was refused: ${code}`);
  }
}

/** What the program is asked to open, base64url. */
interface Asked {
  readonly keyBlock: string;
  readonly order: string;
}

/** Gives the order; what the page of the bidder is told then. */
async function order({ admin: { bidding } }: Platform, lotId: string): Promise<Asked> {
  const { lots, hall, bids } = bidding;
  await hall.begin(lots.find(lotId));
  const read = (der: Uint8Array | undefined) => encodeBase64Url(der ?? new Uint8Array(0));
  return {
    keyBlock: read(bids.find(lotId, uscc)?.verified.keyBlock),
    order: read(hall.order(lotId)?.der),
  };
}

async function signIn(stage: Stage, platform: Platform): Promise<Site> {
  const site = await openSite(stage.browser, platform.origin);
  await site.click("login");
  await (await approvalOf(stage.browser)).accept(pin);
  const outcome = await site.outcome();
  if (outcome !== "done") throw new Error(`a login ended with ${outcome}`);
  return site;
}

/** The program's part beyond stretching the PIN, with no browser running. */
async function timeProgram(stage: Stage, { keyBlock, order }: Asked, rounds: number) {
  const origin = stage.demo.platforms.a.origin;
  const calls = await timeCalls(stage, FOLDER, 3 * rounds, "releaseKey", (program, keyId) => {
    const consentId = newId();
    return { consentId, keyId, sealedPin: program.seal(consentId, pin), origin, keyBlock, order, clockAccepted: false };
  });
  return { workMs: median(calls.map(({ ms, pinMs }) => ms - pinMs)), pinMs: median(calls.map(({ pinMs }) => pinMs)) };
}

/** One request of each platform's page in a round: ten a minute are an origin's share. */
const ROUND_MS = 7000;

/** A release at each platform that is not measured: the first one compiles. */
const WARM = 2;

const BOUND = { floor: 60, aim: 30 };

const pause = (until: number) => new Promise<void>((wait) => setTimeout(wait, Math.max(0, until - Date.now())));

/** Keys of other bidders come to each hall before those that are measured: compiling is no part of a hall's work. */
async function warmHalls({ demo }: Stage): Promise<void> {
  const bidders = await inGroups(Array.from({ length: WARM_BIDDERS }), () => enter(demo));
  const openingAt = Date.now() + OPENS_AFTER_MS;
  await openLot(demo, bidders, "warm", { openingAt, come: () => pause(openingAt + 1000) });
}

/** Releases in turns, and beside each, at the other platform, a login that is declined. */
async function measureRounds(stage: Stage, rounds: number, keys: BidderKeys, log: string) {
  const { a, b } = stage.demo.platforms;
  const turns = Array.from({ length: rounds + WARM }, (_, turn) => ({
    platform: [a, b][turn % 2] ?? a,
    id: `key-${turn}`,
  }));
  const openingAt = Date.now() + OPENS_AFTER_MS;
  for (const { id, platform } of turns) {
    platform.admin.bidding.lots.announce({ id, projectCode: id, projectName: "开标", lot: "一标段", openingAt });
  }
  for (const platform of [a, b]) {
    await handIn(
      stage,
      platform,
      keys,
      turns.filter((turn) => turn.platform === platform).map(({ id }) => id),
    );
  }
  const sites = [await signIn(stage, a), await signIn(stage, b)] as const;
  await pause(openingAt + 1000);
  const [releases, windows]: [Release[], number[]] = [[], []];
  let asked: Asked | null = null;
  for (const [turn, { platform, id }] of turns.entries()) {
    const next = Date.now() + ROUND_MS;
    const [own, other] = turn % 2 === 0 ? sites : [sites[1], sites[0]];
    const now = await order(platform, id);
    if (platform === a) asked = now;
    releases.push(await release(stage, own, id));
    windows.push(await timeWindow(stage, other));
    await pause(next);
  }
  if (asked === null) throw new Error("no release at the first platform");
  const inProgram = (await readTap(log, "releaseKey")).slice(WARM);
  const measured = releases.slice(WARM).map((one, turn) => ({
    ...one,
    routeMs: one.backMs - (inProgram[turn] ?? Number.NaN),
    wholeMs: one.windowMs + one.backMs + one.hallMs,
  }));
  return { measured, windowMs: median(windows.slice(WARM)), asked };
}

export const keyRelease: Part = {
  metrics: ["bid.key-release"],
  async measure({ rounds }) {
    const stage = await openStage({ folder: FOLDER });
    let open = true;
    try {
      const keys = await importKeys(stage);
      for (const { admin } of Object.values(stage.demo.platforms)) admin.addAccount({ name, uscc });
      await warmHalls(stage);
      const log = await openTap(stage, FOLDER);
      const { measured, windowMs, asked } = await measureRounds(stage, rounds, keys, log);
      await stage.close();
      open = false;
      const { workMs, pinMs } = await timeProgram(stage, asked, rounds);
      const of = (part: keyof (typeof measured)[number]) => median(measured.map((one) => one[part]));
      // On a busy machine a difference may come out below nothing: then it is nothing, and makes no other part look shorter.
      const parts = {
        ask: Math.max(0, of("windowMs") - windowMs),
        route: of("routeMs"),
        program: Math.max(0, workMs),
        hall: of("hallMs"),
      };
      const sum = Object.values(parts).reduce((total, ms) => total + ms, 0);
      const hops = { ...parts, window: windowMs, pin: pinMs, whole: of("wholeMs") };
      return [
        alone("bid.key-release", "chromium", sum, "ms", BOUND),
        ...Object.entries(hops).map(([hop, ms]) => alone(`bid.key-release.${hop}`, "chromium", ms, "ms")),
      ];
    } finally {
      if (open) await stage.close();
    }
  },
};
