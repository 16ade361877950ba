import type * as v from "valibot";

/**
 * One verb of the page API, as data.
 *
 * `consent` "none": answered at once. "confirm": the person agrees, no key is used. "key": the person chooses a
 * certificate and types its PIN; the operation's private-key calls belong to that one consent.
 */
export interface Operation {
  readonly name: string;
  readonly consent: "none" | "confirm" | "key";
  readonly params: v.GenericSchema;
  readonly result: v.GenericSchema;
}

export function defineOperation<const O extends Operation>(operation: O): O {
  return operation;
}
