import { CHROMIUM_EXTENSION_ID, FIREFOX_EXTENSION_ID } from "@certbridge/protocol/ids";
import { describe, expect, test } from "vitest";
import { readCall } from "../../../apps/host/src/caller.ts";

const manifest = "/home/张三/.mozilla/native-messaging-hosts/org.certbridge.host.json";
const origin = `chrome-extension://${CHROMIUM_EXTENSION_ID}/`;
const bare = origin.slice(0, -1);
const stranger = "chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/";

/** What follows the program's name, or the launcher's `--home DIR`, and who that is. */
const calls: readonly (readonly [readonly string[], string])[] = [
  // As browsers call.
  [[origin], "chromium"],
  [[origin, "--parent-window=0"], "chromium"],
  [[origin, "--parent-window=4294967295"], "chromium"],
  [[manifest, FIREFOX_EXTENSION_ID], "firefox"],
  // A path of Windows is none here, but no person's word either.
  [[String.raw`C:\程序\firefox\org.certbridge.host.json`, FIREFOX_EXTENSION_ID], "stranger"],
  // Nearly so: an id of somebody else, another spelling, an argument too many, too few, or in another place.
  [[stranger], "stranger"],
  [[bare], "stranger"],
  [[`${origin}/`], "stranger"],
  [[`${origin}x`], "stranger"],
  [[`${origin}?`], "stranger"],
  [[origin.toUpperCase()], "stranger"],
  [[` ${origin}`, "chrome-extension://"], "stranger"],
  [[`${bare}.evil/`], "stranger"],
  [[`${bare}@evil/`], "stranger"],
  [[origin, ""], "stranger"],
  [[origin, "--home", "/evil"], "stranger"],
  [[origin, "--home=/evil"], "stranger"],
  [[origin, "--parent-window=x"], "stranger"],
  [[origin, "--parent-window=0", "--home"], "stranger"],
  [[origin, "--parent-window=0 --inspect"], "stranger"],
  [[origin, "--inspect"], "stranger"],
  [[origin, origin], "stranger"],
  [[origin, "keys", "list"], "stranger"],
  [["keys", "export", origin], "stranger"],
  [["moz-extension://x/", origin], "stranger"],
  [[manifest], "stranger"],
  [[manifest, ""], "stranger"],
  [[manifest, "other@example.org"], "stranger"],
  [[manifest, ` ${FIREFOX_EXTENSION_ID}`], "stranger"],
  [[manifest, FIREFOX_EXTENSION_ID.toUpperCase()], "stranger"],
  [[manifest, FIREFOX_EXTENSION_ID, "--home", "/evil"], "stranger"],
  [[FIREFOX_EXTENSION_ID, manifest], "stranger"],
  [["./org.certbridge.host.json", FIREFOX_EXTENSION_ID], "stranger"],
  [[manifest, origin], "stranger"],
  [[origin, manifest], "stranger"],
  // A person's commands. What names neither a manifest of ours nor an origin is no browser's call.
  [["keys", "list"], "person"],
  [["/evil/other.json", FIREFOX_EXTENSION_ID], "person"],
  [[], "person"],
];

describe("who started the program", () => {
  test.each(calls)("%j is %s", (argv, kind) => {
    expect(readCall(argv).caller.kind).toBe(kind);
  });

  test.each([
    ...calls,
    [["--home", "/evil", origin], "stranger"],
    [["--home", "/evil", manifest, FIREFOX_EXTENSION_ID], "stranger"],
  ] as const)("%j behind the launcher's home is %s, and its home is no other than that", (argv, kind) => {
    const call = readCall(["--home", "/h", ...argv]);
    expect(call.caller.kind).toBe(kind);
    expect(call.home).toBe("/h");
    if (kind !== "person") expect(call.args).toEqual([]);
  });

  test("Firefox's manifest is told, to be compared with where it was put", () => {
    expect(readCall([manifest, FIREFOX_EXTENSION_ID]).caller).toEqual({ kind: "firefox", manifest });
  });

  test("the home that the launcher recorded, or the one that a person names after it", () => {
    expect(readCall(["--home", "/a", "keys", "list"])).toMatchObject({ home: "/a", args: ["keys", "list"] });
    expect(readCall(["--home", "/a", "install", "--home", "/b"])).toMatchObject({ home: "/b", args: ["install"] });
    expect(readCall(["doctor"]).home).toBeNull();
  });

  test("and so where it is written with an equals sign, wherever it stands", () => {
    expect(readCall(["keys", "--home=/b", "list"])).toMatchObject({ home: "/b", args: ["keys", "list"] });
    expect(readCall(["--home", "/a", "keys", "--home=/b=c"])).toMatchObject({ home: "/b=c", args: ["keys"] });
    expect(readCall(["--home=/b", "--home", "/c"])).toMatchObject({ home: "/c", args: [] });
    // Without a name it is nobody's, and left for the command line to refuse.
    expect(readCall(["--home", "/a", "--home=", "keys"])).toMatchObject({ home: "/a", args: ["--home=", "keys"] });
    // As a launcher's it counts only in two words.
    expect(readCall(["--home=/evil", origin])).toMatchObject({ caller: { kind: "stranger" }, home: null, args: [] });
  });
});
