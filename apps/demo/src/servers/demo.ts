import { loadGm } from "@certbridge/gm/node";
import type { Gm } from "@certbridge/gm";
import type { Certificate } from "@certbridge/pki";
import type { Registry } from "@certbridge/trust";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openAccounts } from "./accounts.ts";
import { type Authority, createAuthority } from "./authority.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { makeTls } from "./tls.ts";

export type { Authority, Holder, IssuedPair } from "./authority.ts";
export type { Platform, PlatformEvent } from "./platform.ts";

/** Two platforms, two CAs, started fresh: nothing of an earlier run is used. */
export interface Demo {
  readonly gm: Gm;
  readonly authorities: readonly [Authority, Authority];
  readonly platforms: readonly [Platform, Platform];
  /** The origins' ports for Chromium's `--host-resolver-rules`. A third host, `phish.demo.test`, shows the first platform's pages. */
  readonly resolverRules: string;
  readonly tlsSpki: string;
  /** File with the registry's rows: what `certbridge-host install --registry` takes. */
  readonly registryFile: string;
  close(): Promise<void>;
}

/** The platforms' rows, as the demonstration's extension is built with them. */
const rows = () => JSON.parse(readFileSync(new URL("../../registry.json", import.meta.url), "utf8")) as Registry;

const THEMES = ["#0b5cad", "#8a2f1d"] as const;

export async function startDemo(options: { readonly folder: string }): Promise<Demo> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true });
  const gm = await loadGm();
  const tls = makeTls(join(folder, "tls"));
  const authorities = [
    createAuthority(gm, { id: "demo-ca-1", name: "江南数字证书（演示）", place: "extension" }),
    createAuthority(gm, { id: "demo-ca-2", name: "岭北电子认证（演示）", place: "organization-identifier" }),
  ] as const;
  const trusted = {
    anchors: authorities.map(({ root }) => root),
    intermediates: authorities.map(({ sub }) => sub),
    usccRules: authorities.flatMap(({ row }) => row.usccRules),
  };
  const owner = (issuer: Certificate) =>
    authorities.find(({ root, sub }) => [root, sub].some((ca) => ca.serialNumber === issuer.serialNumber));
  const revocation = (issuer: Certificate) => Promise.resolve(owner(issuer)?.revocationList(issuer) ?? null);

  const registry = rows();
  async function start(index: 0 | 1): Promise<Platform> {
    const row = registry.platforms[index];
    const [origin] = row?.origins ?? [];
    if (row === undefined || origin === undefined) throw new Error("apps/demo/registry.json names two platforms");
    return startPlatform({
      gm,
      id: row.id,
      name: row.name,
      origin,
      theme: THEMES[index],
      key: authorities[index].issueKey(row.name),
      authorities: trusted,
      revocation,
      accounts: openAccounts(join(folder, `${row.id}.sqlite`)),
      tls,
    });
  }
  const platforms = [await start(0), await start(1)] as const;
  platforms[0].trusted.push(platforms[1].issuer);
  platforms[1].trusted.push(platforms[0].issuer);

  const registryFile = join(folder, "registry.json");
  writeFileSync(registryFile, JSON.stringify({ ...registry, authorities: authorities.map(({ row }) => row) }, null, 2));
  for (const authority of authorities) {
    const papers = join(folder, "authorities", authority.id);
    mkdirSync(papers, { recursive: true });
    writeFileSync(join(papers, "root.cer"), authority.root.der);
    writeFileSync(join(papers, "sub.cer"), authority.sub.der);
  }

  const host = (origin: string) => new URL(origin).host;
  return {
    gm,
    authorities,
    platforms,
    resolverRules: [
      ...platforms.map(({ origin, port }) => `MAP ${host(origin)}:443 127.0.0.1:${port}`),
      `MAP phish.demo.test:443 127.0.0.1:${platforms[0].port}`,
    ].join(", "),
    tlsSpki: tls.spki,
    registryFile,
    async close() {
      await Promise.all(platforms.map((platform) => platform.close()));
    },
  };
}
