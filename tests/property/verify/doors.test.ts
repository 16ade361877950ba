/** What strangers bring to a server: tokens, answers, credentials, status lists. Each is refused by a code, or says what was signed. */
import { parseCertificate, ProofError, signData } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { CREDENTIAL_STATUS_LIST, REGISTRATION_CREDENTIAL } from "@certbridge/protocol/content-types";
import { registrationCredential } from "@certbridge/protocol/credential";
import { OperationError } from "@certbridge/protocol/errors";
import { readCredential } from "@certbridge/trust";
import { createNonces, createVerifier } from "@certbridge/verify";
import * as fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import { parseContent, readStatusList, type StatusList } from "../../../packages/verify/src/status-list.ts";
import { hostileBytes } from "../../support/malformed/bytes.ts";
import { hostileTexts, hostileValues } from "../../support/malformed/json.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";
import { codeOf, createWorld, gm, makeAnswer, makeToken, ORIGIN, OWNER, START } from "../../unit/verify/world.ts";

const world = createWorld();
/** The same bytes each time, so that one token is genuine for each attempt. */
const nonces = createNonces({ clock: () => START, random: (into) => into.set(gm.sm3(new Uint8Array(0))) });
const verifier = createVerifier({ ...world.usual, nonces, origins: [ORIGIN], allowDefaultId: true });
const issue = () => nonces.issue(OWNER);

const token = makeToken(world.jianye, issue());
const chainless = { ...token, chain: undefined };
const credential = world.credentialOf(world.jianye);
const answer = makeAnswer(world.jianye, issue(), credential);
const bare = makeAnswer(world.jianye, issue(), null);

const bytesOf = (texts: readonly (string | undefined)[]) => texts.map((text) => decodeBase64Url(text ?? ""));
const certificates = bytesOf([token.certificate, token.chain?.[0]]);
const anyCertificate = hostileBytes(certificates).map(encodeBase64Url);

test(
  "a login token: the bidder who signed it, or a refusal",
  async () => {
    expect(await codeOf((issue(), verifier.verifyLogin(token, OWNER)))).toBe("accepted");
    const tokens = fc.oneof(
      { weight: 10, arbitrary: hostileValues([token, chainless]) },
      { weight: 1, arbitrary: anyCertificate.map((certificate): unknown => ({ ...token, certificate })) },
      {
        weight: 1,
        arbitrary: fc.array(anyCertificate, { maxLength: 6 }).map((chain): unknown => ({ ...token, chain })),
      },
    );
    await fc.assert(
      fc.asyncProperty(tokens, async (posted) => {
        issue();
        if ((await codeOf(verifier.verifyLogin(posted, OWNER))) !== "accepted") return;
        const { chain, ...rest } = token;
        expect(posted).toMatchObject(rest);
        expect(chain).toBeDefined();
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);

test(
  "a registration answer: the bidder with what another platform verified, or a refusal",
  async () => {
    expect(await codeOf((issue(), verifier.verifyRegistration(answer, OWNER)))).toBe("accepted");
    const answers = fc.oneof(
      { weight: 10, arbitrary: hostileValues([answer, bare]) },
      {
        weight: 1,
        arbitrary: hostileBytes([credential]).map((der): unknown => ({ ...answer, credential: encodeBase64Url(der) })),
      },
    );
    await fc.assert(
      fc.asyncProperty(answers, async (posted) => {
        issue();
        if ((await codeOf(verifier.verifyRegistration(posted, OWNER))) !== "accepted") return;
        const genuine = (posted as typeof answer).credential === null ? bare : answer;
        expect((posted as typeof answer).credential).toBe(genuine.credential);
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);

const signer = { certificate: parseCertificate(world.platformKeys.signing), privateKey: world.platformKeys.signingKey };

/** SignedData over any text, as whoever has a certificate can make it. */
const sign = (contentType: string, text: string): Uint8Array =>
  signData(gm, { contentType, content: new TextEncoder().encode(text), signedAt: new Date(START), ...signer });

const said = readCredential(gm, credential).said;

test(
  "what a registration credential says: taken as it is, or refused",
  () => {
    fc.assert(
      fc.property(hostileTexts([said]), (text) => {
        const value = text === "" ? null : (JSON.parse(text) as unknown);
        const read = v.safeParse(registrationCredential, value);
        if (read.success) expect(read.output).toEqual(value);
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);

test(
  "a registration credential: what it says and nothing else, or a refusal",
  () => {
    const signed = hostileTexts([said]).map((text) => ({ der: sign(REGISTRATION_CREDENTIAL, text), text }));
    const altered = hostileBytes([credential]).map((der) => ({ der, text: null }));
    fc.assert(
      fc.property(fc.oneof({ weight: 5, arbitrary: altered }, { weight: 1, arbitrary: signed }), ({ der, text }) => {
        try {
          const read = readCredential(gm, der);
          expect(read.said).toEqual(text === null ? said : JSON.parse(text));
        } catch (error) {
          if (!(error instanceof ProofError) && !OperationError.is(error, "MALFORMED")) throw error;
        }
      }),
      cases(1000, 1_000_000),
    );
  },
  timeoutMs,
);

test(
  "a status list: whether a bit is set, or none",
  () => {
    const list = {
      format: "shared-certificate-status-list:1",
      list: said.status.list,
      platformId: "demo-a",
      sequence: 1,
      issuedAt: "2026-11-23T09:00:00Z",
      nextUpdate: "2026-11-24T09:00:00Z",
      bits: encodeBase64Url(Uint8Array.of(0x80, 0x40)),
    };
    const holds = (read: StatusList | null): void => {
      if (read === null) return;
      for (const index of [0, 9, 0xff_ff_ff]) expect([true, false, null]).toContain(read.isRevoked(index));
      expect([read.sequence, read.issuedAt, read.nextUpdate].every(Number.isSafeInteger)).toBe(true);
    };
    const der = sign(CREDENTIAL_STATUS_LIST, JSON.stringify(list));
    const genuine = (bytes: Uint8Array) => readStatusList(gm, bytes, () => true);
    expect([0, 1, 9, 16].map((index) => genuine(der)?.isRevoked(index))).toEqual([true, false, true, null]);
    fc.assert(
      fc.property(hostileTexts([list]), (text) => {
        try {
          holds(parseContent(new TextEncoder().encode(text)));
        } catch (error) {
          expect(["SyntaxError", "ValiError"]).toContain(error instanceof Error ? error.name : "");
        }
      }),
      cases(8000, 1_000_000),
    );
    const signed = hostileTexts([list]).map((text) => sign(CREDENTIAL_STATUS_LIST, text));
    fc.assert(
      fc.property(
        fc.oneof({ weight: 9, arbitrary: hostileBytes([der]) }, { weight: 1, arbitrary: signed }),
        (bytes) => {
          holds(genuine(bytes));
        },
      ),
      cases(2000, 200_000),
    );
  },
  timeoutMs,
);
