/** What was altered is refused, in words that callers know, and never a false proof. */
import {
  createRequest,
  encodeEnvelopedData,
  encodeEnvelopedKey,
  hexOf,
  issueRevocationList,
  issueTimeStampToken,
  oid,
  openEnvelopedData,
  openEnvelopedKey,
  parseCertificate,
  parseEnvelopedData,
  ProofError,
  sameBytes,
  signData,
  verifyChain,
  verifyRequest,
  verifyRevocationList,
  verifySignedData,
  verifyTimeStampToken,
} from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, gm, NOW, party, threeTiers, timeStamper } from "../../support/authority.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const { root, sub, leaf } = threeTiers();
const content = new TextEncoder().encode("投标函");
const digest = gm.sm3(content);
const encryption = gm.sm2KeyPair();

const cms = (detached: boolean) =>
  signData(gm, {
    contentType: oid.gmData,
    content,
    detached,
    signedAt: NOW,
    certificate: leaf.certificate,
    chain: detached ? [sub.certificate] : [],
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
      cases(50, 20_000),
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
    fc.assert(fc.property(fc.nat({ max: der.length - 1 }), fc.integer({ min: 1, max: 255 }), check), cases(50, 20_000));
  },
  timeoutMs,
);

test(
  "any byte of an enveloped key changed: refused, or the same key",
  () => {
    const der = encodeEnvelopedKey(gm, leaf.publicKey, encryption, digest.slice(0, 16));
    const open = (altered: Uint8Array) => openEnvelopedKey(gm, altered, leaf.privateKey);
    for (let at = 0; at < der.length; at++) {
      const opened = proveOrRefuse(open, flip(der, at, 1))?.proved ?? null;
      if (opened !== null) expect(opened).toEqual(encryption.privateKey);
    }
  },
  timeoutMs,
);

test(
  "any byte of an envelope changed: refused, or nothing opened, or the same; SM4-CBC alone lets content be bent",
  () => {
    const holder = party("张三", sub, { keyUsage: ["keyEncipherment"] });
    const [contentKey, iv] = [digest.slice(0, 16), digest.slice(16)];
    const der = encodeEnvelopedData(gm, { content, recipients: [holder.certificate], contentKey, iv });
    const open = (altered: Uint8Array) => {
      const envelope = parseEnvelopedData(altered, der.length);
      return { ...envelope, opened: openEnvelopedData(gm, envelope, holder.certificate, holder.privateKey) };
    };
    const before = open(der);
    expect(before.opened).toEqual(content);
    const check = (at: number, mask: number) => {
      const after = proveOrRefuse(open, flip(der, at, mask))?.proved;
      if (after === undefined || after.opened === null) return;
      const isBent = !sameBytes(after.iv, iv) || !sameBytes(after.encryptedContent, before.encryptedContent);
      if (!isBent) expect(after.opened).toEqual(content);
    };
    for (let at = 0; at < der.length; at++) check(at, 1);
    fc.assert(fc.property(fc.nat({ max: der.length - 1 }), fc.integer({ min: 1, max: 255 }), check), cases(50, 20_000));
  },
  timeoutMs,
);

test.each(["gm", "rfc"] as const)(
  "any byte of a time stamp changed (%s): refused, or the same time by the same authority",
  (family) => {
    const tsa = timeStamper(sub);
    const stamping = { genTime: NOW, serialNumber: Uint8Array.of(7), policy: "1.2.3", ...tsa };
    const der = issueTimeStampToken(gm, { ...stamping, imprint: digest, family });
    const trusted = [hexOf(gm.sm3(tsa.publicKey))];
    const verify = (altered: Uint8Array) => {
      const { signer, ...proved } = verifyTimeStampToken(gm, altered, { imprint: digest, trusted });
      return { signer: hexOf(signer.der), ...proved };
    };
    const before = verify(der);
    const check = (at: number, mask: number) => {
      const after = proveOrRefuse(verify, flip(der, at, mask))?.proved;
      if (after !== undefined) expect(after).toEqual(before);
    };
    for (let at = 0; at < der.length; at++) check(at, 1);
    fc.assert(fc.property(fc.nat({ max: der.length - 1 }), fc.integer({ min: 1, max: 255 }), check), cases(50, 20_000));
  },
  timeoutMs,
);
