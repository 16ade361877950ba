import { OperationError } from "@certbridge/protocol/errors";
import * as v from "valibot";

/** What came, in the shape of the grammar. @throws OperationError INVALID_REQUEST naming the place that is wrong */
export function parseAtDoor<const S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new OperationError("INVALID_REQUEST", { path: v.getDotPath(parsed.issues[0]) ?? "" });
}
