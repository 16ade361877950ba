/** One genuine message of each verb, for those who alter them. */
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { HostVerb } from "@certbridge/protocol/host";
import type { OperationName } from "@certbridge/protocol/page/names";
import type { SurfaceVerb } from "@certbridge/protocol/surface";
import type { WorkshopVerb } from "@certbridge/protocol/workshop";
import type { Registry } from "@certbridge/trust";
import { gm, party } from "../authority.ts";
import { carryBid, makeBid, openBidding } from "../bidding.ts";
import { issueCredential, newId, openAuthority, PLATFORM_ORIGIN } from "../host.ts";

const text = encodeBase64Url;

export const nonce = "A".repeat(43);

/** A registration credential by a platform that nobody knows, DER. */
export const credential = issueCredential(party("平台", null, { keyUsage: ["digitalSignature"] }));

const keyId = encodeBase64Url(new Uint8Array(32).fill(7));
/** For a key that nobody has, so that no PIN is stretched ten thousand times. */
/** Of the length that a sealed PIN has; nobody can open it. */
const sealedPin = encodeBase64Url(new Uint8Array(332).fill(4));
/** The base point of SM2: a point that a key can be encrypted to. */
const worker = text(gm.sm2PublicKey(Uint8Array.from({ length: 32 }, (_, at) => (at === 31 ? 1 : 0))));
const consent = { consentId: newId(), keyId, sealedPin };
const shown = { keyId, origin: PLATFORM_ORIGIN, credential: encodeBase64Url(credential) };

const plainSamples = {
  status: { extension: "0.1.0" },
  keys: {},
  awaitKeys: { seen: null },
  diagnose: {},
  login: { ...consent, origin: PLATFORM_ORIGIN, nonce },
  register: { ...consent, origin: PLATFORM_ORIGIN, nonce, credentialId: "credential-0001" },
  readCredential: shown,
  saveCredential: { ...shown, consentId: newId() },
  sign: {
    ...consent,
    origin: PLATFORM_ORIGIN,
    format: "cms-detached",
    items: [1, 2].map((n) => ({ name: `标书${n}.pdf`, digest: nonce })),
  },
};

/** Everything around a bid whose opening has begun; whoever knows this registry takes its notices and orders for genuine. */
export const bidding = openBidding(openAuthority(), Date.now() - 60_000);
const committee = party("救济委员会", null, { keyUsage: ["keyEncipherment"] }).certificate.der;
const bid = makeBid(keyId, new Date(bidding.openingAt).toISOString(), [committee]);
const noticed = { origin: PLATFORM_ORIGIN, notice: text(bidding.notice({ committee: text(committee) })) };
const ordered = { origin: PLATFORM_ORIGIN, keyBlock: text(bid.keyBlock), order: text(bidding.order()) };
const { packageId } = bid.header;

export const hostSamples: { readonly [N in HostVerb]: object } = {
  ...plainSamples,
  readNotice: noticed,
  prepareBid: { ...noticed, keyId },
  beginBid: { ...consent, ...noticed, header: text(bid.headerBytes), keyBlock: text(bid.keyBlock) },
  finishBid: { consentId: newId(), trailer: text(bid.trailer) },
  confirmBid: { consentId: newId(), packageId },
  abandonBid: { consentId: newId(), code: "CANCELLED" },
  bids: {},
  bidEvidence: { packageId, piece: 0 },
  rehearseBid: { ...consent, packageId },
  exportBid: { packageId },
  noteBackup: { packageId },
  importBid: { bid: carryBid(bid, committee) },
  saveReceipt: { origin: PLATFORM_ORIGIN, packageId, receipt: text(credential) },
  updateNotice: noticed,
  readOrder: ordered,
  releaseKey: { ...consent, ...ordered, clockAccepted: false },
  releaseBackup: { ...ordered, clockAccepted: false },
  noteBackupRelease: { keyBlock: text(bid.keyBlock), stampedAt: "2026-12-20T01:30:00Z", came: { code: "INTERNAL" } },
  readOwnBid: { header: text(bid.headerBytes), keyBlock: text(bid.keyBlock) },
  openOwnBid: { ...consent, header: text(bid.headerBytes), keyBlock: text(bid.keyBlock), worker },
};

export const emptyRegistry: Registry = { platforms: [], authorities: [] };

/** What the page asks, as the relay brings it. */
export const pageSamples: { readonly [N in OperationName]: object } = {
  status: {},
  login: { nonce },
  register: { nonce },
  saveRegistration: { credential: encodeBase64Url(credential) },
  sign: {
    format: "cms-attached",
    items: [
      { name: "标书.pdf", content: new Blob(["标书"]) },
      { name: "附件.bin", content: Uint8Array.of(1, 2, 3) },
    ],
  },
  encrypt: { notice: encodeBase64Url(credential), files: [new File(["标书"], "标书.pdf")] },
  saveReceipt: { packageId: newId(), receipt: encodeBase64Url(credential) },
  updateNotice: { notice: encodeBase64Url(credential) },
  rehearse: { packageId: newId() },
  decrypt: { keyBlock: encodeBase64Url(credential), order: encodeBase64Url(credential) },
  jobs: { older: true },
};

const id = newId();
const hash = "0".repeat(64);

/** What the extension's own windows ask. */
export const surfaceSamples: { readonly [N in SurfaceVerb]: object } = {
  approval: { id },
  accept: { id, hash, key: { keyId, sealedPin, credentialId: null, clockAccepted: true } },
  awaitKeys: { seen: null },
  prepareBid: { id, keyId },
  backupKey: { id },
  openedFiles: { id },
  decline: { id },
  popup: { tabId: 1, url: "https://bid.example.cn/" },
  resumePin: { origin: "https://bid.example.cn" },
  showWaiting: { id },
  welcome: {},
  bids: {},
  bidEvidence: { packageId: newId() },
  rehearseBid: { consentId: newId(), packageId: newId(), keyId, sealedPin },
  ownPackage: { id },
  openOwnPackage: { id, signatureSm3: encodeBase64Url(new Uint8Array(32)), by: { keyId, sealedPin } },
  leaveOwnPackage: { id },
  exportBid: { packageId: newId() },
  importBid: hostSamples.importBid,
  noteBackup: { packageId: newId() },
  reach: { origin: "https://bid.example.cn" },
  options: {},
  policy: {},
  program: {},
  trustHost: { publicKey: encodeBase64Url(new Uint8Array(65).fill(4)) },
  diagnose: {},
  report: { browser: "Mozilla/5.0" },
  addSite: { origin: "https://bid.example.cn" },
  removeSite: { origin: "https://bid.example.cn" },
};

/** What the background asks of the workshop. */
export const workshopSamples: { readonly [N in WorkshopVerb]: object } = {
  read: { id, items: [{ name: "标书.pdf", content: new Blob(["标书"]) }], attach: true },
  attach: { id, cms: [encodeBase64Url(credential), null] },
  beginPackage: {
    id,
    header: {
      format: "shared-certificate-bid:1",
      platformId: "demo-a",
      projectCode: "JN-2026-118",
      projectName: "滨江路改造工程",
      lot: "1标段",
      openingTime: "2026-12-20T01:30:00Z",
      signingCertificateSm3: encodeBase64Url(new Uint8Array(32)),
    },
    recipients: [encodeBase64Url(credential)],
  },
  writePackage: { id, files: [new Blob(["标书"])] },
  finishPackage: { id, signature: encodeBase64Url(credential) },
  handOver: { id },
  backupKey: { id },
  releaseBackup: {
    file: encodeBase64Url(credential),
    passphrase: "0123-4567-89AB-CDEF-GHJK",
    order: encodeBase64Url(credential),
    stampedAt: "2026-12-20T01:30:00Z",
    stampedFrom: "2026-12-20T01:30:00Z",
    clockAccepted: false,
  },
  readPackage: { id, package: new Blob(["标书"]) },
  expectKey: { id },
  openPackage: { id, by: { sealedKey: encodeBase64Url(new Uint8Array(176)) } },
  openedFiles: { id },
  release: { id },
};
