/** Where a certificate says that its CA's revocation list is. */
import { element, encodeListUrls, oid, readListUrls } from "@certbridge/pki";
import { expect, test } from "vitest";
import { party, threeTiers } from "../../support/authority.ts";

const { sub, leaf } = threeTiers();

const withValue = (value: Uint8Array) =>
  party("甲", sub, { keyUsage: ["digitalSignature"], extensions: [{ type: oid.crlDistributionPoints, value }] })
    .certificate;

/** GeneralName uniformResourceIdentifier [6]. */
const uri = (url: string) => element(0x86, new TextEncoder().encode(url));
/** DistributionPointName fullName [0], in distributionPoint [0]. */
const named = (...urls: string[]) => element(0xa0, element(0xa0, ...urls.map(uri)));
/** ReasonFlags [1]: keyCompromise. */
const REASONS = Uint8Array.of(0x81, 2, 6, 0x40);
/** cRLIssuer [2]. */
const ISSUER = element(0xa2, uri("http://other.example/"));

const pointsOf = (...points: Uint8Array[][]) => element(0x30, ...points.map((parts) => element(0x30, ...parts)));

test("the addresses of the web, in their order", () => {
  const urls = ["http://crl.example/ca.crl", "https://crl.example:8443/ca.crl?x=1"];
  expect(readListUrls(withValue(encodeListUrls(urls)))).toEqual(urls);
  expect(readListUrls(leaf.certificate)).toEqual([]);
  const two = pointsOf([named("http://a.example/", "http://b.example/")]);
  expect(readListUrls(withValue(two))).toEqual(["http://a.example/", "http://b.example/"]);
});

test("no other scheme, no name and password, and nothing that is too long", () => {
  const others = [
    "ldap://crl.example/cn=crl",
    "file:///etc/passwd",
    "ftp://crl.example/ca.crl",
    "//crl.example/ca.crl",
    "http://someone:secret@crl.example/ca.crl",
    `http://crl.example/${"a".repeat(2048)}`,
  ];
  for (const url of others) expect(readListUrls(withValue(encodeListUrls([url]))), url).toEqual([]);
});

test("lists of some reasons only, and of another authority, are none of its complete ones", () => {
  const point = named("http://crl.example/ca.crl");
  expect(readListUrls(withValue(pointsOf([point, REASONS])))).toEqual([]);
  expect(readListUrls(withValue(pointsOf([point, ISSUER])))).toEqual([]);
  expect(readListUrls(withValue(pointsOf([ISSUER], [point])))).toHaveLength(1);
});

test("an extension that cannot be read names nobody", () => {
  for (const value of [new Uint8Array(0), Uint8Array.of(4, 1, 0), encodeListUrls(["http://a.example/"]).subarray(1)]) {
    expect(readListUrls(withValue(value))).toEqual([]);
  }
});
