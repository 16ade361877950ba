/** Time stamps: BouncyCastle both ways; OpenSSL's command line reads requests, tokens and answers, and asks. */
import {
  createTimeStampRequest,
  encodePrivateKeyInfo,
  encodeTimeStampResponse,
  hexOf,
  issueTimeStampToken,
  oid,
  parseTimeStampRequest,
  parseTimeStampResponse,
  verifyTimeStampToken,
} from "@certbridge/pki";
import { expect } from "vitest";
import { gm, NOW, threeTiers, timeStamper } from "../../support/authority.ts";
import { foreignHash } from "../../support/foreign-hash.ts";
import { exchange, testBouncyCastle, testOpenssl } from "./peers.ts";

const { sub } = threeTiers();
const tsa = timeStamper(sub);
const imprint = gm.sm3(new TextEncoder().encode("解密指令"));
const nonce = gm.sm3(imprint);
const genTime = new Date(NOW.getTime() + 250);
const policy = "1.2.156.1.2.3";
const requestDer = createTimeStampRequest(imprint, nonce, policy);
const stamping = { genTime, serialNumber: Uint8Array.of(0xff, 0xee), policy, ...tsa };
const issue = (family: "gm" | "rfc", more: object = {}) =>
  issueTimeStampToken(gm, { ...stamping, request: { ...parseTimeStampRequest(requestDer), ...more }, family });
const expected = { imprint, trusted: [hexOf(gm.sm3(tsa.publicKey))] };
const granted = (token: Uint8Array) => encodeTimeStampResponse({ status: "granted", token });
const rejected = encodeTimeStampResponse({ status: "rejected", failure: "badAlg", text: "不支持的算法" });

testBouncyCastle("judges ours, and stamps what we judge", () => {
  const peer = exchange("bc-stamp");
  peer.compile("StampPeer");
  peer.write("tsa.der", tsa.certificate.der);
  peer.write("other.der", timeStamper(sub).certificate.der);
  peer.write("imprint.bin", imprint);
  peer.write("request.tsq", requestDer);
  for (const family of ["rfc", "gm"] as const) peer.write(`${family}.tst`, issue(family));
  peer.write("granted.tsr", granted(issue("rfc")));
  peer.write("other.tsr", granted(issue("rfc", { nonce: imprint })));
  peer.write("rejected.tsr", rejected);
  const stamp = `true, ${genTime.getTime()}, 65518, ${policy}`;
  expect(peer.java("verify", "StampPeer")).toEqual([
    `request: true, ${oid.sm3}, true`,
    `rfc: ${stamp}`,
    "rfc, another's: false",
    `gm: ${stamp}`,
    "gm, another's: false",
    "response: 0",
    "rejected: 2, 128, 不支持的算法",
    "other nonce: response contains wrong nonce value.",
  ]);

  // Its policy is its own: what it is asked for here names none.
  peer.write("request.tsq", createTimeStampRequest(imprint, nonce));
  peer.write("tsa.key", encodePrivateKeyInfo(tsa.privateKey, tsa.publicKey));
  peer.write("time.txt", String(genTime.getTime()));
  peer.java("make", "StampPeer");
  const tokenOf = (file: string): Uint8Array => {
    const response = parseTimeStampResponse(peer.read(file));
    if (response.status !== "granted") throw new Error("unreachable");
    return response.token;
  };
  const proved = { genTime, policy: "1.2.156.4.5.6", serialNumber: "FFEE", accuracyMs: 1500 };
  for (const bound of [oid.sm3, oid.sha256, "1.3.14.3.2.26"]) {
    const token = tokenOf(`${bound}.tsr`);
    const options = { ...expected, nonce, ...(bound !== oid.sm3 && { hash: foreignHash }) };
    expect(verifyTimeStampToken(gm, token, options)).toMatchObject(proved);
    expect(() => verifyTimeStampToken(gm, token, { ...options, nonce: imprint })).toThrow(
      expect.objectContaining({ code: "NONCE_MISMATCH" }),
    );
    if (bound === oid.sm3) continue;
    expect(() => verifyTimeStampToken(gm, token, { ...expected, nonce })).toThrow(
      expect.objectContaining({ code: "SIGNATURE_INVALID" }),
    );
  }
  // It was not asked for certificates.
  const withSigner = { ...expected, signer: tsa.certificate };
  expect(() => verifyTimeStampToken(gm, peer.read("sha256.tst"), withSigner)).toThrow(
    expect.objectContaining({ code: "IMPRINT_UNSUPPORTED" }),
  );
  expect(parseTimeStampResponse(peer.read("refused.tsr"))).toMatchObject({ status: "rejected", failure: "badAlg" });
  expect(parseTimeStampRequest(peer.read("request-bc.tsq"))).toEqual({
    imprint: { algorithm: oid.sm3, digest: imprint },
    policy: "1.2.156.4.5.6",
    nonce: Uint8Array.of(0x80, 0xff),
    certificates: true,
  });
});

testOpenssl("reads ours, and asks", () => {
  const peer = exchange("openssl-stamp");
  const { openssl } = peer;
  peer.write("request.tsq", requestDer);
  const request = openssl("ts", "-query", "-in", "request.tsq", "-text");
  expect(request).toContain("Hash Algorithm: sm3");
  expect(request).toContain(`Policy OID: ${policy}`);
  expect(request).toContain("Certificate required: yes");
  peer.write("granted.tsr", granted(issue("rfc")));
  const text = openssl("ts", "-reply", "-in", "granted.tsr", "-text");
  for (const line of [
    "Status: Granted.",
    "Hash Algorithm: sm3",
    "Serial number: 0xFFEE",
    "Time stamp: Nov 23 09:00:00.25 2026 GMT",
    `Nonce: 0x${hexOf(nonce).toUpperCase()}`,
  ]) {
    expect(text).toContain(line);
  }
  peer.write("rejected.tsr", rejected);
  expect(openssl("ts", "-reply", "-in", "rejected.tsr", "-text")).toContain(
    "Failure info: unrecognized or unsupported algorithm identifier",
  );

  openssl("ts", "-query", "-digest", hexOf(imprint), "-sm3", "-cert", "-out", "openssl.tsq");
  const asked = parseTimeStampRequest(peer.read("openssl.tsq"));
  expect(asked).toMatchObject({ imprint: { algorithm: oid.sm3, digest: imprint }, policy: null, certificates: true });
  const token = issueTimeStampToken(gm, { ...stamping, request: asked, family: "rfc" });
  expect(verifyTimeStampToken(gm, token, { ...expected, nonce: asked.nonce ?? nonce }).genTime).toEqual(genTime);
  peer.write("token.tst", token);
  const reply = openssl("ts", "-reply", "-token_in", "-in", "token.tst", "-text", "-token_out");
  expect(reply).toContain(`Nonce: 0x${hexOf(asked.nonce ?? nonce).toUpperCase()}`);
});
