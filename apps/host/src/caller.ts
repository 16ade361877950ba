/**
 * Who started the program, from its arguments: a browser, for native messaging, or a person, with a command.
 *
 * Chromium gives the caller's origin (`chrome-extension://ID/`), and on Windows the window that it belongs to; Firefox the manifest's
 * path and the extension's id. The browser has checked the caller against the manifest; it is checked here once more, to the letter.
 * Any program can say the same words: what they open is `status`, and the rest is for who was paired.
 */
import { isAbsolute } from "node:path";
import { HOST_NAME } from "@certbridge/protocol/ids";
import { chromiumOrigins, firefoxExtensions } from "./install/manifest.ts";

export type Caller =
  | { readonly kind: "chromium" }
  /** @param manifest where that browser says that it found us: to be compared with where we were put */
  | { readonly kind: "firefox"; readonly manifest: string }
  /** What looks like a browser's call, but is not exactly one of ours. It gets nothing. */
  | { readonly kind: "stranger" }
  | { readonly kind: "person" };

export interface Call {
  readonly caller: Caller;
  /** What the launcher recorded, or a person named; null where neither did. */
  readonly home: string | null;
  /** A person's arguments without `--home`; none of a browser's is ever followed. */
  readonly args: readonly string[];
}

/** How a person may write it, too: what is read as an option has to be followed, or a command works on another home than was named. */
const HOME_IS = "--home=";

/** Chromium on Windows adds the window that its dialogs belong to. */
const PARENT_WINDOW = /^--parent-window=\d+$/;

/** At the end of a path, of Windows, too. */
const MANIFESTS = ["/", "\\"].map((separator) => `${separator}${HOST_NAME}.json`);

const namesManifest = (word: string): boolean => MANIFESTS.some((manifest) => word.endsWith(manifest));

const looksLikeCaller = (word: string): boolean => /^chrome-extension:/i.test(word) || namesManifest(word);

function callerOf(args: readonly string[]): Caller {
  const [first = "", second = "", ...more] = args;
  if (chromiumOrigins.includes(first) && more.length === 0 && (args.length === 1 || PARENT_WINDOW.test(second))) {
    return { kind: "chromium" };
  }
  const ofFirefox = isAbsolute(first) && namesManifest(first) && firefoxExtensions.includes(second);
  if (ofFirefox && more.length === 0) return { kind: "firefox", manifest: first };
  return { kind: args.some(looksLikeCaller) ? "stranger" : "person" };
}

/**
 * @param argv without the program's own two entries. The launcher puts `--home DIR` first, and only there it counts for a browser's
 *   call. A person may name another one anywhere behind it, and then the last one counts.
 */
export function readCall(argv: readonly string[]): Call {
  const [first, folder] = argv;
  const launched = first === "--home" && folder !== undefined;
  const behind = launched ? argv.slice(2) : argv;
  const caller = callerOf(behind);
  if (caller.kind !== "person") return { caller, home: launched ? folder : null, args: [] };
  const args: string[] = [];
  let home = launched ? folder : null;
  for (let at = 0; at < behind.length; at++) {
    const word = behind[at] ?? "";
    const value = behind[at + 1];
    // One without a name is left to the command line, which refuses it.
    if (word === "--home" && value !== undefined && value !== "") {
      home = value;
      at += 1;
    } else if (word.startsWith(HOME_IS) && word !== HOME_IS) home = word.slice(HOME_IS.length);
    else args.push(word);
  }
  return { caller, home, args };
}
