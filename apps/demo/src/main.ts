/** `npm start`: the demonstration. Without a display, with --headless or --sabotage, it walks the main story unattended. */
import { parseArgs } from "node:util";
import {
  backupStory,
  bidStory,
  isSabotage,
  largeStory,
  mainStory,
  otherComputerStory,
  parseSize,
  postponedStory,
  removeLarge,
  renewedStory,
  secondRecipientStory,
  wrongKeyStory,
  type SabotageName,
  sabotages,
  StoryError,
} from "./stories/index.ts";
import { BIDDER, type ExtensionBrowser, openFirefoxStage, openSite, openStage, type Stage } from "./walk/index.ts";

/** Exit statuses beside 0. A crash has Node's own, 1, which is none of these. */
const MISUSED = 2;
/** The sabotage was noticed, with the code that belongs to it. */
const NOTICED = 3;
/** The walk stopped somewhere else, or with another code. */
const STOPPED = 4;
const NOT_NOTICED = 5;

const { values } = parseArgs({
  options: {
    headless: {
      type: "boolean",
      default: process.env["DISPLAY"] === undefined && process.env["WAYLAND_DISPLAY"] === undefined,
    },
    browser: { type: "string", default: "chromium" },
    sabotage: { type: "string" },
    story: { type: "string", default: "main" },
    /** Of the bid in the story `large`. */
    size: { type: "string", default: "2GiB" },
    /** One file that is mostly hole. */
    sparse: { type: "boolean", default: false },
  },
});

const say = (line: string) => void process.stdout.write(`${line}\n`);
const sabotage = values.sabotage ?? null;
if (sabotage !== null && !isSabotage(sabotage)) {
  say(`--sabotage takes one of: ${Object.keys(sabotages).join(", ")}`);
  process.exit(MISUSED);
}
if (values.browser !== "chromium" && values.browser !== "firefox") {
  say("--browser takes: chromium, firefox");
  process.exit(MISUSED);
}

type Say = (line: string) => void;
type Story = (stage: Stage<ExtensionBrowser>, say: Say, sabotage: SabotageName | null) => Promise<void>;

const size = parseSize(values.size);
if (size === null) {
  say("--size takes a number with KiB, MiB or GiB: 2GiB");
  process.exit(MISUSED);
}
const stories: Readonly<Record<string, Story>> = {
  main: mainStory,
  bid: bidStory,
  "wrong-key": wrongKeyStory,
  renewed: renewedStory,
  "second-recipient": secondRecipientStory,
  backup: backupStory,
  postponed: postponedStory,
};
/** What only Chromium is driven for. */
const chromiumStories: Readonly<Record<string, (stage: Stage, say: Say) => Promise<void>>> = {
  "other-computer": otherComputerStory,
  large: (stage, told) => largeStory(stage, told, { size, sparse: values.sparse }),
};
const own = <T>(from: Readonly<Record<string, T>>): T | undefined =>
  Object.hasOwn(from, values.story) ? from[values.story] : undefined;
const story = own(stories);
const chromiumStory = own(chromiumStories);
if ((story === undefined && chromiumStory === undefined) || (sabotage !== null && story !== mainStory)) {
  const names = [...Object.keys(stories), ...Object.keys(chromiumStories)];
  say(`--story takes one of: ${names.join(", ")}; --sabotage goes with main`);
  process.exit(MISUSED);
}
if (chromiumStory !== undefined && values.browser === "firefox") {
  say(`--story ${values.story} goes with chromium`);
  process.exit(MISUSED);
}

const headless = values.headless || sabotage !== null;
const folder = "build/demo";
const options = { folder, headless, host: sabotage !== "host" };

/** The stage, and the story that was asked for on it. */
const open = async (): Promise<{ stage: Stage<ExtensionBrowser>; walk: () => Promise<void> }> => {
  if (chromiumStory !== undefined) {
    const stage = await openStage(options);
    return { stage, walk: () => chromiumStory(stage, say) };
  }
  const stage = values.browser === "firefox" ? await openFirefoxStage(options) : await openStage(options);
  return { stage, walk: () => (story ?? mainStory)(stage, say, sabotage) };
};
const { stage, walk } = await open();

if (headless) {
  try {
    await walk();
    say(`pictures: ${stage.pictures}`);
    if (sabotage !== null) {
      say(`sabotage ${sabotage} was not noticed`);
      process.exitCode = NOT_NOTICED;
    }
  } catch (error) {
    if (!(error instanceof StoryError)) throw error;
    say(`✗ ${error.message}`);
    const asTold = sabotage !== null && error.code === sabotages[sabotage];
    say(asTold ? `sabotage ${sabotage} ended as it must: ${error.code}` : `unexpected: ${error.code}`);
    process.exitCode = asTold ? NOTICED : STOPPED;
  } finally {
    await stage.close();
    if (values.story === "large") await removeLarge(folder);
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
    say(`  主持人：${platform.origin}/host#${platform.admin.bidding.operatorCode}`);
  }
  await new Promise<void>((resolve) => {
    void stage.browser.ended.then(resolve);
    process.once("SIGINT", () => resolve());
  });
  await stage.close();
}
