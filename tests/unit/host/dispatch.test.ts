import { OperationError } from "@certbridge/protocol/errors";
import { HOST_PROTOCOL, hostAnswer, hostVerbs } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import { describe, expect, test } from "vitest";
import type { Admit } from "../../../apps/host/src/admission.ts";
import { createDispatch } from "../../../apps/host/src/dispatch.ts";
import type { Handlers } from "../../../apps/host/src/dispatch.ts";
import type { LogLine } from "../../../apps/host/src/log.ts";
import { conform, newId } from "../../support/host.ts";
import { handlersOf } from "../../support/host-rooms.ts";
import { STATUS } from "../../support/status.ts";

const SECRET = "沉香-135790";

function refuse(): never {
  throw new OperationError("KEY_NOT_FOUND");
}

function open(change: Partial<Handlers> = {}, admit: Admit = async () => undefined) {
  const lines: LogLine[] = [];
  const handlers = handlersOf(async () => refuse(), {
    status: async () => STATUS,
    keys: async () => ({ keys: [] }),
    ...change,
  });
  const dispatch = createDispatch(
    { handlers, admit, grammar: async () => hostVerbs },
    async (line) => void lines.push(line),
  );
  const id = newId();
  async function ask(operation: string, params: unknown) {
    const answer = conform(hostAnswer, await dispatch({ v: 1, id, operation, params }));
    expect(answer.id).toBe(id);
    return answer;
  }
  return { dispatch, ask, lines, id };
}

const login = {
  consentId: newId(),
  keyId: "A".repeat(43),
  sealedPin: "A".repeat(443),
  origin: "https://a.test",
  nonce: "A".repeat(43),
};

describe("the host's door", () => {
  test("a verb gets its params and its result comes back under the request's id", async () => {
    expect(await open().ask("status", { extension: "1" })).toMatchObject({
      ok: true,
      result: { protocol: HOST_PROTOCOL },
    });
  });

  test.each([
    ["constructor", {}],
    ["__proto__", {}],
    ["signDigest", {}],
    ["", {}],
  ])("the unknown verb %j is UNSUPPORTED_OPERATION", async (verb, params) => {
    const answer = await open().ask(verb, params);
    expect(answer).toMatchObject({ ok: false, error: { code: "UNSUPPORTED_OPERATION", details: { operation: verb } } });
  });

  test.each([
    ["a key too many", { ...login, more: 1 }, "more"],
    ["a key missing", { ...login, nonce: undefined }, "nonce"],
    ["no object", null, ""],
  ])("params with %s are refused, with the place", async (_what, params, path) => {
    const answer = await open().ask("login", params);
    expect(answer).toMatchObject({ ok: false, error: { code: "INVALID_REQUEST", details: { path } } });
  });

  test("who is not let in gets nothing but status, not even which verbs and params there are", async () => {
    const closed = open({}, async () => {
      throw new OperationError("NOT_PAIRED");
    });
    expect(await closed.ask("status", { extension: "1" })).toMatchObject({ ok: true });
    for (const verb of ["keys", "login", "signDigest"]) {
      expect(await closed.ask(verb, {})).toMatchObject({ ok: false, error: { code: "NOT_PAIRED" } });
    }
  });

  test("status takes what it does not know, so that a newer extension may ask", async () => {
    expect(await open().ask("status", { extension: "1", more: 1 })).toMatchObject({ ok: true });
    expect(await open().ask("status", {})).toMatchObject({ error: { code: "INVALID_REQUEST" } });
  });

  test("a message without an id gets no answer, and a line in the log", async () => {
    const { dispatch, lines } = open();
    for (const message of [null, 7, "x", [], { v: 1, operation: "status" }, { id: "short" }]) {
      expect(await dispatch(message)).toBeNull();
    }
    expect(lines).toHaveLength(6);
  });

  test("another grammar version is refused", async () => {
    const { dispatch, id } = open();
    const answer = await dispatch({ v: 2, id, operation: "status", params: { extension: "1" } });
    expect(answer).toMatchObject({ ok: false, error: { code: "INVALID_REQUEST" } });
  });

  test("an expected failure is its record", async () => {
    expect(await open().ask("login", login)).toMatchObject({
      ok: false,
      error: { code: "KEY_NOT_FOUND", details: null },
    });
  });

  test("an unexpected one is INTERNAL with a report id that the log has too, and none of its words", async () => {
    const failing = open({
      login: async () => {
        throw new TypeError(`no ${SECRET}`);
      },
    });
    const answer = await failing.ask("login", login);
    expect(answer).toMatchObject({ ok: false, error: { code: "INTERNAL" } });
    expect(JSON.stringify(answer)).not.toContain(SECRET);
    expect(failing.lines).toHaveLength(1);
    expect(answer).toHaveProperty("error.details.reportId", failing.lines[0]?.reportId);
  });

  test("an answer beyond the frame's limit is TOO_LARGE", async () => {
    const version = "x".repeat(limits.nativeFrameLen);
    const answer = await open({
      status: async () => ({ ...STATUS, version }),
    }).ask("status", { extension: "1" });
    expect(answer).toMatchObject({ ok: false, error: { code: "TOO_LARGE" } });
  });
});
