/** What the companion program finds between a person and their key. */
import { OperationError } from "@certbridge/protocol/errors";
import type { Diagnosis } from "@certbridge/protocol/host";
import type { Journey } from "./journey.ts";

/** Nothing where the program is not ready, which has its own words, or is one that does not look. @throws OperationError */
export async function readDiagnosis({ means }: Pick<Journey, "means">): Promise<Diagnosis> {
  const { state } = await means.host.look();
  if (state.state !== "ready") return { findings: [] };
  try {
    return await means.host.call("diagnose", {});
  } catch (error) {
    if (OperationError.is(error, "UNSUPPORTED_OPERATION")) return { findings: [] };
    throw error;
  }
}
