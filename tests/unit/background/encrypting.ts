import { stored } from "./stage.ts";
import { openPackages } from "./packages.ts";
import { openBackground, ORIGIN, page } from "../../property/background/background.ts";
import { randomBytes } from "node:crypto";
import { encodeEnvelopedData, parseCertificate } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import type { Answer } from "@certbridge/protocol/page/wire";
import { type WorkshopParams, workshopVerbs } from "@certbridge/protocol/workshop";
import * as v from "valibot";
import { expect } from "vitest";
import type { WorkshopClient } from "../../../extension/background/workshop-client.ts";
import { gm } from "../../support/authority.ts";
import { openBidProgram } from "../../support/bid-program.ts";
import { newId } from "../../support/host.ts";

/** Background, program and workshop for tests of `encrypt` and of its jobs; the workshop's key blocks are real. */

export const time = { now: Date.parse("2026-11-23T01:31:07Z") };

/** Chromium gives an object back with its keys in alphabetical order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, inOrder(inner)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const { browser } = globalThis as unknown as { browser: { storage: { session: { set(items: object): unknown } } } };
const { session } = browser.storage;
const keep = session.set;
session.set = (items) => keep(inOrder(items) as object);

export const codeOf = (answer: Answer | null): string =>
  answer === null ? "none" : answer.ok ? "ok" : `${answer.error.code} ${JSON.stringify(answer.error.details)}`;

/** A workshop that draws a key for each package, and writes nothing. */
function openWorkshop() {
  const asked: string[] = [];
  const live = new Set<string>();
  const brought = new Map<string, readonly unknown[] | undefined>();
  const packages = openPackages();
  /** What a test puts before the answer of a verb. */
  const before = new Map<string, () => Promise<void>>();
  let stop: (() => void) | null = null;

  const mustLive = (id: string) => {
    if (!live.has(id)) throw new OperationError("INTERRUPTED");
  };
  const verbs = {
    beginPackage({ id, header, recipients }: WorkshopParams<"beginPackage">) {
      if (live.has(id)) throw new OperationError("INVALID_REQUEST", { path: "id" });
      live.add(id);
      const packageId = encodeBase64Url(randomBytes(16));
      const bytes = encodeCanonical({ packageId, ...header });
      const envelope = encodeEnvelopedData(gm, {
        content: new Uint8Array([...randomBytes(64), ...bytes]),
        recipients: recipients.map((der) => parseCertificate(decodeBase64Url(der))),
        contentKey: randomBytes(16),
        iv: randomBytes(16),
      });
      return { packageId, header: encodeBase64Url(bytes), keyBlock: encodeBase64Url(envelope) };
    },
    writePackage({ id, files }: WorkshopParams<"writePackage">) {
      mustLive(id);
      brought.set(id, files);
      return { trailer: encodeBase64Url(encodeCanonical({ payloadLen: 1 })), len: 1 };
    },
    finishPackage({ id, signature }: WorkshopParams<"finishPackage">) {
      mustLive(id);
      const file = new Blob([signature]);
      packages.whole.set(id, file);
      return { len: file.size };
    },
    handOver: () => undefined,
    release({ id }: WorkshopParams<"release">) {
      live.delete(id);
      stop?.();
      return undefined;
    },
  };
  const client = {
    async call(place: string, verb: keyof typeof verbs, params: object) {
      // What the page brought to the frame inside it is handed over there, and all else is done elsewhere.
      expect(place).toBe(verb === "handOver" ? "frame" : "own");
      asked.push(verb);
      const read: unknown = v.parse<v.GenericSchema>(workshopVerbs[verb].params, params);
      await before.get(verb)?.();
      return v.parse<v.GenericSchema>(workshopVerbs[verb].result, verbs[verb](read as never));
    },
  };
  return {
    client: client as WorkshopClient,
    packages,
    asked,
    live,
    brought,
    before,
    /** Until the work is released. */
    endless: () => new Promise<void>((resolve) => (stop = resolve)),
    /** Lets it come to its end after all. */
    go: () => stop?.(),
  };
}

export function openEncrypting() {
  const program = openBidProgram(ORIGIN);
  const workshop = openWorkshop();
  /** A background, or another one after it died, in the same browser: what was in the first one's memory is gone. */
  const start = () =>
    openBackground({
      host: program.host,
      workshop: workshop.client,
      packages: workshop.packages,
      now: () => time.now,
    });
  const background = start();
  /** The one that is asked. */
  let living = background;
  const [key] = program.state.inserted;
  if (key === undefined) throw new Error("no key");

  const send = (params: object, id = newId()) =>
    living.dispatch.take({ v: 1, kind: "request", id, operation: "encrypt", params }, page) as Promise<Answer>;
  async function ask(params: object = { notice: program.notice() }) {
    const id = newId();
    const answer = send(params, id);
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "asking" });
    return { id, answer };
  }
  /** What the window learns of this key, and the hash that is for it. */
  async function prepare(id: string, keyId = key?.keyId ?? ""): Promise<{ hash: string; prepared: unknown }> {
    const answer = await living.tell("prepareBid", { id, keyId });
    if (answer?.ok !== true) throw new Error(JSON.stringify(answer));
    return answer.result as never;
  }
  const accept = (id: string, hash: string, pin?: string) =>
    living.tell("accept", { id, hash, key: program.consent(id, key, pin) });
  const goOnWith = (reborn: typeof background) => void (living = reborn);
  return { ...program, key, workshop, background, start, goOnWith, send, ask, prepare, accept };
}
