import { encodeSignedAttributes, oid, signData, verifySignedData } from "@certbridge/pki";
import { CREDENTIAL_STATUS_LIST, REGISTRATION_CREDENTIAL } from "@certbridge/protocol/content-types";
import {
  encodeLoginStatement,
  encodeRegistrationStatement,
  LOGIN_LABEL,
  REGISTRATION_LABEL,
} from "@certbridge/protocol/statement";
import { describe, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { bidderOf } from "../../support/platform.ts";

/**
 * Invariant 1: no signature of one purpose verifies for another. One key signs for every purpose that exists, over the bytes
 * that purpose would sign, and every verifier is shown every signature.
 */

const bidder = bidderOf();
const { signing: certificate, signingKey: privateKey } = bidder;
const zero = new Uint8Array(32);
const digests = { origin: zero, nonce: zero, certificate: zero };

/** What each purpose signs, and under which id. */
const statements = {
  login: { id: LOGIN_LABEL, message: encodeLoginStatement(digests) },
  register: { id: REGISTRATION_LABEL, message: encodeRegistrationStatement({ ...digests, credential: zero }) },
  ...Object.fromEntries(
    Object.entries({ sign: oid.gmData, credential: REGISTRATION_CREDENTIAL, statusList: CREDENTIAL_STATUS_LIST }).map(
      ([purpose, contentType]) => [
        purpose,
        {
          id: "1234567812345678",
          message: encodeSignedAttributes(gm, { contentType, digest: zero, signedAt: new Date(0), certificate }),
        },
      ],
    ),
  ),
} as Readonly<Record<string, { id: string; message: Uint8Array }>>;

const purposes = Object.keys(statements);

describe("no signature of one purpose verifies for another", () => {
  test("five purposes exist", () => {
    expect(purposes).toEqual(["login", "register", "sign", "credential", "statusList"]);
  });

  test.each(purposes.flatMap((made) => purposes.map((shown) => [made, shown] as const)))(
    "%s shown as %s",
    (made, shown) => {
      const signed = statements[made];
      const expected = statements[shown];
      if (signed === undefined || expected === undefined) throw new Error("no such purpose");
      const signature = gm.sm2Sign(privateKey, signed.message, { id: signed.id });
      const verified = gm.sm2Verify(certificate.publicKey, expected.message, signature, { id: expected.id });
      expect(verified).toBe(made === shown);
      // Nor with the other's bytes under one's own id, nor the reverse.
      if (made !== shown) {
        expect(gm.sm2Verify(certificate.publicKey, expected.message, signature, { id: signed.id })).toBe(false);
        if (signed.id !== expected.id) {
          expect(gm.sm2Verify(certificate.publicKey, signed.message, signature, { id: expected.id })).toBe(false);
        }
      }
    },
  );

  const types = { sign: oid.gmData, credential: REGISTRATION_CREDENTIAL, statusList: CREDENTIAL_STATUS_LIST };
  const typeNames = Object.keys(types) as (keyof typeof types)[];
  test.each(typeNames.flatMap((made) => typeNames.map((shown) => [made, shown] as const)))(
    "message of %s read as %s",
    (made, shown) => {
      const der = signData(gm, {
        contentType: types[made],
        content: Uint8Array.of(1),
        signedAt: new Date(0),
        certificate,
        privateKey,
      });
      const read = () => verifySignedData(gm, der, { contentType: types[shown] });
      if (made === shown) expect(read().content).toEqual(Uint8Array.of(1));
      else expect(read).toThrow("another content type");
    },
  );
});
