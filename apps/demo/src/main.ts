/** `npm start`: the demonstration. Without a display, or with --headless, it walks the main story unattended. */
import { parseArgs } from "node:util";
import { isSabotage, mainStory, sabotages, StoryError } from "./stories/index.ts";
import { BIDDER, type ExtensionBrowser, openFirefoxStage, openSite, openStage, type Stage } from "./walk/index.ts";

const { values } = parseArgs({
  options: {
    headless: {
      type: "boolean",
      default: process.env["DISPLAY"] === undefined && process.env["WAYLAND_DISPLAY"] === undefined,
    },
    browser: { type: "string", default: "chromium" },
    sabotage: { type: "string" },
    story: { type: "string", default: "main" },
  },
});

const say = (line: string) => void process.stdout.write(`${line}\n`);
const sabotage = values.sabotage ?? null;
if (sabotage !== null && !isSabotage(sabotage)) {
  say(`--sabotage takes one of: ${Object.keys(sabotages).join(", ")}`);
  process.exit(2);
}
if (values.browser !== "chromium" && values.browser !== "firefox") {
  say("--browser takes: chromium, firefox");
  process.exit(2);
}
if (values.story !== "main") {
  say("--story takes: main");
  process.exit(2);
}

const options = { folder: "build/demo", headless: values.headless, host: sabotage !== "host" };
const stage: Stage<ExtensionBrowser> =
  values.browser === "firefox" ? await openFirefoxStage(options) : await openStage(options);

if (values.headless) {
  try {
    await mainStory(stage, say, sabotage);
    say(`pictures: ${stage.pictures}`);
    if (sabotage !== null) {
      say(`sabotage ${sabotage} was not noticed`);
      process.exitCode = 3;
    }
  } catch (error) {
    if (!(error instanceof StoryError)) throw error;
    say(`✗ ${error.message}`);
    const asTold = sabotage !== null && error.code === sabotages[sabotage];
    say(asTold ? `sabotage ${sabotage} ended as it must: ${error.code}` : `unexpected: ${error.code}`);
    process.exitCode = asTold ? 1 : 4;
  } finally {
    await stage.close();
  }
} else {
  const { name, uscc, pin } = BIDDER;
  await stage.desk.obtainCertificates({
    name,
    pin,
    issue: (request) => Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc })),
  });
  say(`投标人：${name}，PIN码：${pin}`);
  for (const platform of Object.values(stage.demo.platforms)) {
    await openSite(stage.browser, platform.origin);
    say(`${platform.name}  ${platform.origin}`);
  }
  await new Promise<void>((resolve) => {
    void stage.browser.ended.then(resolve);
    process.once("SIGINT", () => resolve());
  });
  await stage.close();
}
