/**
 * The whole demonstration but the browser: two CAs with their revocation lists, two platforms that trust both and each other's
 * credentials, and a page that takes no part. Everything is made afresh at each start; nothing of an earlier run is used.
 */
import { loadGm } from "@certbridge/gm/node";
import type { Gm } from "@certbridge/gm";
import { type Certificate, hexOf, parseCertificate, type SignedDataFamily } from "@certbridge/pki";
import { parseRegistry, type Registry } from "@certbridge/trust";
import type { Clock, CredentialIssuer } from "@certbridge/verify";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Context, Hono } from "hono";
import type { Applicant, Authority } from "./authority.ts";
import {
  type BidderKeys,
  createDemoAuthorities,
  createDemoTimeStamps,
  obtainKeys,
  platformApplicants,
} from "./bidders.ts";
import { createPhish } from "./phish.ts";
import { loadAssets } from "./platform/assets.ts";
import type { RoomKey } from "./platform/room-key.ts";
import type { LotPlan } from "./platform/lots.ts";
import { type Platform, startPlatform, statusListUrl } from "./platform.ts";
import type { TimeStampAuthority } from "./time-stamps.ts";
import { type Aside, createWeb, makeTls, type Tls, type Web } from "./web.ts";

export interface Demo {
  readonly gm: Gm;
  readonly platforms: { readonly a: Platform; readonly b: Platform };
  readonly authorities: { readonly jiangnan: Authority; readonly lingbei: Authority };
  /** Stamps both platforms' receipts and orders; served at `/stamp` and, in RFC 3161's form, at `/stamp-rfc3161` of the CAs' host; at `/time` for bidders' computers. */
  readonly timeStamps: TimeStampAuthority;
  /** A page that does not take part. */
  readonly phish: { readonly origin: string; readonly port: number };
  readonly tls: Tls;
  /** For Chromium's `--host-resolver-rules`. */
  readonly resolverRules: string;
  /** Platforms and authorities, as `certbridge-host install --registry` takes them. */
  readonly registry: Registry;
  readonly registryPath: string;
  readonly web: Web;
  close(): Promise<void>;
}

const CA_HOST = "ca.demo.test";
const PHISH_ORIGIN = "https://phish.demo.test";

const LOOKS = {
  a: {
    region: "江南",
    theme: "blue",
    notices: [
      { title: "江南市滨河大道改造工程施工", code: "JN-2026-0418" },
      { title: "江南市第三人民医院医疗设备采购", code: "JN-2026-0421" },
      { title: "江南轨道交通5号线信号系统", code: "JN-2026-0433" },
    ],
  },
  b: {
    region: "岭北",
    theme: "red",
    notices: [
      { title: "岭北港区10号泊位机电安装", code: "LB-GC-26117" },
      { title: "岭北电厂除尘系统检修框架协议", code: "LB-FW-26120" },
    ],
  },
} as const;

/** Lots whose opening a visitor can wait for: the first a quarter of an hour after the start, the others days later. */
const OPENINGS_MS = [15 * 60_000, 10 * 24 * 3600_000, 12 * 24 * 3600_000] as const;

const MINUTE_MS = 60_000;

/** The project whose bids are made in the legacy profile (旧格式). */
const LEGACY_CODE = "LB-FW-26120";

/** 2026-12-08 09:30, by the clock of China. */
const openingText = (at: number): string => new Date(at + 8 * 3600_000).toISOString().slice(0, 16).replace("T", " ");

/** Every notice of the first page with one lot, and the first with a second one. */
function planLots(which: "a" | "b", now: number): readonly LotPlan[] {
  const minute = Math.ceil(now / MINUTE_MS) * MINUTE_MS;
  return LOOKS[which].notices.flatMap(({ title, code }, place) =>
    (place === 0 ? ["一标段", "二标段"] : ["一标段"]).map((lot, number) => ({
      id: `${code.toLowerCase()}-${number + 1}`,
      projectCode: code,
      projectName: title,
      lot,
      openingAt: minute + (OPENINGS_MS[place + number] ?? OPENINGS_MS[2]),
      // The second platform's last lot, of a system that it has not replaced yet.
      ...(code === LEGACY_CODE ? ({ profile: "legacy" } as const) : {}),
    })),
  );
}

/** The platforms' rows, as the demonstration's extension is built with them. */
async function readRows(): Promise<Registry> {
  return parseRegistry(JSON.parse(await readFile(new URL("../registry.json", import.meta.url), "utf8")));
}

/** The key that a platform signs with, and a fresh one for each order that its rooms send. */
function obtainPlatformKeys(gm: Gm, authority: Authority, applicant: Applicant) {
  const room = (): RoomKey => {
    const { encryption, encryptionKey } = obtainKeys(gm, authority, applicant);
    return { certificate: encryption, privateKey: encryptionKey };
  };
  return { keys: obtainKeys(gm, authority, applicant), room };
}

/** Serves both CAs' lists under the SM3 of the issuer's certificate. */
function serveLists(gm: Gm, authorities: readonly Authority[], app: Hono): void {
  for (const authority of authorities) {
    for (const der of [authority.root, authority.sub]) {
      const issuer = parseCertificate(der);
      app.get(`/${hexOf(gm.sm3(der))}.crl`, (context) => {
        const list = authority.crl(issuer);
        return list === null
          ? context.notFound()
          : context.body(new Uint8Array(list), 200, { "Content-Type": "application/pkix-crl" });
      });
    }
  }
}

const MAX_REQUEST_LEN = 4096;

/** Over HTTP as RFC 3161 clause 3.4 has it. */
function serveStamps(authority: TimeStampAuthority, family: SignedDataFamily) {
  return async (context: Context): Promise<Response> => {
    const asked = new Uint8Array(await context.req.arrayBuffer()).subarray(0, MAX_REQUEST_LEN + 1);
    return context.body(authority.answer(asked, family), 200, { "Content-Type": "application/timestamp-reply" });
  };
}

const LIST_AGE_MS = 3600_000;

/** Lists as fetched, until a CA rings or an hour has passed: a revocation shows at once, and a login costs no round trip. */
function createListCache(
  fetchList: (issuer: Certificate) => Promise<Uint8Array>,
  authorities: readonly Authority[],
  clock: Clock,
): (issuer: Certificate) => Promise<Uint8Array> {
  const kept = new Map<string, { readonly list: Uint8Array; readonly at: number }>();
  let rings = 0;
  for (const authority of authorities) {
    authority.onRevoked(() => {
      rings++;
      kept.clear();
    });
  }
  return async (issuer) => {
    const key = hexOf(issuer.der);
    const found = kept.get(key);
    if (found !== undefined && clock() - found.at < LIST_AGE_MS) return found.list;
    const before = rings;
    const list = await fetchList(issuer);
    // One that was on its way when a CA rang may be the earlier one.
    if (rings === before) kept.set(key, { list, at: clock() });
    return list;
  };
}

/**
 * @param options.port first of five consecutive ports; free ones unless told
 * @param options.aside pages that are no part of the demonstration, under its names: for tests
 */
export async function startDemo(options: {
  readonly folder: string;
  readonly port?: number;
  readonly clock?: Clock;
  readonly aside?: Aside;
}): Promise<Demo> {
  const { folder } = options;
  const timed = options.clock === undefined ? {} : { clock: options.clock };
  await mkdir(folder, { recursive: true });
  const [gm, tls, assets, rows] = await Promise.all([loadGm(), makeTls(folder), loadAssets(), readRows()]);
  const web = createWeb(tls, options.aside);
  const portOf = (offset: number) => (options.port === undefined ? undefined : options.port + offset);

  const ca = new Hono();
  // Certificates name where the lists are: the address comes first.
  const caUrl = await web.serveInClear((asked) => ca.fetch(asked), portOf(4));
  const authorities = createDemoAuthorities(gm, options.clock, caUrl);
  const both = [authorities.jiangnan, authorities.lingbei];
  const trusted = {
    anchors: both.map(({ root }) => root),
    intermediates: both.map(({ sub }) => sub),
    usccRules: both.flatMap(({ usccRules }) => usccRules),
  };
  const timeStamps = createDemoTimeStamps(gm, authorities.jiangnan, options.clock);
  serveLists(gm, both, ca);
  // Where the platforms' clock is turned, for stories that cannot wait, a bidder's computer is not wrong for it.
  const watch = options.clock === undefined ? timeStamps : createDemoTimeStamps(gm, authorities.jiangnan);
  ca.post("/time", serveStamps(watch, "gm"));
  ca.post("/stamp", serveStamps(timeStamps, "gm"));
  ca.post("/stamp-rfc3161", serveStamps(timeStamps, "rfc"));
  await web.serve(CA_HOST, ca.fetch, portOf(3));
  const crl = createListCache(
    (issuer) => web.get(`https://${CA_HOST}/${hexOf(gm.sm3(issuer.der))}.crl`),
    both,
    options.clock ?? Date.now,
  );

  const rowOf = (id: string) => {
    const row = rows.platforms.find((platform) => platform.id === id);
    const origin = row?.origins[0];
    if (row === undefined || origin === undefined) throw new Error(`registry.json names no ${id}`);
    return { id: row.id, name: row.name, origin };
  };
  const sides = {
    a: { ...rowOf("demo-a"), ...obtainPlatformKeys(gm, authorities.jiangnan, platformApplicants.a) },
    b: { ...rowOf("demo-b"), ...obtainPlatformKeys(gm, authorities.lingbei, platformApplicants.b) },
  };
  type Side = { readonly id: string; readonly name: string; readonly origin: string; readonly keys: BidderKeys };

  const issuerOf = ({ id, origin, keys }: Side): CredentialIssuer => ({
    platformId: id,
    origin,
    certificates: [keys.signing],
    statusList: () => web.get(statusListUrl(origin)),
  });
  const start = (which: "a" | "b", offset: number) => {
    const { id, name, origin, keys, room } = sides[which];
    const port = portOf(offset);
    const lots = planLots(which, (options.clock ?? Date.now)());
    return startPlatform({
      gm,
      web,
      assets,
      origin,
      crl,
      look: {
        id,
        name,
        authorities: both.map((authority) => authority.name),
        platforms: [sides.a.name, sides.b.name],
        region: LOOKS[which].region,
        theme: LOOKS[which].theme,
        notices: LOOKS[which].notices.map(({ title, code }) => {
          const openingAt = lots.find(({ projectCode }) => projectCode === code)?.openingAt ?? 0;
          return { title, code, opening: openingText(openingAt) };
        }),
      },
      key: { privateKey: keys.signingKey, certificate: keys.signing },
      authorities: trusted,
      credentialIssuers: [issuerOf(sides.a), issuerOf(sides.b)],
      timeStamping: timeStamps.timeStamping,
      makeRoomKey: room,
      lots,
      database: join(folder, `${id}.sqlite`),
      folder: join(folder, id),
      ...(port === undefined ? {} : { port }),
      ...timed,
    });
  };
  const platforms = { a: await start("a", 0), b: await start("b", 1) };
  const phishPort = await web.serve(new URL(PHISH_ORIGIN).host, createPhish(assets, platforms.a.look).fetch, portOf(2));

  const registry = parseRegistry({
    platforms: rows.platforms.map((row) => {
      const side = [sides.a, sides.b].find(({ id }) => id === row.id);
      if (side === undefined) return row;
      return { ...row, signingKeysSm3: [hexOf(gm.sm3(parseCertificate(side.keys.signing).publicKey))] };
    }),
    authorities: both.map(({ row }) => row),
    timeStampKeysSm3: [...new Set([timeStamps.keySm3, watch.keySm3])],
    timeStampUrls: [`${caUrl}/time`],
  });
  const registryPath = join(folder, "registry.json");
  await writeFile(registryPath, `${JSON.stringify(registry, null, 2)}\n`);
  for (const { id, root, sub } of both) {
    const papers = join(folder, "authorities", id);
    await mkdir(papers, { recursive: true });
    await Promise.all([writeFile(join(papers, "root.cer"), root), writeFile(join(papers, "sub.cer"), sub)]);
  }

  return {
    gm,
    platforms,
    authorities,
    timeStamps,
    tls,
    registry,
    registryPath,
    web,
    phish: { origin: PHISH_ORIGIN, port: phishPort },
    resolverRules: web.resolverRules(),
    async close() {
      await web.close();
      for (const platform of [platforms.a, platforms.b]) platform.close();
    },
  };
}
