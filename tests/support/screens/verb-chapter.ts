/** The approval window for each verb, its last words, and the two platforms' pages on which people ask. */
import { appears, approvalOf, BIDDER, openSite, says, type Approval, type Site } from "@certbridge/demo/walk";
import { ask, besides, confirm } from "./asking.ts";
import { obtain } from "./keys.ts";
import { openPlatform, type Tour } from "./tour.ts";

export const verbScreens = [
  "platform a: nobody signed in",
  "platform a: guide",
  "approval: register",
  "platform a: form",
  "approval: save",
  "platform a: signed in",
  "approval: sign one",
  "platform a: signed",
  "approval: sign many",
  "platform a: refused",
  "approval: register with a credential",
  "platform b: signed in",
  "approval: register with several credentials",
  "approval: credential missing",
  "approval: done",
  "approval: declined",
  "approval: ended",
  "approval: too late",
  "approval: unreadable",
  "platform b: nobody signed in",
] as const;

const { pin } = BIDDER;

async function agree(approval: Approval, how: string | null = pin): Promise<void> {
  await approval.accept(how);
  await approval.gone();
}

async function mustBe(site: Site, state: string): Promise<void> {
  const outcome = await site.outcome();
  if (outcome !== state) throw new Error(`the page's action ended with ${outcome}`);
}

async function seeSite({ see }: Tour, name: string, { page }: Site): Promise<void> {
  await page.bringToFront();
  await see(name, page);
}

/** Registers by the form, with the credential saved. */
async function register(tour: Tour, site: Site): Promise<void> {
  const { stage, words, see } = tour;
  await site.click("register");
  const first = await approvalOf(stage.browser);
  await says(first.page, words("register_no_credentials"));
  await see("approval: register", first.page);
  await agree(first);
  await mustBe(site, "done");
  await seeSite(tour, "platform a: form", site);
  await site.fillForm("南京市玄武区北京东路1号", "张三");
  const second = await approvalOf(stage.browser);
  await says(second.page, words("save_heading"));
  await see("approval: save", second.page);
  await agree(second, null);
  await mustBe(site, "done");
  await seeSite(tour, "platform a: signed in", site);
}

/** Files that people sign: the second cannot go inside a signature, so that it is left out. */
const MANY = `{ format: "cms-attached", items: [
  ...["投标函.pdf", "工程量清单 2026-11-04 最终版（含附件一至附件九及补充说明）.xlsx", "施工组织设计.docx", "资格证明.pdf"].map((name) =>
    ({ name, content: new Blob([name]) })),
  { name: "现场照片.zip", content: new Blob([new Uint8Array(17 * 1024 * 1024)]) } ] }`;

async function sign(tour: Tour, site: Site): Promise<void> {
  const { stage, words, see } = tour;
  await site.sign("我方承诺完全响应招标文件。", false);
  const one = await approvalOf(stage.browser);
  await see("approval: sign one", one.page);
  await agree(one);
  await mustBe(site, "done");
  await seeSite(tour, "platform a: signed", site);

  const many = await ask(stage, site, "sign", MANY);
  await says(many.approval.page, words("sign_left_out"));
  await many.approval.page.click("details summary");
  await see("approval: sign many", many.approval.page);
  await many.approval.decline();
}

/** On the second platform with one credential; then there are two, and nobody chooses for the person. */
async function registerElsewhere(tour: Tour, a: Site, b: Site): Promise<void> {
  const { stage, words, see } = tour;
  await b.click("register");
  const approval = await approvalOf(stage.browser);
  await says(approval.page, words("register_show_none"));
  await see("approval: register with a credential", approval.page);
  await agree(approval);
  await mustBe(b, "done");
  await (await b.page.waitForSelector("#save-credential:not([disabled])", { visible: true }))?.click();
  await agree(await approvalOf(stage.browser), null);
  await mustBe(b, "done");
  await seeSite(tour, "platform b: signed in", b);

  const { approval: several } = await ask(stage, a, "register");
  await appears(several.page, "input[name=credential]");
  await see("approval: register with several credentials", several.page);
  await several.page.type("#pin", pin);
  await confirm(several.page);
  await says(several.page, words("register_required"));
  await see("approval: credential missing", several.page);
  await several.page.close();
}

/** The last words, which the browser leaves standing only in a tab that it did not open itself. */
async function lastWords(tour: Tour, site: Site): Promise<void> {
  const { stage, words, see } = tour;
  const done = await ask(stage, site, "login");
  const doneTab = await besides(stage, done);
  await doneTab.type("#pin", pin);
  await confirm(doneTab);
  await says(doneTab, words("approval_done"));
  await see("approval: done", doneTab);
  await doneTab.close();

  const declined = await ask(stage, site, "login");
  const [declinedTab, endedTab] = [await besides(stage, declined), await besides(stage, declined)];
  await declinedTab.bringToFront();
  await declinedTab.keyboard.press("Escape");
  await says(declinedTab, words("approval_declined"));
  await see("approval: declined", declinedTab);
  await says(endedTab, words("approval_ended"));
  await see("approval: ended", endedTab);
  await Promise.all([declinedTab.close(), endedTab.close()]);

  const late = await stage.browser.open(stage.browser.extensionUrl(`approval.html?id=${"A".repeat(22)}`));
  await late.evaluate(() => {
    window.close = () => undefined;
  });
  await says(late, words("error_CONSENT_EXPIRED"));
  await see("approval: too late", late);
  await late.close();

  const unreadable = await stage.browser.open(stage.browser.extensionUrl("approval.html?id=x"));
  await says(unreadable, words("error_title"));
  await see("approval: unreadable", unreadable);
  await unreadable.close();
}

/** By its own click: a page that has just been measured in other sizes still moves under a pointer. */
async function turnTo({ page }: Site, tab: "guide" | "login"): Promise<void> {
  await page.$eval(`#tab-${tab}`, (element) => (element as HTMLElement).click());
}

export async function walkVerbChapter(tour: Tour): Promise<void> {
  const { stage } = tour;
  await obtain(stage, "jiangnan");
  const a = await openPlatform(tour, "a");
  await appears(a.page, "#device[data-state=ready]");
  await seeSite(tour, "platform a: nobody signed in", a);
  await turnTo(a, "guide");
  await seeSite(tour, "platform a: guide", a);
  await turnTo(a, "login");
  await register(tour, a);
  await sign(tour, a);
  await a.logOut();
  await a.click("login");
  await (await approvalOf(stage.browser)).decline();
  await mustBe(a, "USER_DECLINED");
  await seeSite(tour, "platform a: refused", a);

  const b = await openSite(stage.browser, stage.demo.platforms.b.origin);
  await registerElsewhere(tour, a, b);
  await lastWords(tour, b);
  await b.logOut();
  await appears(b.page, "#device[data-state=ready]");
  await seeSite(tour, "platform b: nobody signed in", b);
  await Promise.all([a.page.close(), b.page.close()]);
}
