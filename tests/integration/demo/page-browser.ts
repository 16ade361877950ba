/** A browser without the extension, for the demonstration's own pages. */
import { join } from "node:path";
import type { Demo } from "@certbridge/demo";
import { type Browser, launch } from "puppeteer";

/** @param folder where its profile is made */
export function launchForPages(demo: Demo, folder: string, height: number): Promise<Browser> {
  return launch({
    executablePath: "/usr/bin/chromium",
    pipe: true,
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--lang=zh-CN",
      `--host-resolver-rules=${demo.resolverRules}`,
      `--ignore-certificate-errors-spki-list=${demo.tls.spkiSha256Base64}`,
    ],
    userDataDir: join(folder, "profile"),
    defaultViewport: { width: 1200, height },
  });
}
