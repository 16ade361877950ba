import { registrationCredential } from "@certbridge/protocol/credential";
import { wholeRecord } from "@certbridge/protocol/record";
import * as v from "valibot";
import { expect, test } from "vitest";

const facts = wholeRecord(v.pipe(v.string(), v.maxLength(20)), v.string());

test("takes any names of the shape", () => {
  const given = JSON.parse('{"address":"南京市","toString":"a","hasOwnProperty":"b"}') as unknown;
  expect(v.parse(facts, given)).toEqual(given);
});

test.each(["__proto__", "constructor", "prototype"])("refuses %s, which would be left out in silence", (name) => {
  expect(v.is(facts, JSON.parse(`{"address":"南京市","${name}":"a"}`))).toBe(false);
});

test.each([null, 7, "text", { list: [] }, { list: ["a"] }])("refuses what is no object: %j", (value) => {
  expect(v.is(facts, value !== null && typeof value === "object" ? value.list : value)).toBe(false);
});

test("a credential with such a fact says nothing", () => {
  const said = {
    format: "shared-certificate-credential:1",
    credentialId: "credential-0001",
    issuer: { platformId: "demo-a", name: "平台", origin: "https://bid-a.demo.test" },
    subject: { name: "江南建设有限公司", uscc: "91320100MA1DEM0017" },
    facts: { constructor: "a" },
    issuedAt: "2026-11-23T09:00:00Z",
    expiresAt: "2027-11-23T09:00:00Z",
    status: { list: "https://bid-a.demo.test/credentials/status", index: 7 },
  };
  expect(v.is(registrationCredential, said)).toBe(false);
  expect(v.is(registrationCredential, { ...said, facts: { address: "南京市" } })).toBe(true);
});
