/** Envelopes on a software key: current and earlier encryption keys, and never a call more than was named. */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { encodeEnvelopedData, parseCertificate, parseEnvelopedData, verifyRequest } from "@certbridge/pki";
import type { Certificate, EnvelopedData } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { afterAll, expect, test } from "vitest";
import { findKey, recipientOf } from "../../../apps/host/src/key-store.ts";
import { openInMemory } from "../../../apps/host/src/stores/software/open-key.ts";
import { openSoftwareStore } from "../../../apps/host/src/stores/software/store.ts";
import { acceptCertificates, applyForCertificate, renew } from "../../../apps/host/src/stores/software/identities.ts";
import { gm } from "../../support/authority.ts";
import { PIN, issuePair, openAuthority, temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const authority = openAuthority();
const chain = [authority.certificate.der];
const CONTENT = new TextEncoder().encode("密钥块");
const pin = new TextEncoder().encode(PIN);

mkdirSync(join(folder.path, "keys"));
const store = openSoftwareStore({ gm, random: randomBytes, folder: join(folder.path, "keys"), clock: Date.now });
const keeper = { gm, clock: Date.now, store };

async function obtain(request: Uint8Array): Promise<{ keyId: string; encryption: Certificate }> {
  const issued = issuePair(authority, verifyRequest(gm, request).publicKey);
  const keyId = await acceptCertificates(keeper, { ...issued, chain }, PIN);
  return { keyId, encryption: parseCertificate(issued.encryption) };
}

const applied = await applyForCertificate(keeper, { name: "江南建设", uscc: null, pin: PIN });
const old = await obtain(applied.request);
const fresh = await obtain((await renew(keeper, old.keyId, PIN)).request);

function seal(...recipients: readonly Certificate[]): EnvelopedData {
  const [contentKey, iv] = [randomBytes(16), randomBytes(16)];
  const der = encodeEnvelopedData(gm, { content: CONTENT, recipients, contentKey, iv });
  return parseEnvelopedData(der, limits.keyBlockLen);
}

const foreign = issuePair(authority, gm.sm2KeyPair().publicKey);
const stranger = { certificate: parseCertificate(foreign.encryption), privateKey: foreign.encryptionKey };

test("a key is found by the certificate that the envelope names, the present one or an earlier one", async () => {
  const key = await findKey([store], fresh.keyId);
  expect(recipientOf(key, seal(fresh.encryption))?.der).toEqual(fresh.encryption.der);
  expect(recipientOf(key, seal(stranger.certificate, old.encryption))?.der).toEqual(old.encryption.der);
  expect(recipientOf(key, seal(stranger.certificate))).toBeNull();
  const [listed] = await store.list();
  expect(listed?.earlierEncryption).toEqual([old.encryption.der]);
});

test("what was encrypted for a certificate that was renewed since is opened; for one that the key never had, nothing", async () => {
  const key = await findKey([store], fresh.keyId);
  const open = await key.open({ pin, calls: 1, opensFor: old.encryption });
  expect(await open.openEnvelope(seal(stranger.certificate, old.encryption), old.encryption)).toEqual(CONTENT);
  open.close();
  const opening = key.open({ pin, calls: 1, opensFor: stranger.certificate });
  await expect(opening).rejects.toSatisfy((error) => OperationError.is(error, "KEY_NOT_FOUND"));
});

/** The stranger's key, open in memory. */
function openStranger(calls: number, opens = true) {
  const signing = gm.sm2KeyPair().privateKey;
  const encryption = { certificate: stranger.certificate, privateKey: stranger.privateKey.slice() };
  return { ...encryption, open: openInMemory(gm, { signing, encryption: opens ? encryption : null, calls }), signing };
}

test("an envelope for others, and a broken one, open to nothing", async () => {
  const broken = seal(stranger.certificate);
  const altered = { ...broken, encryptedContent: broken.encryptedContent.slice().fill(0xa5) };
  for (const envelope of [seal(fresh.encryption), altered]) {
    expect(await openStranger(1).open.openEnvelope(envelope, stranger.certificate)).toBeNull();
  }
});

test("each opening is one of the calls that were named, and there is one at most; then its key is wiped", async () => {
  const envelope = seal(stranger.certificate, old.encryption);
  const { open, privateKey, signing } = openStranger(3);
  await expect(open.openEnvelope(envelope, old.encryption)).rejects.toThrow("did not name");
  expect(await open.openEnvelope(envelope, stranger.certificate)).toEqual(CONTENT);
  expect(privateKey).toEqual(new Uint8Array(32));
  expect(signing).not.toEqual(new Uint8Array(32));
  await expect(open.openEnvelope(envelope, stranger.certificate)).rejects.toThrow("did not name");
  await open.sign(CONTENT, "1234567812345678");
  await open.sign(CONTENT, "1234567812345678");
  expect(signing).toEqual(new Uint8Array(32));
  await expect(open.sign(CONTENT, "1234567812345678")).rejects.toThrow("beyond those that were agreed");

  const used = openStranger(1).open;
  await used.sign(CONTENT, "1234567812345678");
  await expect(used.openEnvelope(envelope, stranger.certificate)).rejects.toThrow();
  await expect(openStranger(1, false).open.openEnvelope(envelope, stranger.certificate)).rejects.toThrow(
    "did not name",
  );
});

test("what is closed is wiped, and does nothing more", async () => {
  const { open, privateKey, signing } = openStranger(2);
  open.close();
  open.close();
  for (const key of [privateKey, signing]) expect(key).toEqual(new Uint8Array(32));
  await expect(open.sign(CONTENT, "1234567812345678")).rejects.toThrow();
  await expect(open.openEnvelope(seal(stranger.certificate), stranger.certificate)).rejects.toThrow();
});
