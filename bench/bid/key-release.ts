/**
 * How long the key of a bid takes from the page's call of `decrypt` to the hall that has verified it, in Chromium with the real program and a
 * platform that verifies; the person and the device are left out. In medians of one run it is the sum of
 *
 * - `ask`: from the call until the document of the approval window begins, less the same of a login, for which nothing is read before: the browser's
 *   opening of a window belongs to asking a person. From there on both windows load alike, `whole` tells how long;
 * - `route`: from the person's click until the page has the key, less the program's own part, which a tap between browser and program tells;
 * - `program`: `releaseKey` less what the device does in it, call by call, with no browser running. The device is the software key here: what its
 *   `open` (with the PIN's deliberate slowness, docs/decisions/0004), `openEnvelope` and `sign` take is measured by itself, on the same key;
 * - `hall`: from posting the key until the hall has it, and the hall's verification, which is measured while the browser rests: a hall does not share
 *   its processor with one bidder's screen.
 *
 * Beside the sum stand `answer`, from posting the key until the page has the hall's word, and `whole`, which leaves out nothing but the person, from
 * what is shown to the click: the robot's typing, and the time until the buttons are alive.
 */
import { BIDDER, openSite, openStage, type Site, type Stage, approvalOf } from "@certbridge/demo/walk";
import type { Demo } from "@certbridge/demo";
import { type BidderKeys, obtainKeys } from "@certbridge/demo/bidders";
import { encodePrivateKeyInfo, parseCertificate, parseEnvelopedData } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { homeAt } from "../../apps/host/src/home.ts";
import { type Bidder, codeOf, enter, submit } from "../../tests/integration/demo/tender.ts";
import { visit } from "../../tests/integration/demo/visitor.ts";
import { sealBid } from "../../tests/support/sealed-bid.ts";
import { makeToken } from "../../tests/unit/verify/world.ts";
import { alone, median, type Part } from "../figure.ts";
import { newId } from "../native/program.ts";
import { openTap, readTap, timeCalls, timeStretching } from "../native/tapped.ts";
import { inGroups, prepare } from "./hall.ts";
import { decline, type Declined, type Release, release } from "./release-round.ts";

const { name, uscc, pin } = BIDDER;
const FOLDER = "build/bench/bid";

/** Bytes of a released key before it is signed, within some tens. */
const RELEASED_LEN = 2000;

/** GM/T 0009 clause 10. */
const DEFAULT_ID = "1234567812345678";

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

/** What the program does in `releaseKey` beyond stretching the PIN, and that stretching, with no browser running. */
async function timeProgram(stage: Stage, { keyBlock, order }: Asked, rounds: number) {
  const origin = stage.demo.platforms.a.origin;
  const calls = await timeCalls(stage, FOLDER, 3 * rounds, "releaseKey", (program, keyId) => {
    const consentId = newId();
    return { consentId, keyId, sealedPin: program.seal(consentId, pin), origin, keyBlock, order, clockAccepted: false };
  });
  return { workMs: median(calls.map(({ ms, pinMs }) => ms - pinMs)), pinMs: median(calls.map(({ pinMs }) => pinMs)) };
}

/** What the software key does for one release beyond stretching the PIN: it is opened, opens an envelope, signs a message. */
async function timeDevice({ demo: { gm }, desk }: Stage, keys: BidderKeys, keyBlock: string, rounds: number) {
  const envelope = parseEnvelopedData(decodeBase64Url(keyBlock), limits.keyBlockLen);
  const certificate = parseCertificate(keys.encryption);
  const message = new Uint8Array(RELEASED_LEN);
  const uses = await timeStretching(FOLDER, 3 * rounds, async () => {
    const { openSoftwareStore } = await import("../../apps/host/src/stores/software/store.ts");
    const random = (len: number): Uint8Array => randomBytes(len);
    const store = openSoftwareStore({ gm, folder: homeAt(desk.home).keys, clock: Date.now, random });
    const key = await store.find(encodeBase64Url(gm.sm3(keys.signing)));
    if (key === null) throw new Error("the software key is not where the program has it");
    return async () => {
      const startedAt = performance.now();
      const open = await key.open({ pin: new TextEncoder().encode(pin), calls: 2, opensFor: certificate });
      const content = await open.openEnvelope(envelope, certificate);
      await open.sign(message, DEFAULT_ID);
      open.close();
      if (content === null) throw new Error("the software key does not open its own key block");
      return performance.now() - startedAt;
    };
  });
  return median(uses.map(({ ms, pinMs }) => ms - pinMs));
}

/** One request of each platform's page in a round: ten a minute are an origin's share. */
const ROUND_MS = 7000;

/** A release at each platform that is not measured: the first one compiles. */
const WARM = 2;

/** Releases for each round that the bench is asked for: a window's opening differs by fifty milliseconds from one to the next. */
const TURNS = 2;

const BOUND = { floor: 60, aim: 30 };

const pause = (until: number) => new Promise<void>((wait) => setTimeout(wait, Math.max(0, until - Date.now())));

/** Bidders whose keys the hall verifies while nothing else goes on; of half of them the time is taken, once all is compiled. */
const HALL_BIDDERS = 40;

/** Between two keys: what follows one, its package opened and its answer stamped, is not waited for by the bidder. */
const HALL_PAUSE_MS = 150;

/** The hall's verification of a key, the browser at rest. */
async function timeHall({ demo }: Stage): Promise<number> {
  const bidders = await inGroups(Array.from({ length: HALL_BIDDERS }), () => enter(demo));
  const openingAt = Date.now() + OPENS_AFTER_MS;
  const made = await prepare(demo, bidders, "hall", { openingAt, come: () => pause(openingAt + 1000) });
  const { hall, lots } = demo.platforms.a.admin.bidding;
  const took: number[] = [];
  for (const { uscc, key } of made) {
    await pause(Date.now() + HALL_PAUSE_MS);
    const startedAt = performance.now();
    await hall.release(lots.find("hall"), uscc, key);
    took.push(performance.now() - startedAt);
  }
  await hall.idle();
  return median(took.slice(HALL_BIDDERS / 2));
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
  const [releases, declined, arrivals]: [Release[], Declined[], number[]] = [[], [], []];
  let asked: Asked | null = null;
  for (const [turn, { platform, id }] of turns.entries()) {
    const next = Date.now() + ROUND_MS;
    const [own, other] = turn % 2 === 0 ? sites : [sites[1], sites[0]];
    const now = await order(platform, id);
    if (platform === a) asked = now;
    const one = await release(stage, own, id);
    releases.push(one);
    arrivals.push((platform.admin.bidding.hall.seat(id, uscc).releasedAt ?? Number.NaN) - one.postedAt);
    declined.push(await decline(stage, other));
    await pause(next);
  }
  if (asked === null) throw new Error("no release at the first platform");
  const inProgram = (await readTap(log, "releaseKey")).slice(WARM);
  const measured = releases.slice(WARM).map((one, turn) => ({
    ...one,
    routeMs: one.backMs - (inProgram[turn] ?? Number.NaN),
    arrivalMs: arrivals[WARM + turn] ?? Number.NaN,
    wholeMs: one.windowMs + one.backMs + one.answerMs,
  }));
  return { measured, declined: declined.slice(WARM), asked };
}

export const keyRelease: Part = {
  metrics: ["bid.key-release"],
  async measure({ rounds }) {
    const stage = await openStage({ folder: FOLDER });
    let open = true;
    try {
      const keys = await importKeys(stage);
      for (const { admin } of Object.values(stage.demo.platforms)) admin.addAccount({ name, uscc });
      const verifyMs = await timeHall(stage);
      const log = await openTap(stage, FOLDER);
      const { measured, declined, asked } = await measureRounds(stage, TURNS * rounds, keys, log);
      await stage.close();
      open = false;
      const { workMs, pinMs } = await timeProgram(stage, asked, rounds);
      const deviceMs = await timeDevice(stage, keys, asked.keyBlock, rounds);
      const of = (part: keyof (typeof measured)[number]) => median(measured.map((one) => one[part]));
      const ofDeclined = (part: keyof Declined) => median(declined.map((one) => one[part]));
      // On a busy machine a difference may come out below nothing: then it is nothing, and makes no other part look shorter.
      const parts = {
        ask: Math.max(0, of("askMs") - ofDeclined("askMs")),
        route: of("routeMs"),
        program: Math.max(0, workMs - deviceMs),
        hall: of("arrivalMs") + verifyMs,
      };
      const sum = Object.values(parts).reduce((total, ms) => total + ms, 0);
      const beside = {
        device: deviceMs,
        pin: pinMs,
        window: ofDeclined("windowMs"),
        "window-of-decrypt": of("windowMs"),
        answer: of("answerMs"),
        whole: of("wholeMs"),
      };
      const hops = { ...parts, ...beside };
      return [
        alone("bid.key-release", "chromium", sum, "ms", BOUND),
        ...Object.entries(hops).map(([hop, ms]) => alone(`bid.key-release.${hop}`, "chromium", ms, "ms")),
      ];
    } finally {
      if (open) await stage.close();
    }
  },
};
