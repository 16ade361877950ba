import * as v from "valibot";
import { OperationError } from "./errors.ts";

/**
 * One text for one JSON value: the keys of every object in the order of their code units, no white space (as RFC 8785 has it for
 * values without fractions). What is signed is this text, so that no hop's order of keys can change it.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) => {
    if (typeof held !== "object" || held === null || Array.isArray(held)) return held;
    const entries = Object.entries(held);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/**
 * What canonical JSON, UTF-8, says by this schema. One text for one value: any other spelling is refused, so that equal values are
 * equal bytes.
 *
 * @throws OperationError MALFORMED, naming `what`
 */
export function parseCanonical<const S extends v.GenericSchema>(
  schema: S,
  bytes: Uint8Array,
  maxLen: number,
  what: string,
): v.InferOutput<S> {
  if (bytes.length > maxLen) throw new OperationError("MALFORMED", { what });
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const said = v.parse(schema, JSON.parse(text));
    if (canonicalJson(said) === text) return said;
  } catch (cause) {
    throw new OperationError("MALFORMED", { what }, { cause });
  }
  throw new OperationError("MALFORMED", { what });
}

/** The inverse: canonical JSON, UTF-8. */
export function encodeCanonical(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonicalJson(value));
}
