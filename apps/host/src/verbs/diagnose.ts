import type { Handlers } from "../dispatch.ts";
import type { Run } from "../host.ts";

/** What stands between a person and their key, for the extension's own windows. */
export function diagnose(run: Run): Handlers["diagnose"] {
  return async () => ({ findings: [...(await run.diagnose())] });
}
