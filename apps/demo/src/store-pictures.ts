/**
 * `node apps/demo/src/store-pictures.ts FOLDER`: the stores' pictures in each of the extension's languages, and the mark in the two
 * sizes that stores ask for beside them.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { takeStorePictures } from "./stories/store-pictures.ts";
import { type Language, openStage, type Stage } from "./walk/index.ts";

const languages: readonly Language[] = ["zh-CN", "zh-TW", "en"];

/** The mark on the mark's own ground. Edge takes a logo of 300 by 300, Chrome a small tile of 440 by 280. */
const drawings = {
  logo: { width: 300, height: 300, side: 300, ground: "#0a665b" },
  tile: { width: 440, height: 280, side: 168, ground: "#e0f0ec" },
} as const;

async function draw({ browser }: Stage, folder: string): Promise<void> {
  const mark = await readFile(resolve("extension/public/icon/mark.svg"), "utf8");
  const page = await browser.browser.newPage();
  for (const [name, { width, height, side, ground }] of Object.entries(drawings)) {
    await page.setViewport({ width, height });
    await page.setContent(
      `<style>body{margin:0;height:100vh;display:grid;place-items:center;background:${ground}}` +
        `svg{display:block;width:${side}px;height:${side}px}</style>${mark}`,
    );
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }
  await page.close();
}

const folder = resolve(process.argv[2] ?? "build/store-assets/pictures");
await mkdir(folder, { recursive: true });
for (const language of languages) {
  const stage = await openStage({ folder: `build/store-walk/${language}`, language });
  try {
    const names = await takeStorePictures(stage, join(folder, language));
    process.stdout.write(`${language}: ${names.join(", ")}\n`);
    if (language === "en") await draw(stage, folder);
  } finally {
    await stage.close();
  }
}
