import * as fc from "fast-check";
import { OperationError } from "@certbridge/protocol/errors";
import { hostAnswer, hostVerbNames } from "@certbridge/protocol/host";
import { expect, test } from "vitest";
import { createDispatch } from "../../../apps/host/src/dispatch.ts";
import type { Handlers } from "../../../apps/host/src/dispatch.ts";
import { conform, newId } from "../../support/host.ts";

/** Handlers that only a request of the grammar reaches; what they were given is kept. */
function watch() {
  const reached: string[] = [];
  const refuse = (verb: string) => async (): Promise<never> => {
    reached.push(verb);
    throw new OperationError("KEY_NOT_FOUND");
  };
  const handlers: Handlers = {
    status: refuse("status"),
    keys: refuse("keys"),
    login: refuse("login"),
    register: refuse("register"),
    readCredential: refuse("readCredential"),
    saveCredential: refuse("saveCredential"),
    sign: refuse("sign"),
  };
  return {
    reached,
    dispatch: createDispatch(
      handlers,
      async () => undefined,
      async () => undefined,
    ),
  };
}

const verb = fc.oneof(fc.constantFrom(...hostVerbNames), fc.string(), fc.constantFrom("__proto__", "toString"));

test("whatever comes under an id is answered under that id, and reaches no handler out of shape", async () => {
  await fc.assert(
    fc.asyncProperty(verb, fc.jsonValue(), async (operation, params) => {
      const { dispatch, reached } = watch();
      const id = newId();
      const answer = conform(hostAnswer, await dispatch({ v: 1, id, operation, params }));
      expect(answer.id).toBe(id);
      expect(answer.ok).toBe(false);
      const isEmpty =
        typeof params === "object" && params !== null && !Array.isArray(params) && Object.keys(params).length === 0;
      if (!(operation === "keys" && isEmpty)) expect(reached).toEqual([]);
    }),
  );
});

test("an array is no object without entries", async () => {
  const { dispatch, reached } = watch();
  const answer = conform(hostAnswer, await dispatch({ v: 1, id: newId(), operation: "keys", params: [] }));
  expect(answer.ok).toBe(false);
  expect(reached).toEqual([]);
});

test("whatever comes at all never throws", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (message) => {
      const { dispatch, reached } = watch();
      await dispatch(message);
      expect(reached).toEqual([]);
    }),
  );
});
