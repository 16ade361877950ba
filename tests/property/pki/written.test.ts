/** What is read is what was written: parse(encode(x)) = x. */
import {
  createTimeStampRequest,
  encodeCiphertext,
  encodeEnvelopedData,
  encodeName,
  encodePrivateKeyInfo,
  encodePublicKeyInfo,
  encodeSec1PrivateKey,
  encodeSignature,
  hexOf,
  isUscc,
  issueCertificate,
  issueTimeStampToken,
  oid,
  openEnvelopedData,
  parseCertificate,
  parseCiphertext,
  parseEitherSignature,
  parseEnvelopedData,
  parsePrivateKeyInfo,
  parsePublicKeyInfo,
  parseSec1PrivateKey,
  parseSignature,
  parseTimeStampRequest,
  parseTimeStampToken,
  readCiphertext,
} from "@certbridge/pki";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { gm, party, threeTiers, timeStamper } from "../../support/authority.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const { sub, leaf } = threeTiers();

/** Zeros at the front are where DER takes bytes away. */
const digits = (len: number) =>
  fc.tuple(fc.nat({ max: len }), fc.uint8Array({ minLength: len, maxLength: len })).map(([zeros, bytes]) => {
    bytes.fill(0, 0, zeros);
    return new Uint8Array(bytes);
  });
const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((some) => new Uint8Array(some));
const date = fc
  .date({ min: new Date("1950-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
  .map((time) => new Date(Math.floor(time.getTime() / 1000) * 1000));
const arcs = fc
  .tuple(fc.bigInt({ min: 0n, max: 1n << 128n }), fc.array(fc.bigInt({ min: 0n, max: 1n << 40n }), { maxLength: 5 }))
  .map(([second, rest]) => ["2", second, ...rest].join("."));

test(
  "signatures, ciphertexts and keys",
  () => {
    fc.assert(
      fc.property(digits(64), digits(96), bytes(1, 200), digits(64), digits(32), (rs, head, text, xy, key) => {
        expect(parseSignature(encodeSignature(rs))).toEqual(rs);
        expect(parseEitherSignature(rs)).toEqual(rs);
        const raw = Uint8Array.from([4, ...head, ...text]);
        expect(parseCiphertext(encodeCiphertext(raw))).toEqual(raw);
        expect(readCiphertext(encodeCiphertext(raw))[0]).toEqual(raw);
        const point = Uint8Array.from([4, ...xy]);
        expect(parsePublicKeyInfo(encodePublicKeyInfo(point))).toEqual(point);
        expect(parsePrivateKeyInfo(encodePrivateKeyInfo(key, point))).toEqual(key);
        expect(parseSec1PrivateKey(encodeSec1PrivateKey(key, point))).toEqual(key);
      }),
      cases(200, 50_000),
    );
  },
  timeoutMs,
);

test(
  "certificates",
  () => {
    const usages = fc.subarray([
      "digitalSignature",
      "nonRepudiation",
      "keyEncipherment",
      "keyCertSign",
      "cRLSign",
      "decipherOnly",
    ] as const);
    const extension = fc.record({ type: arcs.map((arc) => `${arc}.1`), critical: fc.boolean(), value: bytes(0, 60) });
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
        fc.record({ notBefore: date, notAfter: date, serialNumber: digits(20), keyUsage: usages }),
        fc.uniqueArray(arcs, { maxLength: 3 }),
        fc.uniqueArray(extension, { maxLength: 3, selector: ({ type }) => type }),
        fc.option(fc.record({ pathLen: fc.option(fc.nat({ max: 200 })) }), { nil: null }),
        (commonName, fields, policies, extensions, ca) => {
          const subject = encodeName([[oid.commonName, commonName]]);
          const given = {
            ...fields,
            subject,
            policies,
            extensions,
            publicKey: leaf.publicKey,
            ...(ca !== null && { ca }),
          };
          const read = parseCertificate(issueCertificate(gm, given, sub.issuer));
          expect(read.subject.commonName).toBe(commonName);
          expect([read.notBefore, read.notAfter]).toEqual([fields.notBefore, fields.notAfter]);
          expect(BigInt(`0x${read.serialNumber}`)).toBe(BigInt(`0x${hexOf(fields.serialNumber)}`));
          expect(read.keyUsage?.size ?? 0).toBe(fields.keyUsage.length);
          expect(read.policies).toEqual(policies);
          for (const { type, value } of extensions) expect(read.extension(type)).toEqual(value);
          for (const { type, critical } of extensions) expect(read.critical.includes(type)).toBe(critical);
          expect(read.basicConstraints).toEqual(ca === null ? null : { ca: true, pathLen: ca.pathLen });
          expect(gm.sm2Verify(sub.publicKey, read.tbs, read.signature)).toBe(true);
        },
      ),
      cases(100, 5000),
    );
  },
  timeoutMs,
);

test(
  "every code with its own check digit is one, and with another none",
  () => {
    const letters = Array.from("0123456789ABCDEFGHJKLMNPQRTUWXY");
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...letters), { minLength: 17, maxLength: 17 }), (first) => {
        const fitting = letters.filter((last) => isUscc([...first, last].join("")));
        expect(fitting).toHaveLength(1);
      }),
      cases(200, 20_000),
    );
  },
  timeoutMs,
);

test(
  "envelopes, for one recipient and for eight",
  () => {
    const holders = Array.from({ length: 8 }, (_, at) => party(`持有人${at}`, sub, { keyUsage: ["dataEncipherment"] }));
    const some = fc.subarray(holders, { minLength: 1 });
    fc.assert(
      fc.property(
        bytes(0, 3000),
        bytes(16, 16),
        bytes(16, 16),
        some,
        arcs,
        (content, contentKey, iv, to, contentType) => {
          const recipients = to.map(({ certificate }) => certificate);
          const der = encodeEnvelopedData(gm, { content, recipients, contentKey, iv, contentType });
          const envelope = parseEnvelopedData(der, der.length);
          expect(envelope).toMatchObject({ contentType, iv, recipients: to.map(() => ({})) });
          for (const one of holders) {
            const opened = openEnvelopedData(gm, envelope, one.certificate, one.privateKey);
            expect(opened).toEqual(to.includes(one) ? content : null);
          }
        },
      ),
      cases(20, 2000),
    );
  },
  timeoutMs,
);

test(
  "requests for time stamps, and the stamps, of every family",
  () => {
    const tsa = timeStamper(sub, {
      notBefore: new Date("1950-01-01T00:00:00Z"),
      notAfter: new Date("9999-12-31T23:59:59Z"),
    });
    const instant = fc.date({
      min: new Date("1950-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59Z"),
      noInvalidDate: true,
    });
    const family = fc.constantFrom("gm" as const, "rfc" as const);
    const [nonces, serials] = [bytes(1, 32), bytes(1, 20)];
    const valueOf = (digits: Uint8Array) => BigInt(`0x${hexOf(digits)}`);
    fc.assert(
      fc.property(
        bytes(32, 32),
        nonces,
        serials,
        arcs,
        instant,
        family,
        (imprint, nonce, serialNumber, policy, genTime, form) => {
          const request = parseTimeStampRequest(createTimeStampRequest(imprint, nonce, policy));
          expect(request).toMatchObject({
            imprint: { algorithm: oid.sm3, digest: imprint },
            policy,
            certificates: true,
          });
          const stamp = { request, genTime, serialNumber, policy, family: form, ...tsa };
          const { info } = parseTimeStampToken(issueTimeStampToken(gm, stamp));
          expect(info).toMatchObject({ policy, imprint: request.imprint, genTime, accuracyMs: null });
          expect(BigInt(`0x${info.serialNumber}`)).toBe(valueOf(serialNumber));
          expect(valueOf(info.nonce ?? new Uint8Array(1))).toBe(valueOf(nonce));
        },
      ),
      cases(100, 10_000),
    );
  },
  timeoutMs,
);
