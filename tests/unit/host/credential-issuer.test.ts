import { join } from "node:path";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { Registry } from "@certbridge/trust";
import { afterAll, describe, expect, test } from "vitest";
import type { KeyStore } from "../../../apps/host/src/key-store.ts";
import { createHandlers } from "../../../apps/host/src/verbs/index.ts";
import { openRooms, openRun } from "../../support/host-rooms.ts";
import { gm, party } from "../../support/authority.ts";
import { issueCredential, issuePair, newId, openAuthority, registryOf, temporaryFolder } from "../../support/host.ts";

/** A credential says of its issuer whatever the issuer signed; what of it is believed, the registry decides. */
const folder = temporaryFolder();
afterAll(folder.remove);

const LISTED = "https://ggzy.listed.test";
const WAITING = "https://ggzy.waiting.test";
const ADDED = "https://ggzy.added-by-a-person.test";

const authority = openAuthority();
const selfMade = party("江南公共资源交易平台", null, { keyUsage: ["digitalSignature"] });
const signing = issuePair(authority, gm.sm2KeyPair().publicKey).signing;
const keyId = encodeBase64Url(gm.sm3(signing));

const platforms: Registry["platforms"] = [
  { id: "jiangnan", name: "江南公共资源交易平台", origins: [LISTED], enabled: true },
  { id: "weak", name: "证据不足的平台", origins: [WAITING], enabled: false },
];

const pair = {
  keyId,
  signingCertificate: signing,
  encryptionCertificate: null,
  earlierEncryption: [],
  chain: [authority.certificate.der],
};

/** One certificate that lies open: these verbs use no key. */
const store: KeyStore = {
  carrier: "software",
  list: () => Promise.resolve([{ ...pair, pin: { triesLeft: 3, retryAt: null } }]),
  find: (asked) =>
    Promise.resolve(
      asked === keyId ? { ...pair, open: () => Promise.reject(new Error("these verbs use no key")) } : null,
    ),
};

let hosts = 0;

async function openHandlers() {
  const registry = { ...registryOf(authority), platforms };
  const home = join(folder.path, `home-${++hosts}`);
  const host = await openRooms({ folder: home, clock: Date.now, stores: [store], registry });
  return createHandlers(host, openRun(host));
}

async function save(issuer: { readonly platformId: string; readonly name: string; readonly origin: string }) {
  const handlers = await openHandlers();
  const credential = encodeBase64Url(issueCredential(selfMade, { issuer }));
  const asked = { keyId, origin: issuer.origin, credential };
  const read = await handlers.readCredential(asked);
  expect(await handlers.saveCredential({ ...asked, consentId: newId() })).toEqual(read);
  const [key] = (await handlers.keys({})).keys;
  expect(key?.credentials).toEqual([read]);
  return read.issuer;
}

describe("an issuer that the registry knows", () => {
  test("is shown under the registry's name, whatever it calls itself", async () => {
    const shown = await save({ platformId: "jiangnan", name: "国家公共资源交易中心", origin: LISTED });
    expect(shown).toEqual({ platformId: "jiangnan", name: "江南公共资源交易平台", origin: LISTED, listed: true });
  });

  test.each([
    ["of a platform elsewhere in the registry", "weak"],
    ["of its own invention", "jiangnan-2"],
  ])("is refused under an id %s", async (_whose, platformId) => {
    const saved = save({ platformId, name: "江南公共资源交易平台", origin: LISTED });
    await expect(saved).rejects.toMatchObject({ code: "CREDENTIAL_NOT_OF_THIS_PLATFORM" });
  });
});

describe("an issuer that the registry does not know", () => {
  test("keeps its own name, marked as such, with its origin beside it", async () => {
    const claimed = { platformId: "added", name: "江南公共资源交易平台", origin: ADDED };
    expect(await save(claimed)).toEqual({ ...claimed, listed: false });
  });

  test.each(["jiangnan", "weak"])("may not go under the id %s, which is another's", async (platformId) => {
    const saved = save({ platformId, name: "x", origin: ADDED });
    await expect(saved).rejects.toMatchObject({ code: "CREDENTIAL_NOT_OF_THIS_PLATFORM" });
  });

  test("is one that waits in the registry, too: under its own id, unlisted", async () => {
    const claimed = { platformId: "weak", name: "自称", origin: WAITING };
    expect(await save(claimed)).toEqual({ ...claimed, listed: false });
    await expect(save({ ...claimed, platformId: "other" })).rejects.toMatchObject({
      code: "CREDENTIAL_NOT_OF_THIS_PLATFORM",
    });
  });
});
