/**
 * The door of native messaging: one parsed JSON value in, one answer out. Here `unknown` becomes a verb's params by the
 * grammar of `protocol/host`, and whatever goes wrong becomes an error record.
 */
import { randomBytes } from "node:crypto";
import { OperationError } from "@certbridge/protocol/errors";
import type { ErrorRecord } from "@certbridge/protocol/errors";
import type { HostParams, HostResult, HostVerb, HostVerbs } from "@certbridge/protocol/host";
import { hostRequest, hostVerbNames } from "@certbridge/protocol/host/request";
import { statusQuestion } from "@certbridge/protocol/host/status";
import { limits } from "@certbridge/protocol/limits";
import * as v from "valibot";
import type { Admit } from "./admission.ts";
import type { Log } from "./log.ts";

/** One handler per verb of the grammar: the compiler names the one that is missing. */
export type Handlers = { readonly [N in HostVerb]: (params: HostParams<N>) => Promise<HostResult<N>> };

type Answer =
  | { readonly v: 1; readonly id: string; readonly ok: true; readonly result: unknown }
  | { readonly v: 1; readonly id: string; readonly ok: false; readonly error: ErrorRecord };

const addressed = v.object({ id: hostRequest.entries.id });

function isHostVerb(operation: string): operation is HostVerb {
  return hostVerbNames.some((name) => name === operation);
}

function parse<const S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  throw new OperationError("INVALID_REQUEST", { path: v.getDotPath(parsed.issues[0]) ?? "" });
}

/** All verbs' grammar. It is large, and the first answer does without. */
type Grammar = () => Promise<HostVerbs>;

/** What works behind the door. */
interface Room {
  readonly handlers: Handlers;
  readonly admit: Admit;
  readonly grammar: Grammar;
}

/** Everybody may ask what this is; for the rest one has to be known, and until then learns nothing of what there is. */
async function carryOut({ handlers, admit, grammar }: Room, message: unknown): Promise<unknown> {
  const request = parse(hostRequest, message);
  const { operation, params } = request;
  if (operation !== "status") await admit(request);
  if (!isHostVerb(operation)) throw new OperationError("UNSUPPORTED_OPERATION", { operation: operation.slice(0, 64) });
  const schema = operation === "status" ? statusQuestion : (await grammar())[operation].params;
  return call(handlers, operation, schema, params);
}

/** The schema and the handler have the same name, so what the one makes the other takes. */
function call<N extends HostVerb>(
  handlers: Handlers,
  verb: N,
  schema: v.GenericSchema,
  params: unknown,
): Promise<HostResult<N>> {
  // valibot takes an array for an object without entries.
  if (Array.isArray(params)) throw new OperationError("INVALID_REQUEST", { path: "params" });
  return handlers[verb](parse(schema, params) as HostParams<N>);
}

function operationOf(message: unknown): string {
  const parsed = v.safeParse(hostRequest, message);
  return parsed.success && isHostVerb(parsed.output.operation) ? parsed.output.operation : "unknown";
}

/** An unexpected throw leaves nothing but a random id in the answer, and the place in the program in the log. */
async function recordOf(error: unknown, operation: string, log: Log): Promise<ErrorRecord> {
  if (error instanceof OperationError) return error.toRecord();
  const reportId = randomBytes(6).toString("hex");
  await log({ event: "internal", operation, reportId, error });
  return new OperationError("INTERNAL", { reportId }).toRecord();
}

function fits(answer: Answer): boolean {
  return Buffer.byteLength(JSON.stringify(answer), "utf8") <= limits.nativeFrameLen;
}

/**
 * Answers one message. Null where it names no id to answer to; that is logged. Never rejects, and the answer fits into a frame.
 */
export function createDispatch(room: Room, log: Log): (message: unknown) => Promise<Answer | null> {
  return async (message) => {
    const id = v.safeParse(addressed, message);
    if (!id.success) {
      await log({ event: "no-id" });
      return null;
    }
    const head = { v: 1, id: id.output.id } as const;
    try {
      const answer: Answer = { ...head, ok: true, result: await carryOut(room, message) };
      if (fits(answer)) return answer;
      throw new OperationError("TOO_LARGE", { limit: limits.nativeFrameLen });
    } catch (error) {
      return { ...head, ok: false, error: await recordOf(error, operationOf(message), log) };
    }
  };
}
