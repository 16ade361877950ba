/**
 * What a person does with software keys: apply for a certificate, take in what the CA issued, renew, bring keys from files and
 * take them out. Everything that comes in is matched by public key before anything is written.
 */
import type { Gm } from "@certbridge/gm";
import {
  ProofError,
  createRequest,
  encodeName,
  isForEncryption,
  isForSigning,
  isKeyOf,
  oid,
  openEnvelopedKey,
  pairCertificates,
  parseCertificate,
  parsePrivateKeyInfo,
  sameBytes,
} from "@certbridge/pki";
import type { Certificate } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { Clock } from "../../clock.ts";
import { instantOf } from "../../clock.ts";
import { readCertificates } from "../../key-files/files.ts";
import type { KeyFileContents, KeyWithCertificate } from "../../key-files/pkcs12.ts";
import type { KeyFileBody, KeyPairRecord } from "./key-file.ts";
import type { Opened, SoftwareStore } from "./store.ts";
import { withNewPair } from "./store.ts";

export interface Keeper {
  readonly gm: Gm;
  readonly clock: Clock;
  readonly store: SoftwareStore;
}

/** An identity that waits for its certificates, and the PKCS#10 request (DER) for the CA. */
export interface Applied {
  readonly id: string;
  readonly request: Uint8Array;
}

function invalid(path: string): OperationError {
  return new OperationError("INVALID_REQUEST", { path });
}

/** C=CN, O and CN the bidder's name, organizationIdentifier the 统一社会信用代码 where given. */
function subjectOf(name: string, uscc: string | null): Uint8Array {
  const attributes: [string, string][] = [
    [oid.country, "CN"],
    [oid.organization, name],
    [oid.commonName, name],
  ];
  if (uscc !== null) attributes.push([oid.organizationIdentifier, uscc]);
  return encodeName(attributes);
}

/** A fresh key pair that waits for certificates, and its request. */
function applyWith(
  { gm, clock }: Keeper,
  opened: Opened,
  subject: Uint8Array,
): { readonly pending: KeyFileBody["pending"]; readonly request: Uint8Array } {
  const { privateKey, publicKey } = gm.sm2KeyPair();
  const request = createRequest(gm, { subject, privateKey, publicKey });
  const key = opened.seal(privateKey);
  privateKey.fill(0);
  return { pending: { createdAt: instantOf(clock()), publicKey: encodeBase64Url(publicKey), key }, request };
}

/** A new identity with a signing key of its own. @throws OperationError INVALID_REQUEST for a short PIN */
export async function applyForCertificate(
  keeper: Keeper,
  { name, uscc, pin }: { readonly name: string; readonly uscc: string | null; readonly pin: string },
): Promise<Applied> {
  let request: Uint8Array = new Uint8Array(0);
  const id = await keeper.store.add(name, pin, (opened) => {
    const applied = applyWith(keeper, opened, subjectOf(name, uscc));
    request = applied.request;
    return { pending: applied.pending, pairs: [] };
  });
  return { id, request };
}

/** A new signing key for the same holder; the current pair stays in use until certificates for the new one are taken in. */
export async function renew(keeper: Keeper, keyId: string, pin: string): Promise<Applied> {
  const body = await keeper.store.identityOf(keyId);
  const current = body?.pairs.find((pair) => pair.retiredAt === null);
  if (body === null || current === undefined) throw new OperationError("KEY_NOT_FOUND");
  const subject = parseCertificate(decodeBase64Url(current.signing.certificate)).subject.der;
  let request: Uint8Array = new Uint8Array(0);
  await keeper.store.change(body.id, pin, (opened) => {
    const applied = applyWith(keeper, opened, subject);
    request = applied.request;
    return { pending: applied.pending };
  });
  return { id: body.id, request };
}

/** What the CA issued; certificates as DER or PEM, the SM2EnvelopedKey (GM/T 0009) as DER or PEM. */
export interface Issued {
  readonly signing: Uint8Array;
  readonly encryption: Uint8Array;
  readonly envelopedKey: Uint8Array;
  readonly chain: readonly Uint8Array[];
}

function oneCertificate(content: Uint8Array, path: string): Certificate {
  const [der, more] = readCertificates(content);
  if (der === undefined || more !== undefined) throw invalid(path);
  return parseCertificate(der);
}

function chainOf(contents: readonly Uint8Array[]): readonly Uint8Array[] {
  const chain = contents.flatMap(readCertificates);
  if (chain.length > limits.chainCertificates)
    throw new OperationError("TOO_LARGE", { limit: limits.chainCertificates });
  return chain;
}

/** @throws OperationError INVALID_REQUEST naming the file that does not fit */
function checkPair(signing: Certificate, encryption: Certificate): void {
  try {
    pairCertificates(signing, encryption);
  } catch (error) {
    throw error instanceof ProofError ? invalid("encryption") : error;
  }
}

/**
 * Installs the dual certificates for the key that was applied with: opens the encryption key with the signing key, checks that
 * every private key belongs to its certificate, and puts the pair in front of the older ones.
 *
 * @throws OperationError KEY_NOT_FOUND where no key waits for this certificate, INVALID_REQUEST, MALFORMED, and those of the PIN
 */
export async function acceptCertificates(keeper: Keeper, issued: Issued, pin: string): Promise<string> {
  const { gm, clock, store } = keeper;
  const signing = oneCertificate(issued.signing, "signing");
  const encryption = oneCertificate(issued.encryption, "encryption");
  const chain = chainOf(issued.chain).map(encodeBase64Url);
  checkPair(signing, encryption);
  const publicKey = encodeBase64Url(signing.publicKey);
  const waiting = (await store.identities()).find(({ body }) => body?.pending?.publicKey === publicKey);
  if (waiting === undefined) throw new OperationError("KEY_NOT_FOUND");

  await store.change(waiting.id, pin, (opened) => {
    const { pending } = opened.body;
    if (pending === null || pending.publicKey !== publicKey) throw new OperationError("KEY_NOT_FOUND");
    const signingKey = opened.privateKey(pending.key);
    const encryptionKey = openEnvelopedKey(gm, issued.envelopedKey, signingKey);
    signingKey.fill(0);
    if (encryptionKey === null) throw invalid("enveloped-key");
    const fits = sameBytes(gm.sm2PublicKey(encryptionKey), encryption.publicKey);
    const sealed = opened.seal(encryptionKey);
    encryptionKey.fill(0);
    if (!fits) throw invalid("enveloped-key");
    const pair: KeyPairRecord = {
      addedAt: instantOf(clock()),
      retiredAt: null,
      signing: { certificate: encodeBase64Url(signing.der), key: pending.key },
      encryption: { certificate: encodeBase64Url(encryption.der), key: sealed },
      chain,
    };
    return { pending: null, pairs: withNewPair(opened.body, pair, clock()) };
  });
  return encodeBase64Url(gm.sm3(signing.der));
}

/** A private key and the certificate whose public key it has. */
interface Matched {
  readonly privateKey: Uint8Array;
  readonly certificate: Certificate;
}

function match(gm: Gm, contents: KeyFileContents, forUse: (certificate: Certificate) => boolean): Matched | null {
  const certificates = contents.certificates.map(parseCertificate).filter(forUse);
  for (const info of contents.keys) {
    const privateKey = parsePrivateKeyInfo(info);
    const certificate = certificates.find(({ publicKey }) => isKeyOf(gm, privateKey, publicKey));
    if (certificate !== undefined) return { privateKey, certificate };
    privateKey.fill(0);
  }
  return null;
}

/**
 * Brings in keys that files held, as an identity of its own. A signing key with its certificate is needed; the encryption pair
 * comes along where it is there. Certificates of CAs become the chain.
 *
 * @throws OperationError KEY_NOT_FOUND where no key belongs to a signing certificate, INVALID_REQUEST for a short PIN
 */
export async function importKeys(
  keeper: Keeper,
  contents: KeyFileContents,
  { name, pin }: { readonly name: string | null; readonly pin: string },
): Promise<string> {
  const { gm, clock, store } = keeper;
  const signing = match(gm, contents, isForSigning);
  if (signing === null) throw new OperationError("KEY_NOT_FOUND");
  const encryption = match(gm, contents, (candidate) => isForEncryption(candidate) && !isForSigning(candidate));
  if (encryption !== null) checkPair(signing.certificate, encryption.certificate);
  const keyId = encodeBase64Url(gm.sm3(signing.certificate.der));
  if ((await store.identityOf(keyId)) !== null) throw invalid("already there");
  const chain = chainOf(contents.certificates.filter((der) => parseCertificate(der).basicConstraints?.ca === true));
  try {
    await store.add(name ?? signing.certificate.subject.commonName, pin, (opened) => {
      const half = ({ certificate, privateKey }: Matched) => ({
        certificate: encodeBase64Url(certificate.der),
        key: opened.seal(privateKey),
      });
      const pair: KeyPairRecord = {
        addedAt: instantOf(clock()),
        retiredAt: null,
        signing: half(signing),
        encryption: encryption === null ? null : half(encryption),
        chain: chain.map(encodeBase64Url),
      };
      return { pending: null, pairs: [pair] };
    });
  } finally {
    for (const matched of [signing, encryption]) matched?.privateKey.fill(0);
  }
  return keyId;
}

/** The keys of a pair, current or kept as history; the private keys are the caller's to wipe. */
export interface Exported {
  readonly signing: KeyWithCertificate;
  readonly encryption: KeyWithCertificate | null;
  readonly chain: readonly Uint8Array[];
}

/** @throws OperationError KEY_NOT_FOUND, and those of the PIN */
export async function exportKeys({ gm, store }: Keeper, keyId: string, pin: string): Promise<Exported> {
  const body = await store.identityOf(keyId);
  if (body === null) throw new OperationError("KEY_NOT_FOUND");
  return store.read(body.id, pin, (opened) => {
    const pair = opened.body.pairs.find(
      ({ signing }) => encodeBase64Url(gm.sm3(decodeBase64Url(signing.certificate))) === keyId,
    );
    if (pair === undefined) throw new OperationError("KEY_NOT_FOUND");
    const open = ({ certificate, key }: KeyPairRecord["signing"], use: string): KeyWithCertificate => {
      const der = decodeBase64Url(certificate);
      const privateKey = opened.privateKey(key);
      const { publicKey, subject } = parseCertificate(der);
      return { privateKey, publicKey, certificate: der, friendlyName: `${subject.commonName} ${use}` };
    };
    return {
      signing: open(pair.signing, "签名"),
      encryption: pair.encryption === null ? null : open(pair.encryption, "加密"),
      chain: pair.chain.map(decodeBase64Url),
    };
  });
}
