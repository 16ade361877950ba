/** The background's door: who may ask at all, and what a request brings. */
import { OperationError } from "@certbridge/protocol/errors";
import { type AskedOperation, operations, type Params } from "@certbridge/protocol/page";
import { contentElsewhere, type RelayMessage } from "@certbridge/protocol/page/wire";
import type { Policy } from "@certbridge/protocol/policy";
import * as v from "valibot";
import type { Sender } from "../platform/messages.ts";
import { admitsInsecure } from "./policy.ts";

/**
 * A top-level document that is secure, or that the administrator admits by its exact http origin; else INSECURE_CONTEXT. Decided
 * on the browser's word alone.
 */
export function callerOf(sender: Sender, policy: Policy): { origin: string; tabId: number } {
  const { origin, tabId, frameId, lifecycle } = sender;
  const seen = lifecycle === null || lifecycle === "active";
  const secure = origin !== null && (origin.startsWith("https://") || admitsInsecure(policy, origin));
  if (!secure || tabId === null || frameId !== 0 || !seen) throw new OperationError("INSECURE_CONTEXT");
  return { origin, tabId };
}

/** Contents stand no deeper than this in the params of any verb: items, an item, its content. */
const CONTENT_DEPTH = 4;

/** Empty, but of the name and the length of what went to the frame: what is shown of a file is there. */
function placeholder({ name, size }: v.InferOutput<typeof contentElsewhere>): Blob {
  const file = name === undefined ? new Blob() : new File([], name);
  return size === undefined ? file : Object.defineProperty(file, "size", { value: size });
}

/** An empty Blob for every content that went to the frame, so that the verb's schema finds the shape that it knows. */
function withPlaceholders(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null || depth > CONTENT_DEPTH) return value;
  if (Array.isArray(value)) return value.map((inner) => withPlaceholders(inner, depth + 1));
  if (v.is(contentElsewhere, value)) return placeholder(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withPlaceholders(inner, depth + 1)]));
}

/** What a request asks for, in the shape of its verb. @throws OperationError INVALID_REQUEST */
export function paramsOf(message: Extract<RelayMessage, { kind: "request" }>): Params<AskedOperation> {
  const brought = message.inFrame === true ? withPlaceholders(message.params) : message.params;
  return parseAtDoor(operations[message.operation as AskedOperation].params, brought);
}

/** What came, in the shape of the grammar. @throws OperationError INVALID_REQUEST naming the place that is wrong */
export function parseAtDoor<const S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new OperationError("INVALID_REQUEST", { path: v.getDotPath(parsed.issues[0]) ?? "" });
}
