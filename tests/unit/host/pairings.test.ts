import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { afterAll, describe, expect, test } from "vitest";
import { createAdmission } from "../../../apps/host/src/admission.ts";
import type { Asked } from "../../../apps/host/src/admission.ts";
import type { ManifestKind } from "../../../apps/host/src/install/browsers.ts";
import { PLACE_LIFE_MS, clientOf, openPairings } from "../../../apps/host/src/pairings.ts";
import { gm } from "../../support/authority.ts";
import { openClient, prove } from "../../support/client.ts";
import { newId, temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

let files = 0;
const START = Date.parse("2026-11-23T01:31:07Z");

function open() {
  const path = join(folder.path, `pairings-${++files}.json`);
  const time = { now: START };
  const pairings = openPairings(path, () => time.now);
  const ask = (key: number, kind: ManifestKind = "chromium") =>
    pairings.admit(clientOf(gm, kind, encodeBase64Url(new Uint8Array(65).fill(key))), "0A3F");
  return { path, time, pairings, ask };
}

const CHROMIUM = { kind: "chromium", label: "chromium" } as const;
const EDGE = { kind: "chromium", label: "edge" } as const;
const FIREFOX = { kind: "firefox", label: "firefox" } as const;

describe("a place that install opened", () => {
  test("is taken by the first of its kind, and by nobody else", async () => {
    const { pairings, ask } = open();
    expect(await ask(1)).toBe(false);
    await pairings.open([CHROMIUM]);
    expect(await ask(1, "firefox")).toBe(false);
    expect(await ask(1)).toBe(true);
    expect(await ask(1)).toBe(true);
    expect(await ask(2)).toBe(false);
    const { paired, open: left } = await pairings.list();
    expect(paired).toMatchObject([{ kind: "chromium", label: "chromium", identity: "0A3F" }]);
    expect(left).toEqual([]);
  });

  test("is one for each browser; run again, one more", async () => {
    const { pairings, ask } = open();
    await pairings.open([CHROMIUM, EDGE, FIREFOX]);
    expect([await ask(1), await ask(2), await ask(3), await ask(4, "firefox")]).toEqual([true, true, false, true]);
    await pairings.open([CHROMIUM]);
    expect([await ask(3), await ask(5)]).toEqual([true, false]);
    expect((await pairings.list()).paired.map(({ label }) => label)).toEqual([
      "chromium",
      "edge",
      "firefox",
      "chromium",
    ]);
  });

  test("closes by itself, and what is paired stays", async () => {
    const { pairings, ask, time } = open();
    await pairings.open([CHROMIUM, EDGE]);
    expect(await ask(1)).toBe(true);
    time.now += PLACE_LIFE_MS - 1;
    expect((await pairings.list()).open).toHaveLength(1);
    time.now += 1;
    expect((await pairings.list()).open).toEqual([]);
    expect([await ask(2), await ask(1)]).toEqual([false, true]);
  });

  test("that a wrong clock opened in the future is closed, until that time has come", async () => {
    const { pairings, ask, time } = open();
    time.now += 365 * 24 * 3600_000;
    await pairings.open([CHROMIUM]);
    time.now = START;
    expect((await pairings.list()).open).toEqual([]);
    expect(await ask(1)).toBe(false);
  });

  test("is taken once, however many programs ask for it at the same time", async () => {
    const { path, pairings } = open();
    await openPairings(path, Date.now).open([CHROMIUM, CHROMIUM]);
    const taker = resolve(import.meta.dirname, "../../support/place-taker.ts");
    const run = promisify(execFile);
    const said = await Promise.all(
      [1, 2, 3, 4].map((key) => run(process.execPath, ["--no-warnings", taker, path, String(key)])),
    );
    expect(said.map(({ stdout }) => stdout).sort()).toEqual(["false", "false", "true", "true"]);
    expect((await pairings.list()).paired).toHaveLength(2);
  });
});

describe("pairings", () => {
  test("are removed by their id, and all at once", async () => {
    const { pairings, ask } = open();
    await pairings.open([CHROMIUM, EDGE, FIREFOX]);
    await ask(1);
    await ask(2);
    const [first, second] = (await pairings.list()).paired;
    expect(await pairings.remove(first?.id ?? "")).toBe(true);
    expect(await pairings.remove(first?.id ?? "")).toBe(false);
    expect(await pairings.knows(second?.publicKey ?? "")).toBe(true);
    expect(await ask(1)).toBe(false);
    await pairings.clear();
    expect(await pairings.list()).toEqual({ paired: [], open: [], damaged: false });
  });

  test("are their owner's file, and nobody's where it is damaged, until install repairs it", async () => {
    const { path, pairings, ask } = open();
    await pairings.open([CHROMIUM, CHROMIUM]);
    await ask(1);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const whole = await readFile(path, "utf8");
    for (const text of ["", "{", "[]", whole.replace("pairings:1", "pairings:2"), whole.replace(/"id"/, '"ids"')]) {
      await writeFile(path, text);
      expect(await pairings.list()).toEqual({ paired: [], open: [], damaged: true });
      expect(await ask(1)).toBe(false);
    }
    await pairings.open([CHROMIUM]);
    expect(await ask(2)).toBe(true);
  });
});

describe("a request", () => {
  const host = { publicKey: "host", session: "session" };
  const met = { ...host, paired: true };
  const asked = () => ({ id: newId(), operation: "login", params: { origin: "https://a.test", keyId: "k" } });

  async function openAdmission() {
    const { pairings } = open();
    const client = await openClient();
    await pairings.open([CHROMIUM]);
    await pairings.admit(clientOf(gm, "chromium", client.publicKey), "0A3F");
    return { client, pairings, admit: createAdmission(host, pairings) };
  }

  const codeOf = (admit: (request: Asked) => Promise<void>, request: Asked) =>
    admit(request).then(
      () => "in",
      (error: { code: string }) => error.code,
    );

  test("with the proof of a paired key is let in, once", async () => {
    const { admit, client } = await openAdmission();
    const request = asked();
    const proof = await prove(client, met, request);
    const turned = { ...request, params: { keyId: "k", origin: "https://a.test" } };
    expect(await codeOf(admit, { ...turned, proof })).toBe("in");
    expect(await codeOf(admit, { ...request, proof })).toBe("INVALID_REQUEST");
  });

  test.each([
    ["another program", { publicKey: "other" }, {}],
    ["an earlier run of it", { session: "earlier" }, {}],
    ["another request", {}, { id: newId() }],
    ["another verb", {}, { operation: "sign" }],
    ["other params", {}, { params: { origin: "https://b.test", keyId: "k" } }],
  ])("with a proof for %s is not", async (_what, at, change) => {
    const { admit, client } = await openAdmission();
    const request = asked();
    const proof = await prove(client, { ...met, ...at }, { ...request, ...change });
    expect(await codeOf(admit, { ...request, proof })).toBe("NOT_PAIRED");
  });

  test("without a proof, by a key that is not paired, or by none at all, is not", async () => {
    const { admit, client, pairings } = await openAdmission();
    const stranger = await openClient();
    const request = asked();
    expect(await codeOf(admit, request)).toBe("NOT_PAIRED");
    const foreign = await prove(stranger, met, request);
    expect(await codeOf(admit, { ...request, proof: foreign })).toBe("NOT_PAIRED");
    expect(await codeOf(admit, { ...request, proof: { ...foreign, client: client.publicKey } })).toBe("NOT_PAIRED");
    const noPoint = encodeBase64Url(new Uint8Array(65).fill(4));
    await pairings.open([CHROMIUM]);
    await pairings.admit(clientOf(gm, "chromium", noPoint), "0A3F");
    expect(await codeOf(admit, { ...request, proof: { ...foreign, client: noPoint } })).toBe("NOT_PAIRED");
  });

  test("is not let in any more once its pairing is removed", async () => {
    const { admit, client, pairings } = await openAdmission();
    const [first, second] = [asked(), asked()];
    expect(await codeOf(admit, { ...first, proof: await prove(client, met, first) })).toBe("in");
    await pairings.clear();
    expect(await codeOf(admit, { ...second, proof: await prove(client, met, second) })).toBe("NOT_PAIRED");
  });
});
