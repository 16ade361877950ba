/** bidEvidence: the evidence report of a bid, in pieces. No key is used. docs/formats/evidence.md */
import { OperationError } from "@certbridge/protocol/errors";
import { wrongPackage } from "../../bids.ts";
import type { Handlers } from "../../dispatch.ts";
import { collectEvidence } from "../../evidence-file/collect.ts";
import { writeEvidenceFile } from "../../evidence-file/file.ts";
import type { Host } from "../../host.ts";

/** Characters of a piece: at most three bytes each in UTF-8, or two where JSON escapes them. */
const PIECE_LEN = 96 * 1024;

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code < 0xdc00;

/** No character is cut in two: half a one is no JSON that every reader takes. */
function cut(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = at + PIECE_LEN - (isHighSurrogate(text.charCodeAt(at + PIECE_LEN - 1)) ? 1 : 0);
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

export function bidEvidence(host: Host): Handlers["bidEvidence"] {
  let made: { readonly packageId: string; readonly pieces: readonly string[] } | null = null;
  return async ({ packageId, piece }) => {
    if (piece === 0) {
      const evidence = await collectEvidence(host, packageId);
      if (evidence === null) throw wrongPackage();
      made = { packageId, pieces: cut(writeEvidenceFile(host.gm, host.identity, evidence)) };
    }
    const html = made?.packageId === packageId ? made.pieces[piece] : undefined;
    if (made === null || html === undefined) throw new OperationError("INVALID_REQUEST", { path: "piece" });
    return { html, pieces: made.pieces.length };
  };
}
