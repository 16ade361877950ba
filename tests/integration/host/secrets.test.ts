import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { verifyRequest } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gm, party } from "../../support/authority.ts";
import { traces } from "../../support/canaries.ts";
import {
  USCC,
  encodeFrame,
  issueCredential,
  issuePair,
  newId,
  openAuthority,
  registryOf,
  runHost,
  temporaryFolder,
} from "../../support/host.ts";
import { serveHost } from "../../support/served.ts";
import type { Served } from "../../support/served.ts";

/**
 * Nothing that a request carries stays behind: every verb is driven with values that are found again, well, wrongly, and into a
 * crash; then everything that the program left is read.
 */
const folder = temporaryFolder();
const home = join(folder.path, "home");
const papers = join(folder.path, "papers");
const word = () => `丙${randomBytes(9).toString("hex")}`;

const pins = { right: word(), wrong: word() };
const holder = word();
const fileName = `${word()}.pdf`;
const origin = `https://${randomBytes(9).toString("hex")}.test`;
const [nonce, digest, order] = [randomBytes(32), randomBytes(32), randomBytes(24)];
const facts = { kept: word(), refused: word() };
const verb = randomBytes(12).toString("hex");

/** Where each may be found: in the files that are made for it, and nowhere else. */
const secrets: readonly {
  readonly what: string;
  readonly secret: Uint8Array | string;
  readonly at?: readonly string[];
}[] = [
  { what: "the right PIN", secret: pins.right },
  { what: "a wrong PIN", secret: pins.wrong },
  { what: "a file's name", secret: fileName },
  { what: "a nonce", secret: nonce },
  { what: "a content's digest", secret: digest },
  { what: "bytes that are no JSON", secret: order },
  { what: "an unknown verb", secret: verb },
  { what: "a refused credential", secret: facts.refused },
  { what: "the holder", secret: holder, at: ["keys/", "credentials/"] },
  { what: "a kept credential", secret: facts.kept, at: ["credentials/"] },
  { what: "an origin", secret: origin, at: ["credentials/"] },
];

const platform = party("平台", null, { keyUsage: ["digitalSignature"] });
const authority = openAuthority();
const served: Served[] = [];
const argv: string[] = [];
const answers: string[] = [];
let keyId = "";

const command = (args: readonly string[], input = "") => runHost(["--home", home, ...args], { input });

async function obtain(): Promise<void> {
  const at = (file: string) => join(papers, file);
  await mkdir(papers);
  const create = ["keys", "create", "--name", holder, "--uscc", USCC, "--out", at("request.p10"), "--pin-stdin"];
  expect(await command(create, `${pins.right}\n`)).toMatchObject({ status: 0 });
  const request = verifyRequest(gm, new Uint8Array(await readFile(at("request.p10"))));
  const issued = issuePair(authority, request.publicKey, { name: holder });
  await writeFile(at("sign.cer"), issued.signing);
  await writeFile(at("enc.cer"), issued.encryption);
  await writeFile(at("enc.key"), issued.envelopedKey);
  await writeFile(at("ca.cer"), authority.certificate.der);
  const files = ["--signing", at("sign.cer"), "--encryption", at("enc.cer"), "--enveloped-key", at("enc.key")];
  const accept = ["keys", "accept", ...files, "--chain", at("ca.cer"), "--pin-stdin"];
  expect(await command(accept, `${pins.right}\n`)).toMatchObject({ status: 0 });
}

/** A run of the program as browsers start it; what stands in its command line and environment is kept. */
async function start(): Promise<Served> {
  const host = serveHost(home, [join(home, "certbridge-host")]);
  await host.met();
  served.push(host);
  for (const file of ["cmdline", "environ"]) argv.push(readFileSync(`/proc/${host.pid}/${file}`, "latin1"));
  return host;
}

const keyed = (host: Served, pin = pins.right, consentId = newId()) => ({
  consentId,
  keyId,
  sealedPin: host.seal(consentId, pin),
  origin,
});

/** Each verb once, with these PINs; gives the answers' codes, "ok" where there is none. */
async function driveAll(host: Served, pin: string): Promise<readonly string[]> {
  const params = {
    login: { ...keyed(host, pin), nonce: encodeBase64Url(nonce) },
    register: { ...keyed(host, pin), nonce: encodeBase64Url(nonce), credentialId: null },
    sign: {
      ...keyed(host, pin),
      format: "cms-detached",
      items: [{ name: fileName, digest: encodeBase64Url(digest) }],
    },
    keys: {},
    readCredential: { keyId, origin, credential: encodeBase64Url(credentialWith(facts.kept)) },
    saveCredential: { consentId: newId(), keyId, origin, credential: encodeBase64Url(credentialWith(facts.kept)) },
  };
  const codes = [];
  for (const [operation, held] of Object.entries(params)) {
    const answer = await host.answerTo(operation, held);
    answers.push(JSON.stringify(answer.ok ? null : answer));
    codes.push(answer.ok ? "ok" : answer.error.code);
  }
  return codes;
}

function credentialWith(fact: string, by = origin): Uint8Array {
  return issueCredential(platform, {
    issuer: { platformId: "somewhere", name: "平台", origin: by },
    subject: { name: holder, uscc: USCC },
    facts: { businessAddress: fact },
  });
}

async function refuse(host: Served, operation: string, params: object): Promise<string> {
  const answer = await host.answerTo(operation, params);
  answers.push(JSON.stringify(answer));
  return answer.ok ? "ok" : answer.error.code;
}

beforeAll(async () => {
  await obtain();
  const registry = join(folder.path, "registry.json");
  await writeFile(registry, JSON.stringify(registryOf(authority)));
  const profile = join(folder.path, "profile");
  const installed = await command(["install", "--browser-profile", profile, "--registry", registry]);
  expect(installed).toMatchObject({ status: 0 });
  const host = await start();
  const { keys } = (await host.ask("keys", {})) as { keys: readonly { keyId: string }[] };
  keyId = keys[0]?.keyId ?? "";
});
afterAll(async () => {
  await Promise.all(served.map((host) => host.kill("SIGKILL")));
  folder.remove();
});

test("every verb, done well", async () => {
  expect(await driveAll(await start(), pins.right)).toEqual(["ok", "ok", "ok", "ok", "ok", "ok"]);
});

test("every verb, done wrongly", async () => {
  const host = await start();
  const wrong = ["PIN_INCORRECT", "PIN_INCORRECT", "PIN_INCORRECT", "ok", "ok", "ok"];
  expect(await driveAll(host, pins.wrong)).toEqual(wrong);
  const login = { ...keyed(host), nonce: encodeBase64Url(nonce) };
  expect(await refuse(host, "login", { ...login, consentId: newId() })).toBe("INVALID_REQUEST");
  expect(await refuse(host, "login", { ...login, [fileName]: 1 })).toBe("INVALID_REQUEST");
  expect(await refuse(host, "login", { ...login, pin: pins.wrong })).toBe("INVALID_REQUEST");
  expect(await refuse(host, "login", { ...login, keyId: "A".repeat(43) })).toBe("KEY_NOT_FOUND");
  expect(await refuse(host, verb, login)).toBe("UNSUPPORTED_OPERATION");
  const refused = credentialWith(facts.refused, "https://elsewhere.test");
  const credential = { keyId, origin, credential: encodeBase64Url(refused) };
  expect(await refuse(host, "readCredential", credential)).toBe("CREDENTIAL_NOT_OF_THIS_PLATFORM");
  refused[refused.length - 1] = (refused.at(-1) ?? 0) ^ 1;
  const altered = { consentId: newId(), keyId, origin, credential: encodeBase64Url(refused) };
  expect(await refuse(host, "saveCredential", altered)).toBe("MALFORMED");
  const unproved = { v: 1, id: newId(), operation: "login", params: { ...login, pin: pins.right } };
  expect(await host.exchange(unproved)).toMatchObject({ error: { code: "NOT_PAIRED" } });
  host.send(encodeFrame(`{"pin":"${pins.right}", ${order.toString("base64")}`));
  host.send(encodeFrame({ v: 1, operation: fileName, params: { pin: pins.right } }));
  await host.ask("status", { extension: "0.1.0" });
  await host.end();
});

test("every verb, where the home breaks under it", async () => {
  const host = await start();
  const consents = join(home, "consents");
  await rename(consents, `${consents}.away`);
  await writeFile(consents, "no folder");
  try {
    // Wrong PINs came before: the wait is over with a right one only.
    await rm(join(home, "keys", readdirSync(join(home, "keys")).find((name) => name.endsWith(".tries")) ?? "none"), {
      force: true,
    });
    const codes = await driveAll(host, pins.right);
    expect(codes.filter((code) => code === "INTERNAL")).toHaveLength(4);
  } finally {
    await rm(consents);
    await rename(`${consents}.away`, consents);
  }
  await host.end();
});

test("crashes: killed at work, with the output gone, and by a stream that is no frames", async () => {
  for (const signal of ["SIGABRT", "SIGSEGV", "SIGKILL", "SIGTERM"] as const) {
    const host = await start();
    void host.answerTo("login", { ...keyed(host), nonce: encodeBase64Url(nonce) }).catch(() => undefined);
    await host.met();
    await host.kill(signal);
  }
  const host = await start();
  host.closeOutput();
  void host
    .answerTo("sign", {
      ...keyed(host),
      format: "cms-detached",
      items: [{ name: fileName, digest: encodeBase64Url(digest) }],
    })
    .catch(() => undefined);
  await host.end();
  const other = await start();
  other.send(Buffer.from(`${pins.right} ${order.toString("latin1")}`, "latin1"));
  expect(await other.end()).toBe(1);
});

interface Left {
  readonly name: string;
  readonly content: Buffer;
}

/** Every file below the home, every word on standard error, every argument and variable, and every refusal. */
function everythingLeft(): readonly Left[] {
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).flatMap((entry): Left[] => {
    const path = join(entry.parentPath, entry.name);
    const name = relative(home, path);
    return [
      { name: `${name} (its name)`, content: Buffer.from(entry.name) },
      ...(entry.isFile() ? [{ name, content: readFileSync(path) }] : []),
    ];
  });
  const said = served.map((host, at): Left => ({
    name: `stderr of run ${at}`,
    content: Buffer.from(host.output().stderr),
  }));
  return [
    ...files,
    ...said,
    { name: "arguments and environment", content: Buffer.from(argv.join("\n"), "latin1") },
    // An unknown verb is named in its refusal, and a wrong key by its place: both are the caller's own words.
    { name: "refusals", content: Buffer.from(answers.filter((text) => !/UNSUPPORTED|"path"/.test(text)).join("\n")) },
  ];
}

test("then nothing of it is found but where it belongs", () => {
  const left = everythingLeft();
  expect(left.some(({ name }) => name === "host.log")).toBe(true);
  for (const { what, secret, at = [] } of secrets) {
    const found = left.flatMap(({ name, content }) => {
      if (at.some((place) => name.startsWith(place))) return [];
      return traces(content, secret).map((form) => `${what} in ${name} as ${form}`);
    });
    expect(found).toEqual([]);
  }
});

test("and what belongs somewhere is there: the scan finds what it looks for, in every form", () => {
  const left = everythingLeft();
  for (const { secret, at = [] } of secrets.filter((each) => each.at !== undefined)) {
    const within = left.filter(({ name }) => at.some((place) => name.startsWith(place)));
    expect(within.some(({ content }) => traces(content, secret).length > 0)).toBe(true);
  }
  const text = pins.right;
  const planted = [
    Buffer.from(text, "utf8"),
    Buffer.from(text, "utf16le"),
    Buffer.from(text, "utf16le").swap16(),
    Buffer.from(Buffer.from(text).toString("hex")),
    Buffer.from(Buffer.from(`{"pin":"${text}"}`).toString("base64")),
    Buffer.from(Buffer.from(`x${text}`).toString("base64url")),
    Buffer.from(encodeURIComponent(text)),
  ];
  for (const content of planted) expect(traces(content, text).length).toBeGreaterThan(0);
});
