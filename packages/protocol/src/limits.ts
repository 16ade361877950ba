/** First values of the limits that the contract fixes. Lengths in bytes, durations in milliseconds. */
export const limits = {
  nonceMinLen: 32,
  nonceMaxLen: 64,
  nonceLifeMs: 5 * 60_000,
  consentMs: 2 * 60_000,
  consentMaxMs: 10 * 60_000,
  pendingPerDocument: 1,
  pendingPerOrigin: 3,
  requestsPerMinuteAndOrigin: 10,
  signItems: 100,
  nameLen: 255,
  originLen: 512,
  pageMessageLen: 256 * 1024,
  nativeFrameLen: 512 * 1024,
  certificateLen: 16 * 1024,
  chainCertificates: 5,
  derDepth: 32,
  /** Elements of a DER message, all levels together: a message with 32 certificates has about 6,000. */
  derElements: 16_384,
  /** Elements side by side in one, where nothing else is said: extensions, policies, attributes. */
  derParts: 256,
  /** A revocation list of 8 MiB has at most about 200,000 entries of up to seven elements. */
  revocationListEntries: 262_144,
  revocationListElements: 2_097_152,
  credentialLen: 8 * 1024,
  /** A year, and a year with a 29 February in it has 366 days. */
  credentialLifeMs: 366 * 24 * 3600_000,
  clockSkewMs: 60_000,
  wrongPinsPerOriginAndHour: 2,
  /** Passphrases of backup key files: tries before each one has to wait, the first wait, and the longest. */
  wrongPassphrases: 5,
  passphraseWaitMs: 15_000,
  passphraseWaitMaxMs: 5 * 60_000,
  attachedContentLen: 16 * 1024 * 1024,
  attachedTotalLen: 32 * 1024 * 1024,
  packageLen: 64 * 1024 ** 3,
  /**
   * What all files of a package have together. The rest of it are 16 bytes for each of 65,536 segments, or two heads of chunks for each MiB of the legacy profile, the
   * list of files, hash and padding, frame, key block and signature.
   */
  packageContentLen: 64 * 1024 ** 3 - 8 * 1024 ** 2,
  packageFiles: 1000,
  /** Plaintext of a segment of a bid package, and the same sealed: 16 bytes of tag behind it. */
  segmentLen: 1024 * 1024,
  sealedSegmentLen: 1024 * 1024 + 16,
  recipients: 8,
  /** Bids that one run of the program has in the making at once: a bidder has several lots, and each key is open for as long. */
  bidsBegun: 4,
  keyBlockLen: 16 * 1024,
  /** The header of a bid package, the index of its files, its trailer, its signature: JSON three times, DER. */
  bidHeaderLen: 2048,
  bidFileListLen: 512 * 1024,
  bidTrailerLen: 512,
  bidSignatureLen: 64 * 1024,
  backupKeyLen: 8 * 1024,
  /** A notice, an order, a released key: DER. */
  noticeLen: 32 * 1024,
  /** The record of a bid: some thousands of lines. */
  ledgerLen: 1024 * 1024,
  /** Answers to released keys that are kept of a bid: half of them of those that take the key, half of those that do not. */
  openingReceipts: 8,
  /** A file with open bids for another computer; the largest bid in it has about 350 KiB. */
  openBidsInFile: 100,
  openBidsFileLen: 36 * 1024 * 1024,
  orderLifeMs: 30 * 60_000,
  /** From a package's arrival to the time stamp of its receipt: reading it takes minutes where it is large. */
  receiptStampMs: 30 * 60_000,
} as const;
