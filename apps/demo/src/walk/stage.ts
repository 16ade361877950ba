import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { demoBidders } from "../bidders.ts";
import { type Demo, startDemo } from "../demo.ts";
import { type ExtensionBrowser, type Language, openBrowser } from "./browser.ts";
import { type Desk, openDesk } from "./desk.ts";

/** Everything that a story happens on: servers, the bidder's computer, a browser. */
export interface Stage {
  readonly demo: Demo;
  readonly desk: Desk;
  readonly browser: ExtensionBrowser;
  /** Pictures go here. */
  readonly pictures: string;
  close(): Promise<void>;
}

export interface StageOptions {
  /** Emptied first. */
  readonly folder: string;
  /** Folder of a built extension; the demonstration's unless told. */
  readonly extension?: string;
  readonly headless?: boolean;
  readonly language?: Language;
  /** False leaves the companion program out. */
  readonly host?: boolean;
  readonly watchWorker?: boolean;
}

/** The bidder of the demonstration. The code has the right check digit and belongs to nobody known. */
export const BIDDER = { ...demoBidders.jianye, pin: "246810" } as const;

export async function openStage(options: StageOptions): Promise<Stage> {
  const folder = resolve(options.folder);
  await rm(folder, { recursive: true, force: true });
  const profile = join(folder, "profile");
  const demo = await startDemo({ folder });
  const desk = openDesk({ program: "build/host/certbridge-host", folder, profile });
  if (options.host !== false) await desk.install(demo.registryPath);
  const browser = await openBrowser({
    extension: resolve(options.extension ?? "build/extension-demo/chrome-mv3"),
    profile,
    resolverRules: demo.resolverRules,
    tlsSpki: demo.tls.spkiSha256Base64,
    headless: options.headless ?? true,
    language: options.language ?? "zh-CN",
    ...(options.watchWorker === undefined ? {} : { watchWorker: options.watchWorker }),
  });
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
