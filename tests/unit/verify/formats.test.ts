import { readFileSync } from "node:fs";
import { hexOf, parseCertificate } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import {
  encodeLoginStatement,
  encodeRegistrationStatement,
  LOGIN_LABEL,
  REGISTRATION_LABEL,
} from "@certbridge/protocol/statement";
import { createNonces, createVerifier } from "@certbridge/verify";
import { expect, test } from "vitest";
import { gm } from "./world.ts";

/** The examples in docs/formats are checked as a stranger would: from the page's own text. */
const page = (name: string) => readFileSync(new URL(`../../../docs/formats/${name}.md`, import.meta.url), "utf8");
const login = page("login-token");
const registration = page("registration-credential");

function blocks(text: string, kind: string): string[] {
  return Array.from(text.matchAll(new RegExp(`\`\`\`${kind}\n([\\s\\S]*?)\n\`\`\``, "g")), (found) => found[1] ?? "");
}
/** The value in a row of a table, between backticks. */
function row(text: string, name: string): string {
  return new RegExp(`^\\| ${name.replace(/[()‖]/g, "\\$&")} \\| .*?\`([0-9a-f]+)\``, "m").exec(text)?.[1] ?? "";
}

const origin = "https://bid-b.demo.test";
const nonce = Uint8Array.from({ length: 32 }, (_, i) => i);
const token = JSON.parse(blocks(login, "json")[0] ?? "") as { certificate: string; signature: string };
const [root = ""] = blocks(login, "base64url");
const [platform = "", credential = "", list = ""] = blocks(registration, "base64url");
const certificate = parseCertificate(decodeBase64Url(token.certificate));

function verifier() {
  const clock = () => Date.parse("2026-11-23T09:30:00Z");
  const nonces = createNonces({ clock, random: (into) => into.set(nonce) });
  nonces.issue({ session: "one", origin });
  const [, policy = ""] = /policy `([0-9.]+)`/.exec(login) ?? [];
  const [, issuerKeySm3 = ""] = /SM3 of its public key `([0-9a-f]{64})`/.exec(login) ?? [];
  return createVerifier({
    gm,
    clock,
    nonces,
    origins: [origin],
    trust: {
      authorities: {
        anchors: [decodeBase64Url(root)],
        usccRules: [{ issuerKeySm3, policy, from: { extension: "1.2.156.10260.4.4" } }],
      },
      credentialIssuers: [
        {
          platformId: "example-a",
          origin: "https://bid-a.demo.test",
          certificates: [decodeBase64Url(platform)],
          statusList: async () => decodeBase64Url(list),
        },
      ],
    },
  });
}

const digests = {
  origin: gm.sm3(new TextEncoder().encode(origin)),
  nonce: gm.sm3(nonce),
  certificate: gm.sm3(certificate.der),
};
const eOf = (label: string, statement: Uint8Array) =>
  hexOf(gm.sm3(Uint8Array.from([...gm.za(certificate.publicKey, label), ...statement])));

test("the login token's example holds, value by value", async () => {
  expect(hexOf(gm.sm2PublicKey(Uint8Array.from(Buffer.from(row(login, "private key"), "hex"))))).toBe(
    row(login, "public key"),
  );
  expect(hexOf(certificate.publicKey)).toBe(row(login, "public key"));
  expect(row(login, "SM3(origin)")).toBe(hexOf(digests.origin));
  expect(row(login, "SM3(nonce)")).toBe(hexOf(digests.nonce));
  expect(row(login, "SM3(certificate)")).toBe(hexOf(digests.certificate));
  const statement = encodeLoginStatement(digests);
  expect(statement).toHaveLength(124);
  expect(blocks(login, "hex")[0]).toBe(hexOf(statement));
  expect(row(login, "Z")).toBe(hexOf(gm.za(certificate.publicKey, LOGIN_LABEL)));
  expect(row(login, "e")).toBe(eOf(LOGIN_LABEL, statement));
  expect(row(login, "r ‖ s")).toBe(hexOf(decodeBase64Url(token.signature)));
  const { subject } = await verifier().verifyLogin(token, { session: "one", origin });
  expect(subject).toEqual({ name: "江南建业工程有限公司（演示）", uscc: "91320100MA1DEM0017" });
});

test("the registration's example holds, value by value", async () => {
  const der = decodeBase64Url(credential);
  expect(registration).toContain(`The credential, ${der.length} bytes`);
  expect(row(registration, "SM3(credential)")).toBe(hexOf(gm.sm3(der)));
  const statement = encodeRegistrationStatement({ ...digests, credential: gm.sm3(der) });
  expect(statement).toHaveLength(163);
  expect(blocks(registration, "hex")[0]).toBe(hexOf(statement));
  expect(row(registration, "Z")).toBe(hexOf(gm.za(certificate.publicKey, REGISTRATION_LABEL)));
  expect(row(registration, "e")).toBe(eOf(REGISTRATION_LABEL, statement));
  const signature = encodeBase64Url(Uint8Array.from(Buffer.from(row(registration, "r ‖ s"), "hex")));
  expect(registration).toContain(`\`signature\`: \`${signature}\``);
  const proof = { ...token, format: "shared-certificate-registration:1", signature };
  const verified = await verifier().verifyRegistration({ credential, proof }, { session: "one", origin });
  expect(verified.credential).toEqual(JSON.parse(blocks(registration, "json")[0] ?? ""));
});
