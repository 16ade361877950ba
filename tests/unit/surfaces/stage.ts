/**
 * A browser for the surfaces to stand on: `browser.*` with the real words of a locale, and a background that answers with
 * what the test says, after the grammar's own schema has accepted it. Import this before any room of the extension.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { ErrorRecord } from "@certbridge/protocol/errors";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { HostKey } from "@certbridge/protocol/host";
import { answer } from "@certbridge/protocol/page/wire";
import {
  approvalView,
  surfaceMessage,
  surfaceVerbs,
  type ApprovalView,
  type HostState,
  type SurfaceParams,
  type SurfaceResult,
  type SurfaceVerb,
} from "@certbridge/protocol/surface";
import { gm } from "../../support/authority.ts";
import { fetchBuilt } from "../../support/built-files.ts";

const locales = join(import.meta.dirname, "../../../extension/public/_locales");
const zh: unknown = JSON.parse(readFileSync(join(locales, "zh_CN/messages.json"), "utf8"));
const words = v.parse(v.record(v.string(), v.object({ message: v.string() })), zh);

type Answerer = { [N in SurfaceVerb]?: (params: SurfaceParams<N>) => SurfaceResult<N> | Promise<SurfaceResult<N>> };

/** Every message that a surface sent, in order. */
export const sent: { verb: SurfaceVerb; params: unknown }[] = [];

export const permissionRequests: unknown[] = [];

/** What the test sets: the background's answers, and the person's to the browser's own prompt. */
export const stage: { answers: Answerer; grants: boolean; pages: string[] } = { answers: {}, grants: true, pages: [] };

type Listener = (message: unknown, sender: { readonly tab?: object }) => void;

const listeners = new Set<Listener>();

/** The background says that something changed; or, where there is a tab, somebody else says so. */
export function announce(ended: string | null, sender: { readonly tab?: object } = {}): void {
  for (const listener of listeners) listener({ v: 1, kind: "surface-change", ended }, sender);
}

/** The workshop says how far it is. */
export function announceProgress(id: string, done: number, total: number): void {
  for (const listener of listeners) listener({ v: 1, kind: "workshop-progress", id, done, total }, {});
}

/** Who waits to be told that another key is plugged in: no question of a person's, so that it is not among {@link sent}. */
const waitsForKeys = new Set<(mark: string) => void>();

/** Another set of keys is plugged in. */
export function announceKeys(mark: string): void {
  for (const tell of waitsForKeys) tell(mark);
  waitsForKeys.clear();
}

/** An error of the background, thrown by an answer of {@link stage}. */
export class Refusal extends Error {
  readonly record: ErrorRecord;

  constructor(record: ErrorRecord) {
    super(record.code);
    this.record = record;
  }
}

async function background(message: unknown): Promise<unknown> {
  const { verb, params } = v.parse(surfaceMessage, message);
  const parsed = v.parse(surfaceVerbs[verb].params, params);
  if (verb === "awaitKeys") {
    const { seen } = parsed as SurfaceParams<"awaitKeys">;
    const mark = seen === null ? "first" : await new Promise<string>((resolve) => waitsForKeys.add(resolve));
    return { v: 1, ok: true, result: { mark } };
  }
  sent.push({ verb, params: parsed });
  const answerVerb: ((params: never) => unknown) | undefined = stage.answers[verb];
  try {
    const result = answerVerb === undefined ? undefined : await answerVerb(parsed as never);
    return v.parse(answer, { v: 1, ok: true, result: v.parse(surfaceVerbs[verb].result, result) });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return v.parse(answer, { v: 1, ok: false, error: error.record });
  }
}

export const browser = {
  runtime: {
    id: "stage",
    getURL: (path: string) => `https://stage.test${path}`,
    getManifest: () => ({ version: "0.1.0" }),
    sendMessage: background,
    openOptionsPage: async () => {
      stage.pages.push("options");
    },
    onMessage: {
      addListener: (listener: Listener) => listeners.add(listener),
      removeListener: (listener: Listener) => listeners.delete(listener),
    },
  },
  i18n: {
    getMessage: (key: string, substitutions: readonly string[] = []) =>
      (words[key]?.message ?? "").replace(/\$(\d)/g, (_, at: string) => substitutions[Number(at) - 1] ?? ""),
  },
  action: { setBadgeText: async () => undefined },
  permissions: {
    request: async (asked: unknown) => {
      permissionRequests.push(asked);
      return stage.grants;
    },
    contains: async () => stage.grants,
  },
  tabs: {
    query: async () => [{ id: 7, url: "https://bid-a.demo.test/login" }],
    create: async ({ url }: { url: string }) => {
      stage.pages.push(url);
    },
    reload: async () => undefined,
  },
};

Object.assign(globalThis, { chrome: { runtime: { id: "stage" } }, browser, fetch: fetchBuilt });

/** Locks of the browser's that a window took. */
export const locks: string[] = [];

Object.defineProperty(navigator, "locks", {
  configurable: true,
  value: {
    request(name: string) {
      locks.push(name);
      return new Promise(() => undefined);
    },
  },
});

// It is compiled beside this thread, where no turned clock waits for it.
const { openCore } = await import("../../../extension/surfaces/state/seal.ts");
await openCore();

/** Forgets what an earlier test did. */
export function clearStage(): void {
  waitsForKeys.clear();
  sent.length = 0;
  permissionRequests.length = 0;
  listeners.clear();
  locks.length = 0;
  stage.answers = {};
  stage.grants = true;
  stage.pages = [];
}

export const REQUEST = "AAAAAAAAAAAAAAAAAAAAAA";

export const HASH = "0f".repeat(32);

export const NOW = Date.parse("2026-11-23T01:31:07Z");

/** The companion program's identity key; the tests open with it what the surfaces sealed. */
export const identity = gm.sm2KeyPair();

/** A program that nothing stands in the way of. */
export const READY: Extract<HostState, { state: "ready" }> = {
  state: "ready",
  version: "0.1.0",
  identity: {
    publicKey: encodeBase64Url(identity.publicKey),
    fingerprint: "0A3F-91C0-77B2-1D4E-5566",
    since: "2026-10-01T00:00:00Z",
  },
  hazards: [],
};

/** A key that can be used, of which a test changes what it is about. */
export function keyNamed(letter: string, change: Partial<HostKey> = {}): HostKey {
  return {
    keyId: letter.repeat(42) + "A",
    carrier: "usb-key",
    holder: { name: "江南建设工程有限公司", uscc: "91320100MA1WXYZ12D" },
    authority: "江苏数科CA",
    serialTail: "3F2A",
    notBefore: "2026-01-01T00:00:00Z",
    notAfter: "2028-01-01T00:00:00Z",
    state: "usable",
    pin: { triesLeft: 3, retryAt: null },
    credentials: [],
    ...change,
  };
}

/** A view that the grammar accepts. */
export function viewWith(change: Partial<ApprovalView> = {}): ApprovalView {
  return v.parse(approvalView, {
    id: REQUEST,
    hash: HASH,
    platform: { origin: "https://bid-a.demo.test", name: "江南公共资源交易平台（演示）" },
    asked: { operation: "login" },
    usesKey: true,
    host: READY,
    keys: [keyNamed("a")],
    pinPaused: false,
    expiresAt: NOW + 120_000,
    ...change,
  });
}
