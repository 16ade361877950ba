import type { Page } from "puppeteer";
import type { ExtensionBrowser, WalkPage } from "./page.ts";

/** The bidder's clerk in front of the extension's window. Selectors and waits live here, not in the stories. */
export interface Approval<P extends WalkPage = Page> {
  readonly page: P;
  /** What the window says, as read by a person. */
  text(): Promise<string>;
  /** How many certificates can be chosen, and which is chosen already. */
  certificates(): Promise<{ usable: number; chosen: number }>;
  /** Chooses the certificate whose card holds these words. */
  choose(words: string): Promise<void>;
  /** Types the PIN, and does not agree yet. */
  typePin(pin: string): Promise<void>;
  /** Types the PIN (none where no key is used, or it is there already) and agrees. */
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
export async function appears(page: WalkPage, selector: string, waitMs = WAIT_MS): Promise<void> {
  const there = () => page.evaluate((wanted) => document.querySelector(wanted) !== null, selector);
  await until(page, `no ${selector}`, there, waitMs);
}

/** Waits until a person can see the element. */
export async function shows(page: WalkPage, selector: string): Promise<void> {
  const seen = () =>
    page.evaluate((wanted) => (document.querySelector(wanted)?.getClientRects().length ?? 0) > 0, selector);
  await until(page, `nothing shows as ${selector}`, seen, WAIT_MS);
}

/** Puts the page's tab in front, and waits until it is: what is behind another tab may not ask. */
export async function bringToFront(page: WalkPage): Promise<void> {
  await page.bringToFront();
  await until(page, "it stays behind", () => page.evaluate(() => document.visibilityState === "visible"), WAIT_MS);
}

/** Waits until the page says these words. */
export async function says(page: WalkPage, words: string, waitMs = WAIT_MS): Promise<void> {
  const holds = () => page.evaluate((expected) => document.body.innerText.includes(expected), words);
  await until(page, `it does not say ${words}`, holds, waitMs);
}

const ELSEWHERE = ["Execution context was destroyed", "detached Frame"];

/** A page that is just being loaded anew, in another process even, holds nothing yet. */
function goesElsewhere(error: unknown): false {
  if (error instanceof Error && ELSEWHERE.some((words) => error.message.includes(words))) return false;
  throw error;
}

async function until(page: WalkPage, complaint: string, holds: () => Promise<boolean>, waitMs: number): Promise<void> {
  for (const end = Date.now() + waitMs; Date.now() < end;) {
    if (await holds().catch(goesElsewhere)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${complaint}: ${await page.evaluate(() => location.href)}`);
}

const CONFIRM = "form.approval-form button[type=submit]";

/** Waits for the next approval window. */
export async function approvalOf<P extends WalkPage>(browser: ExtensionBrowser<P>): Promise<Approval<P>> {
  const page = await browser.extensionPage("approval.html");
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
    text: () => page.evaluate(() => document.body.innerText),
    certificates: () =>
      page.evaluate(() => {
        const inputs = [...document.querySelectorAll<HTMLInputElement>("input[name=certificate]")];
        return {
          usable: inputs.filter((input) => !input.disabled).length,
          chosen: inputs.filter((input) => input.checked).length,
        };
      }),
    async choose(words) {
      const index = await page.evaluate((wanted) => {
        const cards = [...document.querySelectorAll<HTMLElement>("label.card")];
        return cards.findIndex((card) => card.innerText.includes(wanted));
      }, words);
      if (index < 0) throw new Error(`no certificate card says ${words}`);
      // By no pointer: a list that still grows above moves the cards from under it.
      await page.evaluate((at) => document.querySelectorAll<HTMLElement>("label.card")[at]?.click(), index);
    },
    async typePin(pin) {
      await armed();
      await page.type("#pin", pin);
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
      for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
        if (!(await browser.isOpen(page))) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error("the approval window stays");
    },
  };
}

/** A platform's page as the clerk uses it. */
export interface Site<P extends WalkPage = Page> {
  readonly page: P;
  click(what: "login" | "register"): Promise<void>;
  fillForm(address: string, contact: string): Promise<void>;
  sign(text: string, attached: boolean): Promise<void>;
  /** Waits until the action has come to its end; gives "done", or the code of what failed. */
  outcome(): Promise<string>;
  /** What the page tells the person. */
  message(): Promise<string>;
  logOut(): Promise<void>;
}

export async function openSite<P extends WalkPage>(browser: ExtensionBrowser<P>, origin: string): Promise<Site<P>> {
  const page = await browser.open(`${origin}/`);
  /** People act on what is in front; a tab behind another one does not even draw. */
  const come = async (selector: string) => {
    await bringToFront(page);
    await shows(page, selector);
  };
  return {
    page,
    async click(what) {
      const button = `#${what}:not([disabled])`;
      await come(button);
      // A click waits for frames, which are not drawn behind another tab that comes in between: come to the front again.
      for (let tries = 0; tries < 4; tries++) {
        const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), 5000));
        if ((await Promise.race([page.click(button), late])) !== "late") return;
        await bringToFront(page);
      }
    },
    async fillForm(address, contact) {
      await come("#form");
      await page.type("#form [name=address]", address);
      await page.type("#form [name=contact]", contact);
      await page.click("#form button");
    },
    async sign(text, attached) {
      await come("#sign-form");
      const checked = await page.evaluate((value) => {
        const field = document.querySelector<HTMLTextAreaElement>("#sign-form [name=text]");
        if (field !== null) field.value = value;
        return document.querySelector<HTMLInputElement>("#sign-form [name=attached]")?.checked;
      }, text);
      if (checked !== attached) await page.click("#sign-form [name=attached]");
      await page.click("#sign-form button");
    },
    async outcome() {
      // Asked again and again: a tab behind another one is not told of its own changes by frames.
      for (const until = Date.now() + WAIT_MS; Date.now() < until;) {
        const state = await page.evaluate(() => document.body.dataset["state"] ?? "busy");
        if (state !== "busy") return state;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error("the page's action does not end");
    },
    message: () => page.evaluate(() => document.querySelector("#message")?.textContent ?? ""),
    async logOut() {
      await page.evaluate(async () => {
        await fetch("/api/logout", { method: "POST" });
      });
      await page.reload();
    },
  };
}
