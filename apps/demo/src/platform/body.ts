/** Bodies of requests: how long they may be, and what they say by a schema. */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as v from "valibot";
import { type PlatformCode, PlatformError } from "./refusals.ts";

export function limitBody(maxSize: number, code: PlatformCode): MiddlewareHandler {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new PlatformError(code);
    },
  });
}

/** Undefined for what is no JSON: no schema takes it. */
export async function readJson(context: Context): Promise<unknown> {
  try {
    return JSON.parse(await context.req.text());
  } catch {
    return undefined;
  }
}

/** @throws PlatformError INVALID_FORM */
export async function parseBody<const S extends v.GenericSchema>(
  context: Context,
  schema: S,
): Promise<v.InferOutput<S>> {
  const read = v.safeParse(schema, await readJson(context));
  if (!read.success) throw new PlatformError("INVALID_FORM");
  return read.output;
}
