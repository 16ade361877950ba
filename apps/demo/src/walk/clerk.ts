import type { Page } from "puppeteer";
import type { ExtensionBrowser } from "./browser.ts";

/** The bidder's clerk in front of the extension's window. Selectors and waits live here, not in the stories. */
export interface Approval {
  readonly page: Page;
  /** What the window says, as read by a person. */
  text(): Promise<string>;
  /** How many certificates can be chosen, and which is chosen already. */
  certificates(): Promise<{ usable: number; chosen: number }>;
  /** Chooses the certificate whose card holds these words. */
  choose(words: string): Promise<void>;
  /** Types the PIN (none where no key is used) and agrees. */
  accept(pin: string | null): Promise<void>;
  decline(): Promise<void>;
  /** Resolves when the window has gone. */
  gone(): Promise<void>;
}

const WAIT_MS = 20_000;

/**
 * Waits for an element. Asked again and again, since the browser's own waiting rests in a window that is not in front: it waits
 * for frames that are not drawn there.
 */
export async function appears(page: Page, selector: string, waitMs = WAIT_MS): Promise<void> {
  await until(page, `no ${selector}`, async () => (await page.$(selector)) !== null, waitMs);
}

/** Waits until the page says these words. */
export async function says(page: Page, words: string, waitMs = WAIT_MS): Promise<void> {
  const holds = () => page.evaluate((expected) => document.body.innerText.includes(expected), words);
  await until(page, `it does not say ${words}`, holds, waitMs);
}

/** A page that is just being loaded anew holds nothing yet. */
function goesElsewhere(error: unknown): false {
  if (error instanceof Error && error.message.includes("Execution context was destroyed")) return false;
  throw error;
}

async function until(page: Page, complaint: string, holds: () => Promise<boolean>, waitMs: number): Promise<void> {
  for (const end = Date.now() + waitMs; Date.now() < end;) {
    if (await holds().catch(goesElsewhere)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${complaint}: ${page.url()}`);
}

const CONFIRM = "form.approval-form button[type=submit]";

/** Waits for the next approval window. */
export async function approvalOf(browser: ExtensionBrowser): Promise<Approval> {
  const page = await browser.extensionPage("approval.html");
  await page.setViewport({ width: 480, height: 760 });
  await appears(page, ".asker");

  /** The buttons are dead for 800 ms, so that nobody agrees to what just appeared under the pointer. */
  const armed = async () => {
    await page.bringToFront();
    // Coming to the front arms the buttons anew; what is seen before that is the old state.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await appears(page, `${CONFIRM}[aria-disabled=false]`);
  };

  return {
    page,
    text: () => page.$eval("body", (body) => body.innerText),
    certificates: () =>
      page.$$eval("input[name=certificate]", (inputs) => ({
        usable: inputs.filter((input) => !input.disabled).length,
        chosen: inputs.filter((input) => input.checked).length,
      })),
    async choose(words) {
      for (const card of await page.$$("label.card")) {
        if ((await card.evaluate((element) => element.innerText)).includes(words)) {
          await card.click();
          return;
        }
      }
      throw new Error(`no certificate card says ${words}`);
    },
    async accept(pin) {
      await armed();
      if (pin !== null) await page.type("#pin", pin);
      await armed();
      await page.click(CONFIRM);
    },
    async decline() {
      await armed();
      await page.click(".decision button[type=button]");
    },
    async gone() {
      if (page.isClosed()) return;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("the approval window stays")), WAIT_MS);
        page.once("close", () => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}

/** A platform's page as the clerk uses it. */
export interface Site {
  readonly page: Page;
  click(what: "login" | "register"): Promise<void>;
  fillForm(address: string, contact: string): Promise<void>;
  sign(text: string, attached: boolean): Promise<void>;
  /** Waits until the action has come to its end; gives "done", or the code of what failed. */
  outcome(): Promise<string>;
  /** What the page tells the person. */
  message(): Promise<string>;
  logOut(): Promise<void>;
}

export async function openSite(browser: ExtensionBrowser, origin: string): Promise<Site> {
  const page = await browser.open(`${origin}/`);
  /** People act on what is in front; a tab behind another one does not even draw. */
  const find = async (selector: string) => {
    await page.bringToFront();
    const found = await page.waitForSelector(selector, { visible: true, timeout: WAIT_MS });
    if (found === null) throw new Error(`nothing is ${selector}`);
    return found;
  };
  return {
    page,
    async click(what) {
      await (await find(`#${what}:not([disabled])`)).click();
    },
    async fillForm(address, contact) {
      await find("#form");
      await page.type("#form [name=address]", address);
      await page.type("#form [name=contact]", contact);
      await page.click("#form button");
    },
    async sign(text, attached) {
      await find("#sign-form");
      await page.$eval(
        "#sign-form [name=text]",
        (field, value) => {
          (field as HTMLTextAreaElement).value = value;
        },
        text,
      );
      const checked = await page.$eval("#sign-form [name=attached]", (field) => (field as HTMLInputElement).checked);
      if (checked !== attached) await page.click("#sign-form [name=attached]");
      await page.click("#sign-form button");
    },
    async outcome() {
      // Asked again and again: a tab behind another one is not told of its own changes by frames.
      for (const until = Date.now() + WAIT_MS; Date.now() < until;) {
        const state = await page.$eval("body", (body) => body.dataset["state"] ?? "busy");
        if (state !== "busy") return state;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error("the page's action does not end");
    },
    message: () => page.$eval("#message", (element) => element.textContent ?? ""),
    async logOut() {
      await page.evaluate(async () => {
        await fetch("/api/logout", { method: "POST" });
      });
      await page.reload();
    },
  };
}
