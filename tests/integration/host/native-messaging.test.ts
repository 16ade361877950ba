import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isUscc, parseCertificate, verifyRequest, verifySignedData } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { GM_DATA } from "@certbridge/protocol/content-types";
import { HOST_PROTOCOL, hostVerbs } from "@certbridge/protocol/host";
import type { HostResult, HostVerb } from "@certbridge/protocol/host";
import {
  LOGIN_LABEL,
  REGISTRATION_LABEL,
  encodeLoginStatement,
  encodeRegistrationStatement,
} from "@certbridge/protocol/statement";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DAY, gm, party } from "../../support/authority.ts";
import {
  PIN,
  PLATFORM_ORIGIN,
  USCC,
  conform,
  encodeFrame,
  issueCredential,
  issuePair,
  newId,
  openAuthority,
  readFrames,
  registryOf,
  runHost,
  temporaryFolder,
  usccOf,
} from "../../support/host.ts";
import type { Schema } from "../../support/host.ts";
import { serveHost } from "../../support/served.ts";
import type { Served } from "../../support/served.ts";

const folder = temporaryFolder();
const home = join(folder.path, "home");
const authority = openAuthority();
const platform = party("江南公共资源交易平台", null, { keyUsage: ["digitalSignature"] });
const nonce = encodeBase64Url(new Uint8Array(32).fill(7));
const utf8 = (text: string) => new TextEncoder().encode(text);

let host: Served;
let keyId = "";

/** A verb's result, by the grammar. */
async function ask<N extends HostVerb>(verb: N, params: unknown): Promise<HostResult<N>> {
  const { result }: { result: Schema<HostResult<N>> } = hostVerbs[verb] as never;
  return conform(result, await host.ask(verb, params));
}

/** A bidder's way to a software certificate, by the command line, with the CA at the other end. */
async function obtain(name: string, options: { readonly lifeMs?: number } = {}): Promise<void> {
  const at = (file: string) => join(folder.path, `${name} ${file}`);
  const create = ["keys", "create", "--name", name, "--uscc", USCC, "--out", at("request.p10"), "--pin-stdin"];
  const created = await runHost(["--home", home, ...create], { input: `${PIN}\n` });
  expect(created.stderr).toBe("");
  const request = verifyRequest(gm, new Uint8Array(await readFile(at("request.p10"))));
  expect(request.subject.commonName).toBe(name);
  const issued = issuePair(authority, request.publicKey, { name, ...options });
  await writeFile(at("signing.cer"), issued.signing);
  await writeFile(at("encryption.cer"), issued.encryption);
  await writeFile(at("key.der"), issued.envelopedKey);
  await writeFile(at("ca.cer"), authority.certificate.der);
  const files = [
    "--signing",
    at("signing.cer"),
    "--encryption",
    at("encryption.cer"),
    "--enveloped-key",
    at("key.der"),
  ];
  const accept = ["keys", "accept", ...files, "--chain", at("ca.cer"), "--pin-stdin"];
  const accepted = await runHost(["--home", home, ...accept], { input: `${PIN}\n` });
  expect(accepted).toMatchObject({ status: 0, stderr: "" });
}

beforeAll(async () => {
  const registry = join(folder.path, "registry.json");
  await writeFile(registry, JSON.stringify(registryOf(authority)));
  const profile = join(folder.path, "profile");
  const installed = await runHost(["--home", home, "install", "--browser-profile", profile, "--registry", registry]);
  expect(installed).toMatchObject({ status: 0, stderr: "" });
  await obtain("江南建设有限公司");
  await obtain("过期建设", { lifeMs: DAY / 2 });
  host = serveHost(home);
  const { keys } = await ask("keys", {});
  keyId = keys.find(({ holder }) => holder.name === "江南建设有限公司")?.keyId ?? "";
});

afterAll(async () => {
  await host.end();
  folder.remove();
});

function consented(pin = PIN) {
  const consentId = newId();
  return { consentId, keyId, sealedPin: host.seal(consentId, pin), origin: PLATFORM_ORIGIN };
}

describe("the companion program over native messaging", () => {
  test("status says what it is and can", async () => {
    expect(await ask("status", { extension: "0.1.0" })).toMatchObject({
      protocol: HOST_PROTOCOL,
      carriers: ["software", "usb-key"],
      operations: Object.keys(hostVerbs),
    });
  });

  test("keys lists the pairs with holder, CA's name from the registry, code by its rule, and state", async () => {
    const { keys } = await ask("keys", {});
    expect(isUscc(USCC)).toBe(true);
    expect(keys.find((key) => key.keyId === keyId)).toMatchObject({
      carrier: "software",
      holder: { name: "江南建设有限公司", uscc: USCC },
      authority: "测试数科CA",
      serialTail: expect.stringMatching(/^[0-9A-F]{4}$/) as string,
      state: "usable",
      pin: { triesLeft: 3, retryAt: null },
      credentials: [],
    });
    expect(keys.find(({ holder }) => holder.name === "过期建设")).toMatchObject({ state: "expired" });
  });

  test("login signs the statement of this origin, this nonce and this certificate under its own label", async () => {
    const { token } = await ask("login", { ...consented(), nonce });
    const certificate = decodeBase64Url(token.certificate);
    const statement = encodeLoginStatement({
      origin: gm.sm3(utf8(PLATFORM_ORIGIN)),
      nonce: gm.sm3(decodeBase64Url(nonce)),
      certificate: gm.sm3(certificate),
    });
    const signature = decodeBase64Url(token.signature);
    const { publicKey } = parseCertificate(certificate);
    expect(gm.sm2Verify(publicKey, statement, signature, { id: LOGIN_LABEL })).toBe(true);
    expect(gm.sm2Verify(publicKey, statement, signature)).toBe(false);
    expect(gm.sm2Verify(publicKey, statement, signature, { id: REGISTRATION_LABEL })).toBe(false);
    expect(token.format).toBe("shared-certificate-login:1");
  });

  test("a consent is used once", async () => {
    const consent = consented();
    await ask("login", { ...consent, nonce });
    const again = { ok: false, error: { code: "INVALID_REQUEST", details: { path: "consentId" } } };
    expect(await host.answerTo("login", { ...consent, nonce })).toMatchObject(again);
    expect(await host.answerTo("register", { ...consent, nonce, credentialId: null })).toMatchObject(again);
  });

  test("a wrong PIN is said with the tries left, and leaves the consent for the next try", async () => {
    const consent = consented();
    expect(
      await host.answerTo("login", { ...consent, sealedPin: host.seal(consent.consentId, "wrong-pin"), nonce }),
    ).toMatchObject({
      ok: false,
      error: { code: "PIN_INCORRECT", details: { triesLeft: 2, retryAt: null }, retriable: true },
    });
    await ask("login", { ...consent, nonce });
    expect((await ask("keys", {})).keys.find((key) => key.keyId === keyId)).toMatchObject({ pin: { triesLeft: 3 } });
  });

  test("a certificate that has expired does not sign, and its PIN is not asked", async () => {
    const { keys } = await ask("keys", {});
    const expired = keys.find(({ state }) => state === "expired")?.keyId;
    expect(await host.answerTo("login", { ...consented("wrong-pin"), keyId: expired, nonce })).toMatchObject({
      error: { code: "CERTIFICATE_UNUSABLE", details: { reason: "expired" } },
    });
  });

  test("a key that is not there is KEY_NOT_FOUND", async () => {
    expect(await host.answerTo("login", { ...consented(), keyId: "A".repeat(43), nonce })).toMatchObject({
      error: { code: "KEY_NOT_FOUND" },
    });
  });

  test("sign makes one GM/T 0010 signature per item, over attributes of its own", async () => {
    const contents = ["投标函", "报价表"].map(utf8);
    const items = contents.map((content, i) => ({ name: `${i}.pdf`, digest: encodeBase64Url(gm.sm3(content)) }));
    const { results } = await ask("sign", { ...consented(), format: "cms-detached", items });
    expect(results).toHaveLength(2);
    for (const [i, result] of results.entries()) {
      if (!("cms" in result)) throw new Error("no signature");
      const content = contents[i] ?? utf8("");
      const proved = verifySignedData(gm, decodeBase64Url(result.cms), { contentType: GM_DATA, content });
      expect(proved.signer.subject.commonName).toBe("江南建设有限公司");
      expect(proved.content).toBeNull();
    }
  });

  test("a hundred items fit into one answer; one more is refused", async () => {
    const digest = encodeBase64Url(gm.sm3(utf8("x")));
    const items = Array.from({ length: 100 }, (_, i) => ({ name: "名".repeat(80) + i, digest }));
    const { results } = await ask("sign", { ...consented(), format: "cms-attached", items });
    expect(results.filter((result) => "cms" in result)).toHaveLength(100);
    const more = [...items, { name: "x", digest }];
    expect(await host.answerTo("sign", { ...consented(), format: "cms-attached", items: more })).toMatchObject({
      error: { code: "INVALID_REQUEST" },
    });
  });
});

describe("registration credentials", () => {
  const save = (credential: Uint8Array, origin = PLATFORM_ORIGIN) =>
    host.answerTo("saveCredential", { consentId: newId(), keyId, origin, credential: encodeBase64Url(credential) });

  test("none: the proof covers nothing in its place", async () => {
    const { credential, proof } = await ask("register", { ...consented(), nonce, credentialId: null });
    expect(credential).toBeNull();
    const certificate = decodeBase64Url(proof.certificate);
    const statement = encodeRegistrationStatement({
      origin: gm.sm3(utf8(PLATFORM_ORIGIN)),
      nonce: gm.sm3(decodeBase64Url(nonce)),
      certificate: gm.sm3(certificate),
      credential: gm.sm3(utf8("")),
    });
    const { publicKey } = parseCertificate(certificate);
    expect(gm.sm2Verify(publicKey, statement, decodeBase64Url(proof.signature), { id: REGISTRATION_LABEL })).toBe(true);
  });

  test("is read without being kept, then kept, then shown elsewhere with a proof over it", async () => {
    const credential = issueCredential(platform);
    const read = { keyId, origin: PLATFORM_ORIGIN, credential: encodeBase64Url(credential) };
    expect(await ask("readCredential", read)).toMatchObject({
      subject: { uscc: USCC },
      issuer: { platformId: "demo-a" },
    });
    expect(await readdir(join(home, "credentials"))).toEqual([]);
    expect(await save(credential)).toMatchObject({ ok: true });
    const { keys } = await ask("keys", {});
    const credentialId = keys.find((key) => key.keyId === keyId)?.credentials[0]?.credentialId ?? null;
    expect(credentialId).toBe("credential-0001");

    const origin = "https://bid-b.demo.test";
    const answer = await ask("register", { ...consented(), origin, nonce, credentialId });
    expect(answer.credential).toBe(encodeBase64Url(credential));
    const statement = encodeRegistrationStatement({
      origin: gm.sm3(utf8(origin)),
      nonce: gm.sm3(decodeBase64Url(nonce)),
      certificate: gm.sm3(decodeBase64Url(answer.proof.certificate)),
      credential: gm.sm3(credential),
    });
    const { publicKey } = parseCertificate(decodeBase64Url(answer.proof.certificate));
    const signature = decodeBase64Url(answer.proof.signature);
    expect(gm.sm2Verify(publicKey, statement, signature, { id: REGISTRATION_LABEL })).toBe(true);
  });

  test("one per issuer and bidder: the newest", async () => {
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    await save(issueCredential(platform, { credentialId: "credential-new1", issuedAt: at(0) }));
    await save(issueCredential(platform, { credentialId: "credential-old1", issuedAt: at(-DAY) }));
    const { keys } = await ask("keys", {});
    const kept = keys.find((key) => key.keyId === keyId)?.credentials;
    expect(kept?.map(({ credentialId }) => credentialId)).toEqual(["credential-new1"]);
  });

  test.each([
    [
      "another platform's",
      () => issueCredential(platform),
      "CREDENTIAL_NOT_OF_THIS_PLATFORM",
      "https://bid-b.demo.test",
    ],
    [
      "another bidder's",
      () => issueCredential(platform, { subject: { name: "别人", uscc: usccOf("91320000MA1HTHER0") } }),
      "CREDENTIAL_NOT_OF_THIS_BIDDER",
      PLATFORM_ORIGIN,
    ],
    ["an altered one", () => alterLast(issueCredential(platform)), "MALFORMED", PLATFORM_ORIGIN],
    ["one of another content type", () => issueCredential(platform, {}, GM_DATA), "MALFORMED", PLATFORM_ORIGIN],
    ["one with a key too many", () => issueCredential(platform, { more: 1 }), "MALFORMED", PLATFORM_ORIGIN],
    [
      "an expired one",
      () => issueCredential(platform, { issuedAt: "2020-01-01T00:00:00Z", expiresAt: "2020-06-01T00:00:00Z" }),
      "MALFORMED",
      PLATFORM_ORIGIN,
    ],
  ])("%s is refused", async (_what, make, code, origin) => {
    expect(await save(make(), origin)).toMatchObject({ ok: false, error: { code } });
  });
});

function alterLast(der: Uint8Array): Uint8Array {
  const altered = new Uint8Array(der);
  const at = altered.length - 1;
  altered[at] = (altered[at] ?? 0) ^ 1;
  return altered;
}

describe("what no browser sends", () => {
  test("an unknown verb, bytes that are no JSON, and then a good request: two answers", async () => {
    const served = serveHost(home);
    served.send(encodeFrame("not json {"));
    served.send(encodeFrame(Buffer.from([0xff, 0xfe]).toString("latin1")));
    await served.ask("status", { extension: "1" });
    const unknown = { v: 1, id: newId(), operation: "signDigest", params: {} };
    expect(await served.exchange(unknown)).toMatchObject({ error: { code: "NOT_PAIRED" } });
    expect(readFrames(served.output().stdout)).toHaveLength(2);
    expect(await served.answerTo("signDigest", {})).toMatchObject({ error: { code: "UNSUPPORTED_OPERATION" } });
    expect(await served.end()).toBe(0);
  });

  test("a stream that is no frames ends the program, and nothing is written", async () => {
    const served = serveHost(home);
    served.send(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    expect(await served.end()).toBe(1);
    expect(served.output().stdout).toHaveLength(0);
  });

  test("what was begun when the input ends is answered before the program goes", async () => {
    const served = serveHost(home);
    const answer = served.exchange(await served.message("login", { ...consented(), nonce }));
    const status = await served.end();
    expect(status).toBe(0);
    expect(await answer).toHaveProperty("result.token");
  });

  test("an extension that is not ours is turned away", async () => {
    const turned = await runHost(["--home", home, "chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"]);
    expect(turned).toMatchObject({ status: 1 });
    expect(turned.stdout).toHaveLength(0);
  });

  test("the PIN stands in no file of the home", async () => {
    const files = await readdir(home, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      expect(await readFile(join(file.parentPath, file.name), "utf8")).not.toContain(PIN);
    }
  });
});
