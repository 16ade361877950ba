import { issueCredential, issueStatusList, PolicyError, VerificationError } from "@certbridge/verify";
import { beforeEach, describe, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import {
  authority,
  bidderOf,
  loginToken,
  ORIGIN,
  otherAuthority,
  registrationAnswer,
  server,
  SESSION,
  USCC,
} from "../../support/platform.ts";

const DAY = 24 * 3600_000;

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "OK",
    (error: unknown) => {
      if (error instanceof VerificationError || error instanceof PolicyError) return error.code;
      throw error;
    },
  );
}

let s = server();
beforeEach(() => {
  s = server();
});
const bidder = bidderOf();

describe("verifyLogin", () => {
  test("gives the signer", async () => {
    const signer = await s.verifier.verifyLogin(loginToken(bidder, s.nonce()), s.challenge);
    expect(signer.subject).toEqual({ name: "测试公司", uscc: USCC });
    expect(signer.revocation).toBe("good");
    expect(signer.chain).toHaveLength(3);
  });

  test("a wrong nonce", async () => {
    s.nonce();
    const token = loginToken(bidder, Buffer.alloc(32, 7).toString("base64url"));
    expect(await codeOf(s.verifier.verifyLogin(token, s.challenge))).toBe("SIGNATURE_INVALID");
  });

  test("a nonce used before, whatever came of it", async () => {
    const token = loginToken(bidder, s.nonce());
    await s.verifier.verifyLogin(token, s.challenge);
    expect(await codeOf(s.verifier.verifyLogin(token, s.challenge))).toBe("NONCE_MISSING");
    const nonce = s.nonce();
    expect(await codeOf(s.verifier.verifyLogin("rubbish", s.challenge))).toBe("TOKEN_MALFORMED");
    expect(await codeOf(s.verifier.verifyLogin(loginToken(bidder, nonce), s.challenge))).toBe("NONCE_MISSING");
  });

  test("a nonce of five minutes ago", async () => {
    const token = loginToken(bidder, s.nonce());
    s.time.offsetMs = 5 * 60_000;
    expect(await codeOf(s.verifier.verifyLogin(token, s.challenge))).toBe("NONCE_EXPIRED");
  });

  test("another session's nonce", async () => {
    const token = loginToken(bidder, s.nonce());
    const foreign = { session: "session-2", origin: ORIGIN };
    expect(await codeOf(s.verifier.verifyLogin(token, foreign))).toBe("NONCE_MISSING");
  });

  test("a token for another origin", async () => {
    const token = loginToken(bidder, s.nonce(), { origin: "https://bid-b.demo.test" });
    expect(await codeOf(s.verifier.verifyLogin(token, s.challenge))).toBe("SIGNATURE_INVALID");
    const elsewhere = { session: SESSION, origin: "https://bid-b.demo.test" };
    expect(await codeOf(s.verifier.verifyLogin(token, elsewhere))).toBe("ORIGIN_UNKNOWN");
  });

  test("an altered token, at every byte of certificate and signature", async () => {
    for (const field of ["certificate", "signature"] as const) {
      const length = Buffer.from(loginToken(bidder, s.nonce())[field], "base64url").length;
      for (let at = 0; at < length; at += field === "signature" ? 1 : 7) {
        const token = loginToken(bidder, s.nonce());
        const bytes = Buffer.from(token[field], "base64url");
        bytes[at] = (bytes[at] ?? 0) ^ 0x10;
        const altered = { ...token, [field]: bytes.toString("base64url") };
        expect(["TOKEN_MALFORMED", "SIGNATURE_INVALID"]).toContain(
          await codeOf(s.verifier.verifyLogin(altered, s.challenge)),
        );
      }
    }
  });

  test("a certificate of a CA that is not trusted", async () => {
    const stranger = bidderOf(otherAuthority);
    expect(await codeOf(s.verifier.verifyLogin(loginToken(stranger, s.nonce()), s.challenge))).toBe("CHAIN_UNTRUSTED");
  });

  test("an expired certificate, and one not valid yet", async () => {
    const past = bidderOf(authority, USCC, { from: new Date(Date.now() - 9 * DAY), until: new Date(Date.now() - DAY) });
    const future = bidderOf(authority, USCC, {
      from: new Date(Date.now() + DAY),
      until: new Date(Date.now() + 9 * DAY),
    });
    expect(await codeOf(s.verifier.verifyLogin(loginToken(past, s.nonce()), s.challenge))).toBe("CERTIFICATE_EXPIRED");
    expect(await codeOf(s.verifier.verifyLogin(loginToken(future, s.nonce()), s.challenge))).toBe(
      "CERTIFICATE_NOT_YET_VALID",
    );
  });

  test("a revoked certificate", async () => {
    const revoked = bidderOf();
    authority.revoke(revoked.signing.serialNumber);
    expect(await codeOf(s.verifier.verifyLogin(loginToken(revoked, s.nonce()), s.challenge))).toBe(
      "CERTIFICATE_REVOKED",
    );
  });

  test("revocation that cannot be checked is said, or refused where it is required", async () => {
    const open = server({ revocation: () => Promise.resolve(null) });
    expect((await open.verifier.verifyLogin(loginToken(bidder, open.nonce()), open.challenge)).revocation).toBe(
      "not-checked",
    );
    const strict = server({ revocation: () => Promise.resolve(null), requireRevocation: true });
    expect(await codeOf(strict.verifier.verifyLogin(loginToken(bidder, strict.nonce()), strict.challenge))).toBe(
      "REVOCATION_NOT_CHECKED",
    );
  });

  test("the encryption certificate used for signing", async () => {
    const token = loginToken(bidder, s.nonce(), { certificate: bidder.encryption, key: bidder.encryptionKey });
    expect(await codeOf(s.verifier.verifyLogin(token, s.challenge))).toBe("CERTIFICATE_USAGE");
  });

  test("a token with the default id, unless it is allowed", async () => {
    const id = "1234567812345678";
    expect(await codeOf(s.verifier.verifyLogin(loginToken(bidder, s.nonce(), { id }), s.challenge))).toBe(
      "DEFAULT_ID_REFUSED",
    );
    const lenient = server({ allowDefaultId: true });
    expect(
      await codeOf(lenient.verifier.verifyLogin(loginToken(bidder, lenient.nonce(), { id }), lenient.challenge)),
    ).toBe("OK");
  });
});

describe("verifyRegistration", () => {
  const credential = (about: { uscc?: string; lifeMs?: number } = {}) =>
    issueCredential(gm, s.issuer, {
      subject: { name: "测试公司", uscc: about.uscc ?? USCC },
      facts: {},
      index: 3,
      at: new Date(),
      ...(about.lifeMs === undefined ? {} : { lifeMs: about.lifeMs }),
    });
  const list = (revoked: number[], sequence = 1) =>
    issueStatusList(gm, s.issuer, {
      sequence,
      at: new Date(s.clock()),
      lifeMs: DAY,
      size: 64,
      revoked: new Set(revoked),
    });
  const ask = (answer: unknown) => codeOf(s.verifier.verifyRegistration(answer, s.challenge));

  beforeEach(() => {
    s.trusted.statusList = () => Promise.resolve(list([]));
  });

  test("without a credential: the signer alone", async () => {
    const verified = await s.verifier.verifyRegistration(registrationAnswer(bidder, s.nonce(), null), s.challenge);
    expect(verified.credential).toBeNull();
    expect(verified.signer.subject.uscc).toBe(USCC);
  });

  test("with a credential: what its issuer says; a renewed certificate of the same bidder fits", async () => {
    const renewed = bidderOf();
    const verified = await s.verifier.verifyRegistration(
      registrationAnswer(renewed, s.nonce(), credential()),
      s.challenge,
    );
    expect(verified.credential?.issuer.platformId).toBe("demo-b");
  });

  test("of an issuer that is not trusted", async () => {
    s.trusted.certificate = authority.issueKey("另一平台").certificate;
    expect(await ask(registrationAnswer(bidder, s.nonce(), credential()))).toBe("CREDENTIAL_UNTRUSTED");
  });

  test("expired", async () => {
    const short = credential({ lifeMs: 1000 });
    s.time.offsetMs = 2000;
    expect(await ask(registrationAnswer(bidder, s.nonce(), short))).toBe("CREDENTIAL_EXPIRED");
  });

  test("revoked", async () => {
    s.trusted.statusList = () => Promise.resolve(list([3]));
    expect(await ask(registrationAnswer(bidder, s.nonce(), credential()))).toBe("CREDENTIAL_REVOKED");
  });

  test("with a status list that is missing, outdated, older than one seen, or silent about it", async () => {
    const good = credential();
    for (const bad of [
      null,
      issueStatusList(gm, s.issuer, {
        sequence: 1,
        at: new Date(Date.now() - 2 * DAY),
        lifeMs: DAY,
        size: 64,
        revoked: new Set(),
      }),
    ]) {
      s.trusted.statusList = () => Promise.resolve(bad);
      expect(await ask(registrationAnswer(bidder, s.nonce(), good))).toBe("CREDENTIAL_STATUS_UNAVAILABLE");
    }
    s.trusted.statusList = () => Promise.resolve(list([], 5));
    expect(await ask(registrationAnswer(bidder, s.nonce(), good))).toBe("OK");
    s.trusted.statusList = () => Promise.resolve(list([], 4));
    expect(await ask(registrationAnswer(bidder, s.nonce(), good))).toBe("CREDENTIAL_STATUS_UNAVAILABLE");
  });

  test("of another bidder", async () => {
    const other = credential({ uscc: "91320100MA1ABCDF9D" });
    expect(await ask(registrationAnswer(bidder, s.nonce(), other))).toBe("CREDENTIAL_OF_ANOTHER_BIDDER");
  });

  test("replayed: seen elsewhere and shown by who has the same certificate's proof of another one", async () => {
    const mine = credential();
    const seen = credential();
    expect(await ask(registrationAnswer(bidder, s.nonce(), seen, { boundTo: mine }))).toBe("SIGNATURE_INVALID");
    expect(await ask(registrationAnswer(bidder, s.nonce(), seen, { boundTo: null }))).toBe("SIGNATURE_INVALID");
  });

  test("altered", async () => {
    const bytes = Buffer.from(credential(), "base64url");
    const at = bytes.indexOf("测试公司");
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const answer = registrationAnswer(bidder, s.nonce(), bytes.toString("base64url"));
    expect(["CREDENTIAL_UNTRUSTED", "CREDENTIAL_MALFORMED"]).toContain(await ask(answer));
  });
});
