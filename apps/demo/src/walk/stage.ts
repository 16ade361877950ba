import type { Clock } from "@certbridge/verify";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { demoBidders } from "../bidders.ts";
import { type Demo, startDemo } from "../demo.ts";
import { startProxy } from "../proxy.ts";
import { type ChromiumBrowser, openBrowser } from "./browser.ts";
import { type Desk, openDesk } from "./desk.ts";
import { type FirefoxBrowser, openFirefox } from "./firefox.ts";
import type { ExtensionBrowser, Language } from "./page.ts";
import type { Aside } from "../web.ts";

/** A computer of the bidder's: the companion program with its home, and a browser. */
export interface Computer<B extends ExtensionBrowser = ChromiumBrowser> {
  readonly desk: Desk;
  readonly browser: B;
}

/** Everything that a story happens on: servers, the bidder's computer, a browser. */
export interface Stage<B extends ExtensionBrowser = ChromiumBrowser> extends Computer<B> {
  readonly demo: Demo;
  /** Pictures go here. */
  readonly pictures: string;
  close(): Promise<void>;
}

/** What both browsers' stages are set with. */
interface CommonOptions {
  /** Emptied first. */
  readonly folder: string;
  /** Folder of a built extension; the demonstration's unless told. */
  readonly extension?: string;
  readonly headless?: boolean;
  readonly language?: Language;
  /** False leaves the companion program out. */
  readonly host?: boolean;
  /** The servers' clock, their time-stamping authority's with it; the machine's unless told. */
  readonly clock?: Clock;
}

export interface StageOptions extends CommonOptions {
  /** The browser's profile, below the folder: a second one beside the first is a second browser of the same person. */
  readonly profile?: string;
  readonly watchWorker?: boolean;
  readonly knowsNoPolicy?: boolean;
  /** Another program to start the browser by. */
  readonly executable?: string;
  /** Pages that are no part of the demonstration, under its names. */
  readonly aside?: Aside;
  /** Names beside the demonstration's, as `--host-resolver-rules` takes them. */
  readonly moreHosts?: string;
}

export interface FirefoxStageOptions extends CommonOptions {
  readonly idleMs?: number;
}

const PROGRAM = "build/host/certbridge-host";

/** The bidder of the demonstration. The code has the right check digit and belongs to nobody known. */
export const BIDDER = { ...demoBidders.jianye, pin: "246810" } as const;

/** A computer of its own in this folder, for the demonstration's servers: with a second one, a bidder has two. */
export async function openComputer(
  demo: Demo,
  folder: string,
  options: Omit<StageOptions, "folder" | "aside" | "clock"> = {},
) {
  const profile = join(folder, options.profile ?? "profile");
  const desk = openDesk({ program: PROGRAM, folder, profile });
  if (options.host !== false) await desk.install(demo.registryPath);
  const browser = await openBrowser({
    extension: resolve(options.extension ?? "build/extension-demo/chrome-mv3"),
    profile,
    resolverRules: [demo.resolverRules, options.moreHosts ?? []].flat().join(", "),
    tlsSpki: demo.tls.spkiSha256Base64,
    headless: options.headless ?? true,
    language: options.language ?? "zh-CN",
    ...(options.executable === undefined ? {} : { executable: options.executable }),
    ...(options.knowsNoPolicy === undefined ? {} : { knowsNoPolicy: options.knowsNoPolicy }),
    ...(options.watchWorker === undefined ? {} : { watchWorker: options.watchWorker }),
  });
  return { desk, browser } satisfies Computer;
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const folder = resolve(options.folder);
  await rm(folder, { recursive: true, force: true });
  const demo = await startDemo({
    folder,
    ...(options.aside === undefined ? {} : { aside: options.aside }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const { desk, browser } = await openComputer(demo, folder, options);
  return {
    demo,
    desk,
    browser,
    pictures: join(folder, "screenshots"),
    async close() {
      await browser.close();
      await demo.close();
    },
  };
}

/** The same in Firefox, which has the extension as a temporary add-on. */
export async function openFirefoxStage(options: FirefoxStageOptions): Promise<Stage<FirefoxBrowser>> {
  const folder = resolve(options.folder);
  await rm(folder, { recursive: true, force: true });
  const demo = await startDemo({ folder, ...(options.clock === undefined ? {} : { clock: options.clock }) });
  const proxy = await startProxy((host) => demo.web.portOf(host));
  const firefoxHome = join(folder, "person");
  const desk = openDesk({ program: PROGRAM, folder, firefoxHome });
  if (options.host !== false) await desk.install(demo.registryPath);
  const browser = await openFirefox({
    extension: resolve(options.extension ?? "build/extension-demo/firefox-mv3"),
    profile: join(folder, "profile"),
    home: firefoxHome,
    proxyPort: proxy.port,
    certificate: demo.tls.certificate,
    hosts: demo.web.hosts(),
    headless: options.headless ?? true,
    language: options.language ?? "zh-CN",
    ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
  });
  return {
    demo,
    desk,
    browser,
    pictures: join(folder, "screenshots"),
    async close() {
      await browser.close();
      await proxy.close();
      await demo.close();
    },
  };
}
