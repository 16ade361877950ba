/** What was altered is refused, in words that callers know, and never a false proof; and no parser fails in any other way. */
import {
  checkDer,
  createRequest,
  element,
  encodeEnvelopedKey,
  issueRevocationList,
  oid,
  openEnvelopedKey,
  parseCertificate,
  parseCiphertext,
  parsePrivateKeyInfo,
  parsePublicKeyInfo,
  parseRequest,
  parseRevocationList,
  parseSec1PrivateKey,
  parseSignature,
  parseSignedData,
  ProofError,
  readCiphertext,
  sameBytes,
  signData,
  verifyChain,
  verifyRequest,
  verifyRevocationList,
  verifySignedData,
} from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, gm, NOW, threeTiers } from "../../support/authority.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const { root, sub, leaf } = threeTiers();
const content = new TextEncoder().encode("投标函");
const encryption = gm.sm2KeyPair();

const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((some) => new Uint8Array(some));

const cms = (detached: boolean) =>
  signData(gm, {
    contentType: oid.gmData,
    content,
    detached,
    signedAt: NOW,
    certificate: leaf.certificate,
    chain: [sub.certificate],
    privateKey: leaf.privateKey,
  });
const list = issueRevocationList(
  gm,
  {
    number: 9,
    thisUpdate: NOW,
    nextUpdate: new Date(NOW.getTime() + DAY),
    revoked: [{ serialNumber: Uint8Array.of(5), at: NOW }],
  },
  sub.issuer,
);
const chain = { intermediates: [sub.certificate], anchors: [root.certificate], at: NOW, usage: "sign" } as const;

/** Each kind of message with the proof that it gives; what a proof still says of altered bytes must be what it said before. */
const kinds = {
  certificate: {
    der: leaf.certificate.der,
    prove: (der: Uint8Array) => verifyChain(gm, { ...chain, leaf: parseCertificate(der) }) && null,
  },
  request: {
    der: createRequest(gm, { subject: leaf.certificate.subject.der, ...leaf }),
    prove: (der: Uint8Array) => verifyRequest(gm, der) && null,
  },
  "revocation list": {
    der: list,
    prove: (der: Uint8Array) => verifyRevocationList(gm, der, sub.certificate, NOW) && null,
  },
  "SignedData, attached": {
    der: cms(false),
    prove: (der: Uint8Array) => verifySignedData(gm, der, { contentType: oid.gmData }),
  },
  "SignedData, detached": {
    der: cms(true),
    prove: (der: Uint8Array) => verifySignedData(gm, der, { contentType: oid.gmData, content }),
  },
} as const;

function isRefusal(error: unknown): boolean {
  return error instanceof ProofError || OperationError.is(error, "MALFORMED");
}

/** Null where the bytes are refused, as they must be, in words that callers know. */
function proveOrRefuse<T>(prove: (der: Uint8Array) => T, der: Uint8Array): { readonly proved: T } | null {
  try {
    return { proved: prove(der) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return null;
  }
}

const flip = (der: Uint8Array, at: number, mask: number): Uint8Array =>
  der.map((byte, i) => (i === at ? byte ^ mask : byte));

test.each(["certificate", "request", "revocation list"] as const)(
  "any byte changed: the %s is refused",
  (kind) => {
    const { der, prove } = kinds[kind];
    expect(proveOrRefuse<unknown>(prove, der)).not.toBeNull();
    for (let at = 0; at < der.length; at++) {
      for (const mask of [1, 0x80]) expect(proveOrRefuse<unknown>(prove, flip(der, at, mask))).toBeNull();
    }
    fc.assert(
      fc.property(fc.nat({ max: der.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        expect(proveOrRefuse<unknown>(prove, flip(der, at, mask))).toBeNull();
      }),
      cases(200, 20_000),
    );
  },
  timeoutMs,
);

test.each(["SignedData, attached", "SignedData, detached"] as const)(
  "any byte changed: %s is refused, or proves the same as before",
  (kind) => {
    const { der, prove } = kinds[kind];
    const before = prove(der);
    const check = (at: number, mask: number) => {
      const after = proveOrRefuse(prove, flip(der, at, mask))?.proved;
      if (after === undefined) return;
      expect(sameBytes(after.signer.der, before.signer.der)).toBe(true);
      expect(after.content).toEqual(before.content);
      expect(after.signedAt).toEqual(before.signedAt);
    };
    for (let at = 0; at < der.length; at++) check(at, 1);
    fc.assert(
      fc.property(fc.nat({ max: der.length - 1 }), fc.integer({ min: 1, max: 255 }), check),
      cases(300, 20_000),
    );
  },
  timeoutMs,
);

test(
  "any byte of an enveloped key changed: refused, or the same key",
  () => {
    const der = encodeEnvelopedKey(gm, leaf.publicKey, encryption, gm.sm3(content).slice(0, 16));
    const open = (altered: Uint8Array) => openEnvelopedKey(gm, altered, leaf.privateKey);
    for (let at = 0; at < der.length; at++) {
      const opened = proveOrRefuse(open, flip(der, at, 1))?.proved ?? null;
      if (opened !== null) expect(opened).toEqual(encryption.privateKey);
    }
  },
  timeoutMs,
);

/** Bytes that look like DER: elements of common tags, nested, often with a wrong length. */
const { der: derLike } = fc.letrec<{ der: Uint8Array }>((tie) => ({
  der: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc
      .tuple(fc.constantFrom(1, 2, 3, 4, 5, 6, 12, 19, 23, 24, 0x80, 0x82), bytes(0, 12))
      .map(([tag, some]) => element(tag, some)),
    fc
      .tuple(fc.constantFrom(0x30, 0x30, 0x31, 0xa0, 0xa1, 0xa3, 0x24), fc.array(tie("der"), { maxLength: 8 }))
      .map(([tag, inner]) => element(tag, ...inner)),
    fc
      .tuple(tie("der"), fc.nat(), fc.nat({ max: 255 }))
      .map(([der, at, value]) => der.map((byte, i) => (i === at % der.length ? value : byte))),
  ),
}));

test(
  "whatever comes, parsers give a value or say MALFORMED",
  () => {
    const parsers = [
      (der: Uint8Array) => checkDer(der, 1 << 16, "test"),
      parseCertificate,
      parseRequest,
      parseRevocationList,
      parseSignedData,
      parseSignature,
      parseCiphertext,
      parsePublicKeyInfo,
      parsePrivateKeyInfo,
      parseSec1PrivateKey,
      readCiphertext,
    ];
    const known = Object.values(kinds).map(({ der }) => der);
    const spliced = fc
      .tuple(fc.constantFrom(...known), fc.nat(), fc.nat({ max: 40 }), fc.oneof(bytes(0, 12), derLike))
      .map(([der, at, len, some]) => {
        const from = at % der.length;
        return Uint8Array.from([...der.subarray(0, from), ...some, ...der.subarray(from + len)]);
      });
    fc.assert(
      fc.property(fc.oneof(bytes(0, 80), derLike, spliced), (der) => {
        for (const parse of parsers) {
          try {
            parse(der);
          } catch (error) {
            if (!isRefusal(error)) throw error;
          }
        }
      }),
      cases(1500, 200_000),
    );
  },
  timeoutMs,
);
