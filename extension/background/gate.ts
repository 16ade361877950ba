/** What stands between a consent and what it is for: the program and its keys as they are now, and what the administrator's policy leaves of them. */
import { OperationError } from "@certbridge/protocol/errors";
import type { AskedOperation } from "@certbridge/protocol/page";
import type { ShownKey } from "@certbridge/protocol/surface";
import { extensionVersion } from "../platform/environment.ts";
import { failWith, forSite } from "./answers.ts";
import type { Dispatch, Journey } from "./journey.ts";
import { lastKeyOf, type OperationHandler } from "./operations/handler.ts";
import { handlers } from "./operations/index.ts";
import { limitsKeys, mustNotRefuse, refusalOfKey } from "./policy.ts";
import type { RequestRecord } from "./records.ts";

export const handlerOf = (record: RequestRecord) =>
  handlers[record.operation as "login"] as OperationHandler<AskedOperation>;

export function createGate({ policies, means }: Journey, dispatch: Dispatch) {
  const { host } = means;

  async function readHost(record?: RequestRecord) {
    const { state } = await host.look();
    const { policy } = await policies.current();
    const keys = state.state === "ready" ? (await host.call("keys", {})).keys : [];
    const handler = record === undefined ? undefined : handlerOf(record);
    const ids = keys.map(({ keyId }) => keyId);
    const opening = record === undefined || ids.length === 0 ? undefined : await handler?.fitting?.(record, ids, means);
    const shown = keys.map((key): ShownKey => {
      const refusal = refusalOfKey(policy, key);
      const opens = opening === undefined ? {} : { opens: opening.includes(key.keyId) };
      return { ...key, ...(refusal === null ? {} : { blockedBy: refusal }), ...opens };
    });
    return { host: state, keys: shown };
  }

  /** @throws OperationError BLOCKED_BY_POLICY where the policy leaves out the key that is to be used, or that was used before */
  async function mustAdmitKey(record: RequestRecord, chosen: string | undefined): Promise<void> {
    const { policy } = await policies.current();
    if (!limitsKeys(policy)) return;
    const keyId = chosen ?? (await means.lastKeys.get(lastKeyOf(record)));
    const key = (await host.call("keys", {})).keys.find((each) => each.keyId === keyId);
    // One that is not there is the program's to refuse.
    const refusal = key === undefined ? null : refusalOfKey(policy, key);
    if (refusal !== null) throw new OperationError("BLOCKED_BY_POLICY", { policy: refusal });
  }

  /** @throws OperationError BLOCKED_BY_POLICY where a policy came in between */
  async function mustStillMay({ platform }: RequestRecord): Promise<void> {
    mustNotRefuse((await policies.current()).policy, platform.origin, extensionVersion());
  }

  /** What may not go on ends, for page and person alike; the window stays for its last words. */
  async function endIfRefused<T>(id: string, check: Promise<T>): Promise<T> {
    try {
      return await check;
    } catch (error) {
      if (OperationError.is(error, "BLOCKED_BY_POLICY") || OperationError.is(error, "SITE_NOT_ALLOWED")) {
        await dispatch.settle(id, failWith(forSite(error)), ["asking"], "keep");
      }
      throw error;
    }
  }

  return { readHost, mustAdmitKey, mustStillMay, endIfRefused };
}
