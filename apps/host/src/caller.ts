/**
 * Who started the program, from its arguments: a browser, for native messaging, or a person, with a command.
 *
 * Chromium gives the caller's origin (`chrome-extension://ID/`), Firefox the manifest's path and the extension's id. The
 * browser has checked the caller against the manifest; it is checked here once more.
 */
import { HOST_NAME } from "@certbridge/protocol/ids";
import { chromiumOrigins, firefoxExtensions } from "./install/manifest.ts";

export type Caller =
  | { readonly kind: "extension" }
  /** A browser, on behalf of an extension that is not ours. */
  | { readonly kind: "stranger" }
  | { readonly kind: "person" };

export interface Call {
  readonly caller: Caller;
  /** What the launcher recorded; null where it was started without one. */
  readonly home: string | null;
  /** The arguments without `--home`. */
  readonly args: readonly string[];
}

function callerOf(args: readonly string[]): Caller {
  const [first = "", second = ""] = args;
  if (first.startsWith("chrome-extension://")) {
    return { kind: chromiumOrigins.includes(first) ? "extension" : "stranger" };
  }
  if (first.endsWith(`${HOST_NAME}.json`) && second !== "") {
    return { kind: firefoxExtensions.includes(second) ? "extension" : "stranger" };
  }
  return { kind: "person" };
}

/**
 * @param argv without the program's own two entries. The launcher puts `--home DIR` first; a person may name another one
 *   anywhere behind it, and the last one counts. A browser's arguments hold none.
 */
export function readCall(argv: readonly string[]): Call {
  const args: string[] = [];
  let home: string | null = null;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const value = argv[at + 1];
    if (word === "--home" && value !== undefined) {
      home = value;
      at += 1;
    } else args.push(word);
  }
  return { caller: callerOf(args), home, args };
}
