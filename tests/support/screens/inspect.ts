/** One screen, looked at in every way that this suite knows. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer";
import { decisionsOutOfView, outOfReach } from "./reach.ts";
import { brokenRules } from "./rules.ts";
import { look, type Sight } from "./sight.ts";

/** The narrowest page that WCAG 2.1, 1.4.10 asks for: 1280 CSS pixels at 400 %. */
const NARROW = { width: 320, height: 640 } as const;
const ZOOM = 2;

/** Pictures are taken where this names a folder. */
const pictures = process.env["CERTBRIDGE_PICTURES"];

/** What was seen, screen by screen. */
export interface Inspection {
  /** Looks at the screen; what is wrong with it is kept. */
  see(name: string, page: Page): Promise<void>;
  /** The names of the screens that were seen, and everything that was wrong with them. */
  report(): { readonly screens: readonly string[]; readonly findings: readonly string[] };
}

const sizeOf = (page: Page) => page.evaluate(() => ({ width: window.innerWidth, height: window.innerHeight }));

async function photograph(sight: Sight, name: string, how: string): Promise<void> {
  if (pictures === undefined) return;
  await mkdir(pictures, { recursive: true });
  // Colours are on their way for a moment.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const picture = await sight.picture();
  if (picture !== null) await writeFile(join(pictures, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.${how}.png`), picture);
}

export function inspect(): Inspection {
  const screens: string[] = [];
  const findings: string[] = [];

  return {
    async see(name, page) {
      screens.push(name);
      const note = (how: string, found: readonly string[]) => {
        findings.push(...found.map((each) => `${name} (${how}): ${each}`));
      };
      const sight = await look(page);
      for (const scheme of ["light", "dark"] as const) {
        // Without motion, so that no colour is caught on its way to another one.
        await sight.prefer({ scheme, reducedMotion: true });
        note(scheme, await brokenRules(page, scheme === "light" ? "all" : "colours"));
        note(scheme, await page.evaluate(() => document.getAnimations().map(({ id }) => `moves all the same: ${id}`)));
        if (pictures !== undefined) await sight.prefer({ scheme });
        await photograph(sight, name, scheme);
      }
      await sight.prefer({});

      // The browser alone decides how large a popup is: as large as what it says. Its zoom has a story of its own.
      if (!page.url().endsWith("/popup.html")) {
        const own = await sizeOf(page);
        await sight.resize(NARROW);
        note("320 pixels", await outOfReach(page));
        await photograph(sight, name, "narrow");
        await sight.resize(own, ZOOM);
        note("200 %", await decisionsOutOfView(page));
        await photograph(sight, name, "zoomed");
        note("200 %", await outOfReach(page));
        await sight.resize(null);
      }
      await sight.close();
    },
    report: () => ({ screens, findings }),
  };
}
