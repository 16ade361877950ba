import type * as v from "valibot";

/** A question between two rooms, as data: what is asked, and what is answered. */
export interface Verb {
  readonly params: v.GenericSchema;
  readonly result: v.GenericSchema;
}

export function defineVerb<const P extends v.GenericSchema, const R extends v.GenericSchema>(params: P, result: R) {
  return { params, result } satisfies Verb;
}
