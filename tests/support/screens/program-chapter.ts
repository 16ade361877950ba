/** The companion program and the keys, in every state in which they stand in the way: on each surface that speaks of it. */
import { appears, BIDDER, says, type Site } from "@certbridge/demo/walk";
import type { Page } from "puppeteer";
import { ask, type Asked, confirm } from "./asking.ts";
import { signalPrograms } from "../running.ts";
import { putProgram } from "./conditions.ts";
import { keyFiles, obtain, occupyKeys, removeKeys, takeNewest } from "./keys.ts";
import { openPlatform, seePage, seePopup, type Tour } from "./tour.ts";

export const programScreens = [
  "welcome: program missing",
  "welcome: none for this system",
  "approval: program missing",
  "popup: program missing",
  "welcome: a page waits for the program",
  ...["forbidden", "failed", "outdated"].flatMap((state) =>
    ["approval", "popup", "welcome"].map((surface) => `${surface}: program ${state}`),
  ),
  "approval: reading the request",
  "popup: looking for the program",
  "approval: no certificate",
  "popup: no certificate",
  "welcome: a page waits",
  "approval: no certificate that can be used",
  "approval: log in",
  "approval: PIN missing",
  "approval: PIN wrong",
  "approval: PIN paused",
  "popup: PIN paused",
  "approval: PIN must wait",
  "approval: several certificates",
  "approval: certificate missing",
  "approval: certificate gone",
  "approval: working",
  "approval: failed after consent",
] as const;

/** As a browser on Windows names itself. */
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0";

async function recheck(page: Page): Promise<void> {
  await page.bringToFront();
  await page.click(".notice .actions button:last-child");
}

async function typePin(page: Page, pin: string): Promise<void> {
  await page.bringToFront();
  await page.type("#pin", pin);
  await confirm(page);
}

/** From nothing installed to a program that is ready. */
async function beforeItIsReady(tour: Tour, site: Site, { approval }: Asked): Promise<void> {
  const { stage, words, see } = tour;
  await says(approval.page, words("host_missing"));
  await see("approval: program missing", approval.page);
  await seePopup(tour, "popup: program missing", site.page, words("host_missing"));
  await seePage(
    tour,
    "welcome: a page waits for the program",
    "welcome.html",
    words("welcome_waiting_host", stage.demo.platforms.a.name),
  );

  for (const condition of ["forbidden", "failed", "outdated"] as const) {
    await putProgram(stage, condition);
    const said = words(`host_${condition}`);
    await recheck(approval.page);
    await says(approval.page, said);
    await see(`approval: program ${condition}`, approval.page);
    await seePopup(tour, `popup: program ${condition}`, site.page, said);
    await seePage(tour, `welcome: program ${condition}`, "welcome.html", said);
  }

  await putProgram(stage, "silent");
  const reading = await stage.browser.open(approval.page.url());
  await says(reading, words("approval_loading"));
  await see("approval: reading the request", reading);
  await reading.close();
  await seePopup(tour, "popup: looking for the program", site.page, words("host_checking"));
}

/** From no certificate to one that can be used. */
async function beforeThereIsAKey(tour: Tour, site: Site, { approval }: Asked): Promise<void> {
  const { stage, words, see } = tour;
  await putProgram(stage, "ready");
  await says(approval.page, words("certificate_none_title"));
  await see("approval: no certificate", approval.page);
  await seePopup(tour, "popup: no certificate", site.page, words("popup_keys_none"));
  await seePage(tour, "welcome: a page waits", "welcome.html", words("welcome_waiting_title"));

  await obtain(stage, "jiangnan", { fromDays: -400, untilDays: -35 });
  await obtain(stage, "lingbei", { fromDays: 3 });
  await says(approval.page, words("certificate_none_usable"));
  await see("approval: no certificate that can be used", approval.page);
  await removeKeys(stage);
}

/** One certificate, and every way in which a PIN can be wrong. */
async function withOneKey(tour: Tour, site: Site, { approval: { page } }: Asked): Promise<void> {
  const { words, see } = tour;
  await appears(page, "#pin:not(:disabled)");
  await says(page, words("certificate_only"));
  await see("approval: log in", page);
  await confirm(page);
  await says(page, words("pin_required"));
  await see("approval: PIN missing", page);
  await typePin(page, "000000");
  await says(page, words("error_PIN_INCORRECT_software", 2));
  await see("approval: PIN wrong", page);
  await typePin(page, "000000");
  await says(page, words("pin_paused_title"));
  await see("approval: PIN paused", page);
  await seePopup(tour, "popup: PIN paused", site.page, words("pin_paused_title"), async (popup) => {
    await popup.click(".notice-warning button.primary");
    await says(popup, words("popup_keys"));
  });
  await appears(page, "#pin");
  await typePin(page, "000000");
  await says(page, words("pin_wait").slice(0, 3));
  await see("approval: PIN must wait", page);
}

/** Two certificates: none is chosen for the person, and one goes away at the last moment. */
async function withTwoKeys({ stage, words, see }: Tour, { approval }: Asked, first: readonly string[]): Promise<void> {
  const { page } = approval;
  await says(page, words("certificate_several"));
  await see("approval: several certificates", page);
  await confirm(page);
  await says(page, words("certificate_required"));
  await see("approval: certificate missing", page);
  await approval.choose("岭北电子认证");
  const putBack = await takeNewest(stage, first);
  await typePin(page, BIDDER.pin);
  await says(page, words("error_KEY_NOT_FOUND"));
  await see("approval: certificate gone", page);
  await putBack();
  await page.close();
}

/** The program is slow, and then it dies. */
async function whileItWorks({ stage, words, see }: Tour, { approval, outcome }: Asked): Promise<string> {
  const { page } = approval;
  await approval.choose("岭北电子认证");
  const leave = await occupyKeys(stage);
  await typePin(page, BIDDER.pin);
  await says(page, words("approval_working"));
  await see("approval: working", page);
  if (signalPrograms(stage.desk, "SIGKILL") === 0) throw new Error("no program is running");
  await says(page, words("error_HOST_FAILED"));
  await see("approval: failed after consent", page);
  leave();
  await page.close();
  return outcome;
}

/** @returns what the site was told of the request whose program died */
export async function walkProgramChapter(tour: Tour): Promise<string> {
  const { stage, words } = tour;
  await seePage(tour, "welcome: program missing", "welcome.html", words("host_missing"));
  const elsewhere = await stage.browser.browser.newPage();
  await elsewhere.setUserAgent({ userAgent: WINDOWS });
  await elsewhere.goto(stage.browser.extensionUrl("welcome.html"));
  await says(elsewhere, words("welcome_host_elsewhere_title"));
  await tour.see("welcome: none for this system", elsewhere);
  await elsewhere.close();

  const site = await openPlatform(tour, "a");
  const first = await ask(stage, site, "login");
  await beforeItIsReady(tour, site, first);
  await beforeThereIsAKey(tour, site, first);
  await obtain(stage, "jiangnan");
  await withOneKey(tour, site, first);
  await first.approval.page.close();

  const files = await keyFiles(stage);
  await obtain(stage, "lingbei");
  await withTwoKeys(tour, await ask(stage, site, "login"), files);
  const told = await whileItWorks(tour, await ask(stage, site, "login"));
  await site.page.close();
  return told;
}
