import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FIREFOX_EXTENSION_ID, HOST_NAME } from "@certbridge/protocol/ids";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openClient } from "../../support/client.ts";
import { newId, runHost, temporaryFolder } from "../../support/host.ts";
import { CALLER, openPlace, serveHost } from "../../support/served.ts";
import type { Served } from "../../support/served.ts";

/**
 * The program against its neighbours: other programs of the same user that start it, with a browser's words or nearly so, and what
 * they get. Real processes, a home of its own.
 */
const folder = temporaryFolder();
const home = join(folder.path, "home");
const person = join(folder.path, "person");
const profile = join(folder.path, "profile");
const firefoxManifest = join(person, ".mozilla", "native-messaging-hosts", `${HOST_NAME}.json`);
afterAll(folder.remove);

const host = async (...args: string[]) => {
  const { status, stdout, stderr } = await runHost(["--home", home, ...args], { env: { HOME: person } });
  return { status, stdout: stdout.toString("utf8"), stderr };
};

interface Pairings {
  readonly paired: readonly { readonly id: string; readonly kind: string; readonly label: string }[];
  readonly open: readonly { readonly kind: string; readonly label: string; readonly closesAt: string }[];
}

const pairings = async () => JSON.parse((await host("pairings", "list", "--json")).stdout) as Pairings;

beforeAll(async () => {
  expect(await host("install", "--browser", "firefox", "--browser-profile", profile)).toMatchObject({ status: 0 });
});

/** As that program calls, and what it is answered: nothing where it is turned away. */
async function callAs(args: readonly string[]): Promise<"served" | "turned away"> {
  const request = { v: 1, id: newId(), operation: "status", params: { extension: "0.1.0" } };
  const body = Buffer.from(JSON.stringify(request));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  const ended = await runHost(args, { input: Buffer.concat([head, body]) });
  if (ended.status === 0 && ended.stdout.length > 0) return "served";
  expect(ended.status).toBe(1);
  expect(ended.stdout).toHaveLength(0);
  expect(ended.stderr).toContain("may not start");
  return "turned away";
}

describe("a caller", () => {
  const launched = ["--home", home];
  test.each<[readonly string[], "served" | "turned away"]>([
    [[CALLER], "served"],
    [[firefoxManifest, FIREFOX_EXTENSION_ID], "served"],
    [[CALLER.slice(0, -1)], "turned away"],
    [["chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"], "turned away"],
    [[CALLER, "--home", folder.path], "turned away"],
    [["--home", folder.path, CALLER], "turned away"],
    [[firefoxManifest, "other@example.org"], "turned away"],
    [[firefoxManifest], "turned away"],
    [[`/tmp/${HOST_NAME}.json`, FIREFOX_EXTENSION_ID], "turned away"],
    [[firefoxManifest, FIREFOX_EXTENSION_ID, "--home", folder.path], "turned away"],
  ])("%j is %s", async (args, outcome) => {
    expect(await callAs([...launched, ...args])).toBe(outcome);
  });
});

describe("a program that says a browser's words", () => {
  let served: Served;
  beforeAll(async () => {
    // The places that install opened are taken by extensions first.
    for (const caller of [[CALLER], [firefoxManifest, FIREFOX_EXTENSION_ID]]) {
      const extension = serveHost(home, undefined, { client: await openClient(), caller });
      expect((await extension.met()).paired).toBe(true);
      await extension.end();
    }
    served = serveHost(home, undefined, { client: await openClient() });
  });
  afterAll(() => served.end());

  test("learns what the program is, and that it is not paired", async () => {
    expect(await served.ask("status", { extension: "0.1.0" })).toMatchObject({ paired: false, identity: null });
    expect((await served.met()).paired).toBe(false);
  });

  const consent = { consentId: newId(), keyId: "A".repeat(43), sealedPin: "A".repeat(443), origin: "https://a.test" };
  test.each<[string, object]>([
    ["keys", {}],
    ["login", { ...consent, nonce: "A".repeat(43) }],
    ["register", { ...consent, nonce: "A".repeat(43), credentialId: null }],
    ["sign", { ...consent, format: "cms-detached", items: [{ name: "a", digest: "A".repeat(43) }] }],
    ["readCredential", { keyId: consent.keyId, origin: consent.origin, credential: "AAAA" }],
    ["saveCredential", { consentId: newId(), keyId: consent.keyId, origin: consent.origin, credential: "AAAA" }],
    ["nothing that there is", {}],
  ])("gets NOT_PAIRED for %s, with a proof by its own key and without", async (operation, params) => {
    const refused = { ok: false, error: { code: "NOT_PAIRED", details: null, retriable: false } };
    expect(await served.answerTo(operation, params)).toMatchObject(refused);
    expect(await served.exchange({ v: 1, id: newId(), operation, params })).toMatchObject(refused);
  });

  test("cannot say again what it heard an extension say", async () => {
    await openPlace(home);
    const extension = serveHost(home, undefined, { client: await openClient() });
    const heard = await extension.message("keys", {});
    expect(await extension.exchange(heard)).toMatchObject({ ok: true });
    expect(await extension.exchange(heard)).toMatchObject({ error: { code: "INVALID_REQUEST" } });
    expect(await served.exchange(heard)).toMatchObject({ error: { code: "NOT_PAIRED" } });
    await extension.end();
  });
});

describe("the person", () => {
  test("sees who is paired and for whom a place is open, with doctor and with pairings", async () => {
    await host("install", "--browser", "firefox");
    const { paired, open } = await pairings();
    expect(paired.map(({ kind, label }) => [kind, label])).toEqual([
      ["chromium", profile],
      ["firefox", "firefox"],
      ["chromium", "test"],
    ]);
    expect(open).toMatchObject([{ kind: "firefox", label: "firefox" }]);
    const doctor = JSON.parse((await host("doctor", "--json")).stdout) as {
      fingerprint: string;
      pairings: Pairings;
      findings: { about: string }[];
    };
    expect(doctor.pairings).toEqual(await pairings());
    expect(doctor.fingerprint).toMatch(/^([0-9A-F]{4}-){4}[0-9A-F]{4}$/);
    const abouts = doctor.findings.map(({ about }) => about);
    expect(abouts).toContain(`pairing:${paired[0]?.id ?? ""}`);
    expect(abouts).toContain("place:firefox");
    expect((await host("pairings")).stdout).toContain(paired[0]?.id);
  });

  test("opens one place more by each run of install, for the browser of that run", async () => {
    const join = async () => {
      const extension = serveHost(home, undefined, { client: await openClient() });
      const { paired } = await extension.met();
      await extension.end();
      return paired;
    };
    expect(await join()).toBe(false);
    await host("install", "--browser-profile", profile);
    expect([await join(), await join()]).toEqual([true, false]);
  });

  test("removes one, which is refused from then on, in the middle of its run", async () => {
    await openPlace(home);
    const extension = serveHost(home, undefined, { client: await openClient() });
    await extension.ask("keys", {});
    const last = (await pairings()).paired.at(-1)?.id ?? "";
    expect(await host("pairings", "remove", last)).toMatchObject({ status: 0 });
    expect(await extension.answerTo("keys", {})).toMatchObject({ error: { code: "NOT_PAIRED" } });
    await extension.end();
    expect(await host("pairings", "remove", last)).toMatchObject({ status: 1 });
    expect(await host("pairings", "remove")).toMatchObject({ status: 1 });
    expect(await host("pairings", "remove", "--all")).toMatchObject({ status: 0 });
    expect(await pairings()).toEqual({ paired: [], open: [] });
  });
});

test("a program whose identity is damaged serves nobody until install repairs it", async () => {
  const identity = join(home, "identity.json");
  const before = readFileSync(identity, "utf8");
  await writeFile(identity, before.slice(0, 40));
  const served = serveHost(home, undefined, { client: await openClient() });
  await expect(served.met()).rejects.toThrow("ended with 1");
  expect(await readFile(join(home, "host.log"), "utf8")).toContain('"event":"ended"');
  await host("install", "--browser-profile", profile);
  const again = serveHost(home, undefined, { client: await openClient() });
  expect((await again.met()).paired).toBe(true);
  await again.end();
});
