/** OpenSSL's command line, both ways: certificates of three tiers, requests, revocation lists, keys. */
import {
  createRequest,
  encodeName,
  encodePrivateKeyInfo,
  encodeSec1PrivateKey,
  findPairs,
  isRevoked,
  issueRevocationList,
  oid,
  parseCertificate,
  parsePrivateKeyInfo,
  parsePublicKeyInfo,
  parseSec1PrivateKey,
  verifyChain,
  verifyRequest,
  verifyRevocationList,
} from "@certbridge/pki";
import { expect } from "vitest";
import { DAY, gm, NOW, threeTiers } from "../../support/authority.ts";
import { exchange, testOpenssl } from "./peers.ts";

/** Without it OpenSSL 3.0 signs with an empty id. */
const SIGN = ["-sm3", "-sigopt", "distid:1234567812345678"];
const VERIFY = ["-vfyopt", "distid:1234567812345678"];

/** An authority's folder for `openssl ca`, which alone makes revocation lists. */
const CONFIG = `
[ca]
default_ca = authority
[authority]
database = index.txt
serial = serial.txt
crlnumber = number.txt
new_certs_dir = .
certificate = sub.pem
private_key = sub.key
default_md = sm3
default_days = 30
default_crl_days = 7
policy = any
[any]
commonName = supplied
[list]
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[sub]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[signing]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
certificatePolicies = 1.2.156.1.2.3
[encryption]
basicConstraints = CA:FALSE
keyUsage = critical,keyEncipherment,dataEncipherment,keyAgreement
authorityKeyIdentifier = keyid
`;

testOpenssl("is judged by us: chain, pair, requests, revocation list, keys", () => {
  const peer = exchange("openssl-make");
  const { openssl } = peer;
  peer.write("ca.cnf", CONFIG);
  peer.write("index.txt", "");
  peer.write("number.txt", "1A2B\n");
  for (const name of ["root", "sub", "signing", "encryption"]) {
    openssl("genpkey", "-algorithm", "SM2", "-out", `${name}.key`);
    const subject = name === "root" || name === "sub" ? `/C=CN/O=peer/CN=${name}` : "/C=CN/O=peer/CN=holder";
    openssl("req", "-new", "-key", `${name}.key`, "-subj", subject, ...SIGN, "-outform", "DER", "-out", `${name}.csr`);
    const [issuer, own] = name === "root" ? ["root", true] : [name === "sub" ? "root" : "sub", false];
    const by = own ? ["-signkey", "root.key"] : ["-CA", `${issuer}.pem`, "-CAkey", `${issuer}.key`, "-CAcreateserial"];
    const extensions = ["-extfile", "ca.cnf", "-extensions", name, "-days", "30"];
    openssl(
      "x509",
      "-req",
      "-inform",
      "DER",
      "-in",
      `${name}.csr`,
      ...by,
      ...SIGN,
      ...VERIFY,
      ...extensions,
      "-out",
      `${name}.pem`,
    );
    openssl("x509", "-in", `${name}.pem`, "-outform", "DER", "-out", `${name}.der`);
  }
  const certificate = (name: string) => parseCertificate(peer.read(`${name}.der`));
  const [root, sub, leaf, encryption] = [
    certificate("root"),
    certificate("sub"),
    certificate("signing"),
    certificate("encryption"),
  ];
  // OpenSSL dates by the clock of the computer.
  const at = new Date(leaf.notBefore.getTime() + 60_000);
  const chain = { intermediates: [encryption, sub], anchors: [root], at };
  expect(verifyChain(gm, { ...chain, leaf, usage: "sign" }).path).toEqual([leaf, sub, root]);
  expect(verifyChain(gm, { ...chain, leaf: encryption, usage: "encrypt" }).anchor).toBe(root);
  expect(verifyChain(gm, { ...chain, leaf: sub, usage: "certSign" }).path).toEqual([sub, root]);
  expect(leaf.subject.toString()).toBe("CN=holder,O=peer,C=CN");
  expect(leaf.policies).toEqual(["1.2.156.1.2.3"]);
  expect(openssl("x509", "-in", "signing.pem", "-noout", "-serial").trim()).toBe(`serial=${leaf.serialNumber}`);
  expect(findPairs([root, sub, encryption, leaf])).toHaveLength(1);
  expect(verifyRequest(gm, peer.read("signing.csr")).publicKey).toEqual(leaf.publicKey);

  const database = `R\t401231235959Z\t261123000000Z\t${leaf.serialNumber}\tunknown\t/CN=holder\n`;
  peer.write("index.txt", database);
  openssl(
    "ca",
    "-gencrl",
    "-config",
    "ca.cnf",
    "-crlexts",
    "list",
    "-sigopt",
    "distid:1234567812345678",
    "-out",
    "list.pem",
  );
  openssl("crl", "-in", "list.pem", "-outform", "DER", "-out", "list.der");
  const list = verifyRevocationList(gm, peer.read("list.der"), sub, at);
  expect(list.number).toBe(0x1a2bn);
  expect([isRevoked(list, leaf), isRevoked(list, encryption)]).toEqual([true, false]);

  openssl("pkcs8", "-topk8", "-nocrypt", "-in", "signing.key", "-outform", "DER", "-out", "signing.p8");
  openssl("ec", "-in", "signing.key", "-outform", "DER", "-out", "signing.sec1");
  openssl("pkey", "-in", "signing.key", "-pubout", "-outform", "DER", "-out", "signing.pub");
  const privateKey = parsePrivateKeyInfo(peer.read("signing.p8"));
  expect(gm.sm2PublicKey(privateKey)).toEqual(leaf.publicKey);
  expect(parseSec1PrivateKey(peer.read("signing.sec1"))).toEqual(privateKey);
  expect(parsePublicKeyInfo(peer.read("signing.pub"))).toEqual(leaf.publicKey);
});

testOpenssl("judges what we make", () => {
  const peer = exchange("openssl-judge");
  const { openssl } = peer;
  const { root, sub, leaf } = threeTiers();
  for (const [name, { certificate }] of Object.entries({ root, sub, leaf })) {
    peer.write(`${name}.der`, certificate.der);
    openssl("x509", "-inform", "DER", "-in", `${name}.der`, "-out", `${name}.pem`);
  }
  // The id reaches the leaf alone, so that each link is judged as a path of its own.
  const options = ["-partial_chain", "-x509_strict", "-attime", String(NOW.getTime() / 1000), ...VERIFY];
  const verify = (above: string, name: string) =>
    openssl("verify", ...options, "-trusted", `${above}.pem`, `${name}.pem`).trim();
  expect(verify("sub", "leaf")).toBe("leaf.pem: OK");
  expect(verify("root", "sub")).toBe("sub.pem: OK");
  expect(() => verify("root", "leaf")).toThrow("unable to get local issuer certificate");
  const text = openssl("x509", "-in", "leaf.pem", "-noout", "-text", "-nameopt", "utf8");
  expect(text).toContain("Signature Algorithm: SM2-with-SM3");
  expect(text).toContain("Digital Signature, Non Repudiation");

  const subject = encodeName([
    [oid.country, "CN"],
    [oid.commonName, "申请人"],
  ]);
  peer.write("request.der", createRequest(gm, { subject, ...leaf }));
  expect(openssl("req", "-inform", "DER", "-in", "request.der", "-noout", "-verify", ...VERIFY)).toContain("verify OK");

  const nextUpdate = new Date(NOW.getTime() + DAY);
  const revoked = [{ serialNumber: Uint8Array.of(0xff, 0xee), at: NOW }];
  peer.write("list.der", issueRevocationList(gm, { number: 300, thisUpdate: NOW, nextUpdate, revoked }, sub.issuer));
  const list = openssl("crl", "-inform", "DER", "-in", "list.der", "-noout", "-text");
  expect(list).toContain("Serial Number: FFEE");
  expect(list).toMatch(/X509v3 CRL Number:\s+300/);

  peer.write("leaf.p8", encodePrivateKeyInfo(leaf.privateKey, leaf.publicKey));
  peer.write("leaf.sec1", encodeSec1PrivateKey(leaf.privateKey, leaf.publicKey));
  const publicKey = openssl("x509", "-in", "leaf.pem", "-noout", "-pubkey");
  for (const name of ["leaf.p8", "leaf.sec1"]) {
    expect(openssl("pkey", "-inform", "DER", "-in", name, "-check", "-pubout")).toContain(publicKey);
  }
});
