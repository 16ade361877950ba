/**
 * The evidence of each bid (存证): who has to answer for a bid that was not opened, its bidder or somebody else, is asked of what was tried, when,
 * and where it failed (电子招标投标办法 article 31). One file per bid, a line per attempt, each with SM3 of the line before. Lines are only added;
 * a broken one is kept, and told by whoever reads. No PIN, no content, no name. docs/formats/ledger.md
 */
import { join } from "node:path";
import type { Gm } from "@certbridge/gm";
import { type LedgerEntry, ledgerEntry, ledgerStart } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { canonicalJson, parseCanonical } from "@certbridge/protocol/canonical";
import { type ErrorCode, OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { packageName } from "./bids.ts";
import type { Clock } from "./clock.ts";
import { instantOf } from "./clock.ts";
import { readIfThere, writeWhole } from "./disk.ts";
import { withLock } from "./lock.ts";
import type { Log } from "./log.ts";

/** Bytes of a line. */
const LINE_LEN = 1024;
/** What no person agreed to goes no further than this: a page that asks for ever leaves room for what matters. */
const UNASKED_LEN = limits.ledgerLen / 2;

const LINE_END = 0x0a;

type Layer = NonNullable<LedgerEntry["failure"]>["layer"];

/** Whose affair a failure is. What is not here is the program's own. */
const LAYERS: Partial<Record<ErrorCode, Layer>> = {
  PIN_INCORRECT: "person",
  PIN_LOCKED: "person",
  USER_DECLINED: "person",
  CANCELLED: "person",
  CONSENT_EXPIRED: "person",
  KEY_NOT_FOUND: "key",
  CERTIFICATE_UNUSABLE: "key",
  PIN_LAST_TRY: "key",
  DEVICE_REMOVED: "key",
  DEVICE_BUSY: "key",
  DEVICE_FAILED: "key",
  DRIVER_FAILED: "key",
  STORE_DAMAGED: "key",
  PLATFORM_UNPROVED: "platform",
  NOTICE_OUTDATED: "platform",
  NOTICE_REFUSED: "platform",
  ORDER_REFUSED: "platform",
  CLOCK_BEHIND: "clock",
  MALFORMED: "package",
  BID_REFUSED: "key",
  BID_NOT_OPENED: "package",
  BACKUP_KEY_REFUSED: "person",
};

const layerOf = (code: ErrorCode): Layer => LAYERS[code] ?? "program";

/** What came of an attempt: null where it was done. */
export function failureOf(error: unknown): LedgerEntry["failure"] {
  if (!(error instanceof OperationError)) return { layer: "program", code: "INTERNAL", rule: null };
  const { code, details }: OperationError = error;
  const rule = details !== undefined && "rule" in details ? details.rule : null;
  // The trial is of the key block; every other rule of the check is of the key and its certificates.
  const layer = rule === "trial-opening" ? "package" : layerOf(code);
  return { layer, code, rule };
}

/** The same of what failed outside of the program, of which the code alone is known here. */
export function failureOfCode(code: ErrorCode): LedgerEntry["failure"] {
  return { layer: layerOf(code), code, rule: null };
}

/** How far a ledger goes. */
export interface LedgerHead {
  readonly entries: number;
  /** SM3 of the last line, 32 bytes. */
  readonly head: Uint8Array;
}

/** A ledger, read: its lines as far as they are such, and the number of the first that is not. */
export interface ReadLedger extends LedgerHead {
  readonly lines: readonly LedgerEntry[];
  /** Null where the chain is whole. */
  readonly brokenAt: number | null;
  /** SM3 after so many lines; null where there are fewer. */
  headAfter(entries: number): Uint8Array | null;
}

export interface Attempt extends Pick<LedgerEntry, "step" | "failure"> {
  readonly stampedAt?: Date | null;
  /** What it is about, as bytes; the line has their SM3. */
  readonly message?: Uint8Array | null;
  /** Came of a page's request alone, before a person was asked. */
  readonly unasked?: boolean;
}

export interface Ledger {
  /** Adds a line. @throws OperationError STORE_BUSY, TOO_LARGE, and what the disk says */
  add(packageId: string, attempt: Attempt): Promise<LedgerHead>;
  /** Adds a line; what hinders it is logged, and hinders nothing else: the evidence of an opening is worth less than the opening. */
  note(packageId: string, attempt: Attempt): Promise<void>;
  /** The same, without being waited for; whoever reads, or adds, in this program waits for it. */
  noteBehind(packageId: string, attempt: Attempt): void;
  /** The file as it is; null where nothing was written for this bid. */
  bytes(packageId: string): Promise<Uint8Array | null>;
  /** Null where nothing was written for this bid. */
  read(packageId: string): Promise<ReadLedger | null>;
}

/** The head of a bid's ledger, base64url, where there is one. */
export async function ledgerHeadOf(
  { ledger }: { readonly ledger: Pick<Ledger, "read"> },
  packageId: string,
): Promise<{ readonly ledgerHead?: string }> {
  const read = await ledger.read(packageId);
  return read === null ? {} : { ledgerHead: encodeBase64Url(read.head) };
}

function splitLines(content: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < content.length;) {
    const end = content.indexOf(LINE_END, at);
    lines.push(content.subarray(at, end < 0 ? content.length : end));
    at = end < 0 ? content.length : end + 1;
  }
  return lines;
}

/** Checks a ledger's bytes: each line's form, number, package and hash of the line before. */
export function readLedger(gm: Pick<Gm, "sm3">, packageId: string, content: Uint8Array): ReadLedger {
  const lines: LedgerEntry[] = [];
  const heads: Uint8Array[] = [gm.sm3(ledgerStart(packageId))];
  let brokenAt: number | null = null;
  for (const [index, bytes] of splitLines(content).entries()) {
    const previous = encodeBase64Url(heads[index] ?? new Uint8Array(0));
    try {
      const line = parseCanonical(ledgerEntry, bytes, LINE_LEN, "ledger");
      lines.push(line);
      if (line.packageId !== packageId || line.entry !== index + 1 || line.previous !== previous)
        brokenAt ??= index + 1;
    } catch {
      brokenAt ??= index + 1;
    }
    heads.push(gm.sm3(bytes));
  }
  return {
    lines,
    brokenAt,
    entries: heads.length - 1,
    head: heads.at(-1) ?? new Uint8Array(0),
    headAfter: (entries) => heads[entries] ?? null,
  };
}

/** @param options.folder where the files are; made by whoever prepares the home */
export function openLedger(options: {
  readonly gm: Pick<Gm, "sm3">;
  readonly folder: string;
  readonly clock: Clock;
  readonly version: string;
  readonly log: Log;
}): Ledger {
  const { gm, folder, clock, version, log } = options;
  const fileOf = (packageId: string): string => join(folder, `${packageName(packageId)}.jsonl`);

  function add(packageId: string, attempt: Attempt): Promise<LedgerHead> {
    const { step, failure, stampedAt = null, message = null, unasked = false } = attempt;
    return withLock(folder, async () => {
      const path = fileOf(packageId);
      const content = (await readIfThere(path)) ?? Buffer.alloc(0);
      const { entries, head } = readLedger(gm, packageId, content);
      const line = {
        format: "shared-certificate-ledger:1",
        packageId,
        entry: entries + 1,
        previous: encodeBase64Url(head),
        at: instantOf(clock()),
        stampedAt: stampedAt?.toISOString() ?? null,
        step,
        failure,
        ...(message === null ? {} : { message: encodeBase64Url(gm.sm3(message)) }),
        program: version,
      } satisfies LedgerEntry;
      const bytes = Buffer.from(canonicalJson(line), "utf8");
      // Of a write that a power cut broke off nothing is left but a line without its end.
      const isWhole = content.length === 0 || content.at(-1) === LINE_END;
      const pieces = [content, isWhole ? "" : "\n", bytes, "\n"].map((piece) => Buffer.from(piece));
      const grown = Buffer.concat(pieces);
      const limit = unasked ? UNASKED_LEN : limits.ledgerLen;
      if (grown.length > limit) throw new OperationError("TOO_LARGE", { limit });
      await writeWhole(path, grown);
      return { entries: entries + 1, head: gm.sm3(bytes) };
    });
  }

  /** What is written behind the answers. */
  let behind: Promise<void> = Promise.resolve();

  async function note(packageId: string, attempt: Attempt): Promise<void> {
    await add(packageId, attempt).catch((error: unknown) => log({ event: "ledger", operation: attempt.step, error }));
  }

  async function bytesOf(packageId: string): Promise<Buffer | null> {
    await behind;
    return readIfThere(fileOf(packageId));
  }

  return {
    async add(packageId, attempt) {
      await behind;
      return add(packageId, attempt);
    },
    async note(packageId, attempt) {
      await behind;
      await note(packageId, attempt);
    },
    noteBehind(packageId, attempt) {
      behind = behind.then(() => note(packageId, attempt));
    },
    bytes: bytesOf,
    async read(packageId) {
      const content = await bytesOf(packageId);
      return content === null ? null : readLedger(gm, packageId, content);
    },
  };
}
