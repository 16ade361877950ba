/** An evidence report as a file: the page, the evidence in it, and the program's signature over that. docs/formats/evidence.md */
import type { Gm } from "@certbridge/gm";
import { type BidEvidence, bidEvidence } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { encodeEvidenceStatement, EVIDENCE_LABEL } from "@certbridge/protocol/statement";
import type { Registry } from "@certbridge/trust";
import type { Identity } from "../identity.ts";
import { judgeEvidence, type Judged } from "./judge.ts";
import { evidencePage } from "./page.ts";

/** Bytes of a file: the ledger at its longest as text and in base64url twice over, and the messages. */
export const EVIDENCE_FILE_LEN = 8 * 1024 * 1024;
/** Of the evidence in it. */
const EVIDENCE_LEN = 4 * 1024 * 1024;
/** Lines of a ledger that are read: more than fit into one whose lines are such. */
const LINES = 8192;
const LINE_END = 0x0a;
/** The alphabet of base64url leaves nothing that could end the element. */
const BLOCKS = /<pre id="evidence">\n([A-Za-z0-9_\-\n]+)\n<\/pre>\n<pre id="signature">\n([A-Za-z0-9_-]{86})\n<\/pre>/;

const malformed = (cause?: unknown) =>
  new OperationError("MALFORMED", { what: "evidence" }, cause === undefined ? {} : { cause });

/** The page, signed by this program. */
export function writeEvidenceFile(gm: Gm, identity: Pick<Identity, "signEvidence">, evidence: BidEvidence): string {
  const signature = identity.signEvidence(gm.sm3(encodeCanonical(evidence)));
  return evidencePage(gm, evidence, encodeBase64Url(signature));
}

/** An evidence report whose signature holds. */
export interface VerifiedEvidence extends Judged {
  /** Whether every word of the page is the evidence's. */
  readonly pageHolds: boolean;
}

function parse(bytes: Uint8Array): BidEvidence {
  const evidence = parseCanonical(bidEvidence, bytes, EVIDENCE_LEN, "evidence");
  let lines = 0;
  for (const byte of decodeBase64Url(evidence.ledger)) if (byte === LINE_END && ++lines > LINES) throw malformed();
  return evidence;
}

/** The page anew; null where the evidence is one that this program would make none of. */
function renderAgain(gm: Gm, evidence: BidEvidence, signature: string): string | null {
  try {
    return evidencePage(gm, evidence, signature);
  } catch {
    return null;
  }
}

/**
 * Reads a file, verifies the program's signature over the evidence, judges the evidence by this registry, and holds the page against it.
 *
 * @param content the file, UTF-8
 * @throws OperationError MALFORMED: no evidence report, or the program's signature over it does not hold
 */
export function verifyEvidenceFile(gm: Gm, registry: Registry, content: Uint8Array): VerifiedEvidence {
  if (content.length > EVIDENCE_FILE_LEN) throw malformed();
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw malformed(cause);
  }
  const [, block, signature] = BLOCKS.exec(text) ?? [];
  if (block === undefined || signature === undefined) throw malformed();
  let bytes: Uint8Array;
  let raw: Uint8Array;
  try {
    bytes = decodeBase64Url(block.replaceAll("\n", ""));
    raw = decodeBase64Url(signature);
  } catch (cause) {
    throw malformed(cause);
  }
  const evidence = parse(bytes);
  const programKey = decodeBase64Url(evidence.programKey);
  if (!isSignedEvidence(gm, programKey, bytes, raw)) throw malformed();
  return { ...judgeEvidence(gm, registry, evidence), pageHolds: renderAgain(gm, evidence, signature) === text };
}

/** Whether this program key signed this evidence. One off the curve has signed nothing. */
export function isSignedEvidence(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  key: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return gm.sm2Verify(key, encodeEvidenceStatement(gm.sm3(bytes)), signature, { id: EVIDENCE_LABEL });
  } catch {
    return false;
  }
}
