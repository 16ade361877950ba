import { OperationError } from "@certbridge/protocol/errors";
import { answer } from "@certbridge/protocol/page/wire";
import { type SurfaceParams, type SurfaceResult, type SurfaceVerb, surfaceVerbs } from "@certbridge/protocol/surface";
import * as v from "valibot";
import { ask } from "./messages.ts";

/** Asks the background. @throws OperationError as it answered */
export async function askBackground<N extends SurfaceVerb>(verb: N, params: SurfaceParams<N>): Promise<SurfaceResult<N>> {
  const reply = v.parse(answer, await ask({ v: 1, kind: "surface", verb, params }));
  if (!reply.ok) throw OperationError.fromRecord(reply.error);
  return v.parse(surfaceVerbs[verb].result, reply.result) as SurfaceResult<N>;
}
