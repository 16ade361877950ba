/** The evidence of a bid (存证): a line for each thing that was tried with it, each bound to the one before. docs/formats/ledger.md */
import * as v from "valibot";
import { decodeBase64Url } from "../bytes.ts";
import { instant } from "../instant.ts";
import { packageId, sm3Text } from "./header.ts";

/** What was tried: encrypting (加密), the trial opening with it (试解密), handing in, by the platform's receipt (提交), a rehearsal later (演练), releasing the key (解密), the platform's answer to it (解密回执). */
export const ledgerSteps = ["encrypt", "trial", "submit", "rehearse", "release", "opened"] as const;

/**
 * Where a failure lay: with the person (declined, PIN), the bidder's key or certificate, the platform's message, the computer's clock, the
 * bid's own bytes, or this program and its disk.
 */
export const ledgerLayers = ["person", "key", "platform", "clock", "package", "program"] as const;

/** One line of a ledger, canonical JSON. */
export const ledgerEntry = v.strictObject({
  format: v.literal("shared-certificate-ledger:1"),
  packageId,
  /** Counted from 1. */
  entry: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** SM3 of the line before, without its end; of {@link ledgerStart} for the first. */
  previous: sm3Text,
  /** By this computer's clock. */
  at: instant,
  /** By an order's or a receipt's time stamp, where one held. */
  stampedAt: v.nullable(instant),
  step: v.picklist(ledgerSteps),
  /** Null where it was done. */
  failure: v.nullable(
    v.strictObject({
      layer: v.picklist(ledgerLayers),
      /** An error's code, and the rule that it names. */
      code: v.pipe(v.string(), v.regex(/^[A-Z_]{1,64}$/)),
      rule: v.nullable(v.pipe(v.string(), v.regex(/^[a-z-]{1,64}$/))),
    }),
  ),
  /** SM3 of the message that it is about: the receipt, the released key, the opening receipt. */
  message: v.exactOptional(sm3Text),
  /** Version of the program that wrote it. */
  program: v.pipe(v.string(), v.maxLength(64)),
});

export type LedgerEntry = v.InferOutput<typeof ledgerEntry>;

const LABEL = new TextEncoder().encode("shared-certificate/ledger/v1\0");

/** What a ledger's first line is bound to: the label, and the 16 bytes of the package id. */
export function ledgerStart(id: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64Url(id);
  const start = new Uint8Array(LABEL.length + bytes.length);
  start.set(LABEL);
  start.set(bytes, LABEL.length);
  return start;
}
