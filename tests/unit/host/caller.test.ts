import { CHROMIUM_EXTENSION_ID, FIREFOX_EXTENSION_ID } from "@certbridge/protocol/ids";
import { describe, expect, test } from "vitest";
import { readCall } from "../../../apps/host/src/caller.ts";

const manifest = "/home/张三/.mozilla/native-messaging-hosts/org.certbridge.host.json";

describe("who started the program", () => {
  test.each([
    [["--home", "/h", `chrome-extension://${CHROMIUM_EXTENSION_ID}/`], "extension"],
    [[`chrome-extension://${CHROMIUM_EXTENSION_ID}/`, "--parent-window=0"], "extension"],
    [["--home", "/h", manifest, FIREFOX_EXTENSION_ID], "extension"],
    [["chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"], "stranger"],
    [[`chrome-extension://${CHROMIUM_EXTENSION_ID}.evil/`], "stranger"],
    [[manifest, "other@example.org"], "stranger"],
    [["keys", "list"], "person"],
    [[], "person"],
  ])("%j is %s", (argv, kind) => {
    expect(readCall(argv).caller.kind).toBe(kind);
  });

  test("the home that the launcher recorded, or the one that a person names after it", () => {
    expect(readCall(["--home", "/a", "keys", "list"])).toMatchObject({ home: "/a", args: ["keys", "list"] });
    expect(readCall(["--home", "/a", "install", "--home", "/b"])).toMatchObject({ home: "/b", args: ["install"] });
    expect(readCall(["doctor"]).home).toBeNull();
  });
});
