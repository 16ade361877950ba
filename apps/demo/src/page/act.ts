/** What every page of a platform does: say what happened, let buttons rest while something goes on, look for the extension. */
import { detect, type SharedCertificate, SharedCertificateError } from "@certbridge/sdk";
import { Refusal } from "./server.ts";
import { element, find } from "./view.ts";
import { type Code, isCode, words } from "./words.ts";

export function say(text: string, tone: "good" | "bad" = "bad", code: Code | null = null): void {
  const message = find("message");
  message.textContent = text;
  message.dataset["tone"] = tone;
  if (code === null) delete message.dataset["code"];
  else message.dataset["code"] = code;
}

export function codeOf(error: unknown): Code {
  if (error instanceof Refusal) return error.code;
  if (SharedCertificateError.is(error) && isCode(error.code)) return error.code;
  return "PLATFORM_FAILED";
}

/**
 * Runs one action: buttons rest meanwhile, but those with `data-stays`; how it ended stands in `data-state` of the body, by its code
 * where it failed.
 *
 * @param failed told the code, after the words for it were said
 */
export async function act(use: () => Promise<void>, failed: (code: Code) => void = () => undefined): Promise<void> {
  const buttons = [...document.querySelectorAll("button")].filter(
    (button) => !button.disabled && !("stays" in button.dataset),
  );
  for (const button of buttons) button.disabled = true;
  document.body.dataset["state"] = "busy";
  say("");
  let state = "done";
  try {
    await use();
  } catch (error) {
    const code = codeOf(error);
    state = code;
    say(words[code], "bad", code);
    failed(code);
  } finally {
    for (const button of buttons) button.disabled = false;
    find("progress").textContent = "";
    // A button that rested has lost the focus: who uses the keyboard goes on from what was said.
    if (document.activeElement === document.body) find("message").focus({ preventScroll: true });
    document.body.dataset["state"] = state;
  }
}

let api: Promise<SharedCertificate> | null = null;

/** The extension's API; looked for again after each time that it was not there. */
export function extension(): Promise<SharedCertificate> {
  api ??= detect().catch((error: unknown) => {
    api = null;
    throw error;
  });
  return api;
}

/** What the extension said of itself; null where there is none. */
export type Found = Awaited<ReturnType<SharedCertificate["status"]>>;

/** Says in the page's device line what is there. */
export async function look(): Promise<Found | null> {
  const device = find("device");
  try {
    const found = await (await extension()).status();
    device.dataset["state"] = found.host === null ? "host-missing" : "ready";
    device.replaceChildren(
      element("strong", found.host === null ? "未检测到互认通程序。" : "互认通已就绪"),
      element(
        "span",
        found.host === null ? "点击登录后，安装页会自动打开。" : `扩展 ${found.extension} · 程序 ${found.host}`,
      ),
    );
    return found;
  } catch (error) {
    device.dataset["state"] = "missing";
    device.textContent = words[codeOf(error)];
    return null;
  }
}

/** Looks now, and again when the person comes back to this tab after installing something. */
export function keepLooking(told: (found: Found | null) => void = () => undefined): void {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && find("device").dataset["state"] !== "ready") void look().then(told);
  });
  void look().then(told);
}

/** Runs an action at a click or a submission. */
export function on(id: string, event: "click" | "submit", run: () => Promise<void>): void {
  find(id).addEventListener(event, (happened) => {
    happened.preventDefault();
    void run();
  });
}
