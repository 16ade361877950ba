import { OperationError } from "@certbridge/protocol/errors";
import { handlers } from "./operations/index.ts";
import type { Means } from "./operations/handler.ts";

/** Jobs whose answer stands are confirmed. What cannot be now is with the next job's end, or by the next run: no answer is lost for it. */
export async function confirmJobs(means: Means): Promise<void> {
  for (const { id, operation, made } of await means.jobs.unconfirmed()) {
    try {
      await handlers[operation].job?.confirm(id, made, means);
    } catch (error) {
      // The program has none of it any more, and will have none.
      if (!OperationError.is(error, "INVALID_REQUEST")) continue;
    }
    await means.jobs.confirmed(id);
  }
}
