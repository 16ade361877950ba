/** Revocation lists: which of several counts, and that a large one is read once. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { issueRevocationList, parseCertificate } from "@certbridge/pki";
import { afterAll, expect, test } from "vitest";
import { openRevocationLists } from "../../../apps/host/src/revocation-lists.ts";
import { DAY, gm } from "../../support/authority.ts";
import { issuePair, openAuthority, registryOf, temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const HOUR = 3600_000;
const NOW = Date.now();
const authority = openAuthority(NOW);
const issuer = authority.certificate;
const urls = ["http://a.test/ca.crl", "http://b.test/ca.crl"];
const { signing } = issuePair(authority, gm.sm2KeyPair().publicKey, { listUrls: urls });
const certificate = parseCertificate(signing);
const serialNumber = Uint8Array.from(Buffer.from(certificate.serialNumber, "hex"));

function listOf(number: number, revoked: readonly Uint8Array[] = [], from = -HOUR) {
  const thisUpdate = new Date(NOW + from);
  const entries = revoked.map((serial) => ({ serialNumber: serial, at: thisUpdate }));
  const nextUpdate = new Date(NOW + DAY);
  return issueRevocationList(gm, { number, thisUpdate, nextUpdate, revoked: entries }, authority.issuer);
}

let count = 0;

/** @param answers by address, each when it comes; none is nobody's answer */
async function open(answers: Readonly<Record<string, () => Promise<Uint8Array>>>) {
  const path = `${folder.path}/lists-${++count}`;
  await mkdir(path);
  /** Of each list that was read, one signature. */
  const proved: Uint8Array[] = [];
  const lists = openRevocationLists({
    gm: {
      ...gm,
      sm2Verify(publicKey, message, signature) {
        proved.push(signature);
        return gm.sm2Verify(publicKey, message, signature);
      },
    },
    folder: path,
    clock: () => NOW,
    registry: registryOf(authority),
    fetchBytes: async ({ url, maxLen }) => {
      const der = await (answers[url]?.() ?? Promise.reject(new Error("nobody")));
      if (der.length > maxLen) throw new RangeError("longer than it may be");
      return der;
    },
  });
  return { lists, proved, folder: path };
}

/** Answers a turn of the event loop later than whoever answers at once. */
const later = (der: Uint8Array) => () => new Promise<Uint8Array>((answer) => setTimeout(() => answer(der), 20));
const now = (der: Uint8Array) => () => Promise.resolve(der);

test("of all addresses of a certificate the newest list counts, whichever answered first", async () => {
  const [old, newer] = [listOf(4), listOf(5, [serialNumber])];
  const undated = [listOf(0, [], -2 * HOUR), listOf(0, [serialNumber])] as const;
  const [a = "", b = ""] = urls;
  for (const answers of [
    { [a]: now(old), [b]: later(newer) },
    { [a]: later(newer), [b]: now(old) },
    { [a]: now(newer), [b]: later(old) },
    { [a]: now(undated[0]), [b]: later(undated[1]) },
    { [b]: later(newer) },
  ]) {
    const { lists } = await open(answers);
    expect(await lists.asking()(certificate, issuer)).toBe(true);
    expect(await lists.known()(certificate, issuer)).toBe(true);
  }
});

test("a list is read once, however often it is kept, fetched and asked", async () => {
  const list = listOf(5, [Uint8Array.of(1)]);
  const { lists, proved, folder: path } = await open(Object.fromEntries(urls.map((url) => [url, now(list)])));
  expect(await lists.asking()(certificate, issuer)).toBe(false);
  for (let again = 0; again < 3; again++) {
    expect(await lists.known()(certificate, issuer)).toBe(false);
    expect(await lists.asking()(certificate, issuer)).toBe(false);
  }
  expect(proved).toHaveLength(1);

  // Another program's newer list, in the same home, is seen all the same.
  const [file = ""] = await readdir(path);
  await writeFile(`${path}/${file}`, listOf(6, [serialNumber]));
  expect(await lists.known()(certificate, issuer)).toBe(true);
  expect(proved).toHaveLength(2);
});

test("an older list at another address does not push the kept one out of memory", async () => {
  const [a = "", b = ""] = urls;
  const { lists, proved } = await open({ [a]: now(listOf(5)), [b]: later(listOf(4)) });
  expect(await lists.asking()(certificate, issuer)).toBe(false);
  const { length } = proved;
  expect(await lists.known()(certificate, issuer)).toBe(false);
  expect(proved).toHaveLength(length);
});

test("a list longer than 4 MiB is not fetched, and one of nearly so much is", async () => {
  // Serial numbers of 8,000 bytes, which no CA has, make a long list of few entries.
  const long = (entries: number) =>
    listOf(
      1,
      Array.from({ length: entries }, () => new Uint8Array(8000).fill(1)),
    );
  const [a = ""] = urls;
  for (const [entries, answer] of [
    [520, false],
    [530, "unreachable"],
  ] as const) {
    const { lists } = await open({ [a]: now(long(entries)) });
    expect(await lists.asking()(certificate, issuer)).toBe(answer);
  }
});
