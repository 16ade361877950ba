/**
 * Draws the extension's icons, PNG of 16, 32, 48 and 128 pixels, from the mark (a bridge over a check) with a headless Chromium.
 * Small ones get a heavier line, so that the mark still reads at 16 pixels. Run by hand when the mark changes:
 * `node tools/draw-icons.mjs [path of a Chromium]`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "puppeteer";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../extension/public/icon");
const mark = readFileSync(join(folder, "mark.svg"), "utf8");

/** Side in pixels → width of the two lines, in the mark's 128 units. */
const weights = { 16: [14, 17], 32: [12, 15], 48: [11, 13], 128: [11, 13] };

const executablePath = process.argv[2];
const browser = await launch({ args: ["--no-sandbox"], ...(executablePath ? { executablePath } : {}) });
try {
  const page = await browser.newPage();
  for (const [side, [bridge, check]] of Object.entries(weights)) {
    const width = Number(side);
    await page.setViewport({ width, height: width, deviceScaleFactor: 1 });
    await page.setContent(
      `<style>html,body{margin:0;background:none}svg{display:block;width:${side}px;height:${side}px}` +
        `#bridge{stroke-width:${bridge}px}#check{stroke-width:${check}px}</style>${mark}`,
    );
    const png = await page.screenshot({ omitBackground: true, type: "png" });
    writeFileSync(join(folder, `${side}.png`), png);
  }
} finally {
  await browser.close();
}
