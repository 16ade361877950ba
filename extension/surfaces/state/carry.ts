/** Open bids to another computer and from one: the file is put together and taken apart here, each bid is judged by the companion program. docs/formats/open-bids.md */
import { carriedBid, readOpenBidsFile, writeOpenBidsFile } from "@certbridge/protocol/bid";
import { OperationError } from "@certbridge/protocol/errors";
import type { OpenBid } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import * as v from "valibot";
import { askBackground } from "../../platform/surface-messages.ts";
import { asOperationError } from "./resource.ts";

/** What came of a file. */
export interface Carried {
  readonly added: number;
  readonly known: number;
  /** Why the others were not taken. */
  readonly refused: readonly OperationError[];
}

/** The file's text. Those that are opened first come first, where there are more than a file takes. @throws OperationError the program's */
export async function exportBids(bids: readonly OpenBid[]): Promise<{ text: string; count: number }> {
  const taken = bids.slice(0, limits.openBidsInFile);
  const carried = [];
  // One after another: each is a frame of the program's.
  for (const { packageId } of taken) carried.push((await askBackground("exportBid", { packageId })).bid);
  return { text: writeOpenBidsFile(carried), count: carried.length };
}

async function importOne(entry: unknown): Promise<"added" | "known" | OperationError> {
  const parsed = v.safeParse(carriedBid, entry);
  if (!parsed.success) return new OperationError("MALFORMED", { what: "open bid" });
  try {
    return (await askBackground("importBid", { bid: parsed.output })).outcome;
  } catch (error) {
    return asOperationError(error);
  }
}

/** Null where it is no such file. */
export async function importBids(file: File): Promise<Carried | null> {
  if (file.size > limits.openBidsFileLen) return null;
  const bytes = await file.arrayBuffer().catch(() => null);
  const entries = bytes === null ? null : readOpenBidsFile(new Uint8Array(bytes));
  if (entries === null) return null;
  const carried = { added: 0, known: 0, refused: [] as OperationError[] };
  for (const entry of entries) {
    const outcome = await importOne(entry);
    if (outcome instanceof OperationError) carried.refused.push(outcome);
    else carried[outcome] += 1;
  }
  return carried;
}
