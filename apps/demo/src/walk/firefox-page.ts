import { writeFile } from "node:fs/promises";
import type { Marionette } from "./marionette.ts";
import type { WalkPage } from "./page.ts";

/**
 * Marionette has one current window, and every command goes there. Uses of windows therefore wait their turn, and none may last:
 * what a page does for long is begun in one turn and looked after in others.
 */
export interface Remote {
  /** The tab with which Firefox starts. It stays: what concerns no other window goes there. */
  readonly home: string;
  /** Sends commands to a tab or window. With `front` it comes to the front first, as if a person chose it. */
  use<T>(handle: string, commands: (send: Marionette["send"]) => Promise<T>, front?: boolean): Promise<T>;
  /** Commands to no window in particular. */
  send: Marionette["send"];
  /** Runs the body of an async function with the browser's own rights; `args` are its arguments. */
  runInBrowser(body: string, ...args: readonly unknown[]): Promise<unknown>;
}

export async function openRemote({ send }: Marionette): Promise<Remote> {
  const [home = ""] = (await send("WebDriver:GetWindowHandles")) as readonly string[];
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(use: () => Promise<T>): Promise<T> {
    const result = turn.then(use);
    turn = result.catch(() => undefined);
    return result;
  }

  return {
    home,
    use: (handle, commands, front = false) =>
      inTurn(async () => {
        await send("WebDriver:SwitchToWindow", { handle, focus: front });
        return commands(send);
      }),
    send: (command, params) => inTurn(() => send(command, params)),
    runInBrowser: (body, ...args) =>
      inTurn(async () => {
        await send("WebDriver:SwitchToWindow", { handle: home, focus: false });
        await send("Marionette:SetContext", { value: "chrome" });
        try {
          const script = `const args = [...arguments];
            const end = args.pop();
            (async () => { ${body} })().then((value) => end({ value }), (error) => end({ error: String(error) }));`;
          const done = valueOf(await send("WebDriver:ExecuteAsyncScript", { script, args, sandbox: "system" }));
          const { value, error } = done as { value?: unknown; error?: string };
          if (error !== undefined) throw new Error(error);
          return value;
        } finally {
          await send("Marionette:SetContext", { value: "content" });
        }
      }),
  };
}

const valueOf = (result: unknown): unknown => (result as { value: unknown }).value;

/** What a function in a page has come to. */
type Run = { readonly state: "running" } | { readonly value: unknown } | { readonly error: string };

/** Where pages keep what runs in them, by number. */
const RUNS = `window[Symbol.for("certbridge walk")]`;

const POLL_MS = 20;

let lastRun = 0;

/** A tab or window of Firefox. */
export interface FirefoxPage extends WalkPage {
  readonly handle: string;
}

export function firefoxPage({ use }: Remote, handle: string): FirefoxPage {
  const execute = async (send: Marionette["send"], script: string, args: readonly unknown[] = []) =>
    valueOf(await send("WebDriver:ExecuteScript", { script, args })) as Run;

  async function evaluate(source: unknown, ...args: readonly unknown[]): Promise<unknown> {
    const id = String(++lastRun);
    // A string is an expression; a function is called. Both see the page's own objects, since nothing is waived in between.
    const call = typeof source === "string" ? `(${source})` : `(${String(source)})(...arguments)`;
    const begin = `const runs = (${RUNS} ??= {});
      runs["${id}"] = { state: "running" };
      const failed = (error) => (runs["${id}"] = { error: String(error?.message ?? error) });
      try {
        const value = ${call};
        if (typeof value?.then !== "function") return { value };
        value.then((value) => (runs["${id}"] = { value }), failed);
        return runs["${id}"];
      } catch (error) {
        return failed(error);
      }`;
    let run = await use(handle, (send) => execute(send, begin, args));
    while ("state" in run) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const look = `return ${RUNS}?.["${id}"] ?? { error: "the page was left" }`;
      run = await use(handle, (send) => execute(send, look));
    }
    if ("error" in run) throw new Error(run.error);
    return run.value;
  }

  /** Uses the element that the selector finds. */
  const withElement = (selector: string, command: string, params: object = {}) =>
    use(handle, async (send) => {
      const found = valueOf(await send("WebDriver:FindElement", { using: "css selector", value: selector }));
      const [id] = Object.values(found as Record<string, string>);
      await send(command, { id, ...params });
    });

  return {
    handle,
    evaluate: evaluate as WalkPage["evaluate"],
    click: (selector) => withElement(selector, "WebDriver:ElementClick"),
    type: (selector, text) => withElement(selector, "WebDriver:ElementSendKeys", { text }),
    bringToFront: () => use(handle, () => Promise.resolve(), true),
    reload: () => use(handle, (send) => send("WebDriver:Refresh")),
    async screenshot({ path }) {
      const shot = await use(handle, (send) => send("WebDriver:TakeScreenshot", { full: false }));
      await writeFile(path, Buffer.from(String(valueOf(shot)), "base64"));
    },
    close: () =>
      use(handle, async (send) => {
        await send("WebDriver:CloseWindow");
      }),
  };
}
