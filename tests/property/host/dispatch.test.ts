import * as fc from "fast-check";
import { errorCodes, OperationError } from "@certbridge/protocol/errors";
import { hostAnswer, hostVerbNames, hostVerbs } from "@certbridge/protocol/host";
import type { HostVerb } from "@certbridge/protocol/host";
import { expect, test } from "vitest";
import { createDispatch } from "../../../apps/host/src/dispatch.ts";
import { conform, newId } from "../../support/host.ts";
import { handlersOf } from "../../support/host-rooms.ts";
import { anyValue, hostileValues } from "../../support/malformed/json.ts";
import { hostSamples } from "../../support/malformed/samples.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

/** Handlers that only a request of the grammar reaches; what they were given is kept. */
function watch() {
  const reached: string[] = [];
  const refuse = async (verb: HostVerb): Promise<never> => {
    reached.push(verb);
    throw new OperationError("KEY_NOT_FOUND");
  };
  return {
    reached,
    dispatch: createDispatch(
      { handlers: handlersOf(refuse), admit: async () => undefined, grammar: async () => hostVerbs },
      async () => undefined,
    ),
  };
}

const takes = (verb: HostVerb, params: unknown): boolean => {
  try {
    conform<unknown>(hostVerbs[verb].params, params);
    return !Array.isArray(params);
  } catch {
    return false;
  }
};

test("the list of names is the grammar's", () => {
  expect([...hostVerbNames].toSorted()).toEqual(Object.keys(hostVerbs).toSorted());
});

test("each verb's sample is of its shape", () => {
  expect(hostVerbNames.filter((verb) => !takes(verb, hostSamples[verb]))).toEqual([]);
});

test(
  "whatever comes is answered under its id or not at all, and reaches no handler out of shape",
  async () => {
    const request = fc
      .constantFrom(...hostVerbNames)
      .chain((operation) => hostileValues([{ v: 1, id: newId(), operation, params: hostSamples[operation] }]));
    await fc.assert(
      fc.asyncProperty(request, async (message) => {
        const { dispatch, reached } = watch();
        const answer = await dispatch(message);
        if (answer === null) {
          expect(reached).toEqual([]);
          return;
        }
        const { id, operation, params } = message as { id: string; operation: HostVerb; params: unknown };
        expect(conform(hostAnswer, answer).id).toBe(id);
        expect(!answer.ok && errorCodes.includes(answer.error.code)).toBe(true);
        if (reached.length > 0) {
          expect(reached).toEqual([operation]);
          expect(takes(operation, params)).toBe(true);
        }
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);

test("an array is no object without entries", async () => {
  const { dispatch, reached } = watch();
  const answer = conform(hostAnswer, await dispatch({ v: 1, id: newId(), operation: "keys", params: [] }));
  expect(answer.ok).toBe(false);
  expect(reached).toEqual([]);
});

test(
  "a name that is no verb is answered as such",
  async () => {
    const { dispatch, reached } = watch();
    const verb = fc.oneof(fc.string(), fc.constantFrom("__proto__", "toString", "constructor"));
    await fc.assert(
      fc.asyncProperty(verb, anyValue, async (operation, params) => {
        fc.pre(!hostVerbNames.some((name) => name === operation));
        const answer = conform(hostAnswer, await dispatch({ v: 1, id: newId(), operation, params }));
        expect(!answer.ok && ["UNSUPPORTED_OPERATION", "INVALID_REQUEST"].includes(answer.error.code)).toBe(true);
        expect(reached).toEqual([]);
      }),
      cases(2000, 200_000),
    );
  },
  timeoutMs,
);
