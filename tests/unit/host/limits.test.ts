import { mkdirSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { hostVerbs } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import { afterAll, describe, expect, test } from "vitest";
import { parseCredential } from "../../../apps/host/src/credentials.ts";
import { createDispatch } from "../../../apps/host/src/dispatch.ts";
import { readHolder } from "../../../apps/host/src/holder.ts";
import { encodeFrame } from "../../../apps/host/src/stdio/frames.ts";
import { serve } from "../../../apps/host/src/stdio/serve.ts";
import { acceptCertificates } from "../../../apps/host/src/stores/software/identities.ts";
import { openSoftwareStore } from "../../../apps/host/src/stores/software/store.ts";
import { DAY, NOW, gm, party } from "../../support/authority.ts";
import type { Party } from "../../support/authority.ts";
import { issueCredential, issuePair, newId, readFrames, registryOf, temporaryFolder } from "../../support/host.ts";
import { handlersOf } from "../../support/host-rooms.ts";
import { STATUS } from "../../support/status.ts";

/** Each limit of the host at its last value and one beyond. */
const folder = temporaryFolder();
afterAll(folder.remove);

const quiet = () => Promise.resolve();
const reached = () => Promise.reject(new OperationError("KEY_NOT_FOUND"));

/** A door behind which no key is ever found; `version` is what `status` says. */
function openDoor(version = "1") {
  const handlers = handlersOf(reached, {
    status: async () => ({ ...STATUS, version }),
    keys: async () => ({ keys: [] }),
  });
  return createDispatch({ handlers, admit: quiet, grammar: async () => hostVerbs }, quiet);
}

/** "in" where the request passes the door, else the place that was refused. */
async function knock(operation: string, params: object): Promise<string> {
  const answer = await openDoor()({ v: 1, id: newId(), operation, params });
  if (answer === null || answer.ok) throw new Error("an error expected");
  const { code, details } = answer.error;
  if (code === "KEY_NOT_FOUND") return "in";
  return typeof details === "object" && details !== null && "path" in details ? details.path : code;
}

const bytes = (len: number) => encodeBase64Url(new Uint8Array(len).fill(0xa5));
const consent = () => ({ consentId: newId(), keyId: bytes(32), sealedPin: bytes(332), origin: "https://a.test" });

describe("the host's door", () => {
  test.each(["login", "register"])("nonces of 32 to 64 bytes, for %s", async (verb) => {
    const rest = verb === "login" ? {} : { credentialId: null };
    const knocks = [31, 32, 64, 65].map((len) => knock(verb, { ...consent(), ...rest, nonce: bytes(len) }));
    expect(await Promise.all(knocks)).toEqual(["nonce", "in", "in", "nonce"]);
  });

  test("names of 255 bytes, whatever their letters", async () => {
    const signing = (name: string) =>
      knock("sign", { ...consent(), format: "cms-detached", items: [{ name, digest: bytes(32) }] });
    const at = await Promise.all([signing("n".repeat(255)), signing("标".repeat(85))]);
    const beyond = await Promise.all([signing("n".repeat(256)), signing(`${"标".repeat(85)}n`), signing("")]);
    expect(at).toEqual(["in", "in"]);
    expect(beyond).toEqual(["items.0.name", "items.0.name", "items.0.name"]);
  });

  test("sealed PINs of 332 bytes, whatever the PIN", async () => {
    const nonce = bytes(32);
    const knocks = [331, 332, 333].map((len) => knock("login", { ...consent(), sealedPin: bytes(len), nonce }));
    expect(await Promise.all(knocks)).toEqual(["sealedPin", "in", "sealedPin"]);
  });

  test("credentials of 8 KiB", async () => {
    const reading = (len: number) =>
      knock("readCredential", { keyId: bytes(32), origin: "https://a.test", credential: bytes(len) });
    expect(await Promise.all([reading(8192), reading(8193)])).toEqual(["in", "credential"]);
  });

  test("answers of 512 KiB, frame and all that is in it", async () => {
    const answerLen = async (padding: number) => {
      const answer = await openDoor("x".repeat(padding))({
        v: 1,
        id: newId(),
        operation: "status",
        params: { extension: "1" },
      });
      return { ok: answer?.ok, len: Buffer.byteLength(JSON.stringify(answer)) };
    };
    const { len: empty } = await answerLen(0);
    expect(await answerLen(limits.nativeFrameLen - empty)).toEqual({ ok: true, len: limits.nativeFrameLen });
    expect((await answerLen(limits.nativeFrameLen - empty + 1)).ok).toBe(false);
  });
});

describe("frames from a browser", () => {
  /** A request with so much white space behind it that it has this length. */
  async function send(len: number): Promise<unknown[]> {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const request = JSON.stringify({ v: 1, id: newId(), operation: "status", params: { extension: "1" } });
    input.end(encodeFrame(Buffer.from(request.padEnd(len))));
    await serve({ input, output }, openDoor(), quiet, () => () => undefined);
    return readFrames(Buffer.from((output.read() as Buffer | null) ?? Buffer.alloc(0)));
  }

  test("have 512 KiB at most", async () => {
    expect(limits.nativeFrameLen).toBe(512 * 1024);
    expect(await send(limits.nativeFrameLen)).toMatchObject([{ ok: true }]);
    await expect(send(limits.nativeFrameLen + 1)).rejects.toHaveProperty("name", "FrameError");
  });
});

describe("a credential", () => {
  const platform = party("平台", null, { keyUsage: ["digitalSignature"] });
  const read = (der: Uint8Array) => {
    try {
      return parseCredential(gm, der).der.length;
    } catch (error) {
      return OperationError.is(error, "MALFORMED") ? "MALFORMED" : error;
    }
  };

  /** One of exactly this length. Signatures differ by a byte or two, so that it takes some tries. */
  function ofLength(len: number): Uint8Array {
    for (let padding = 6000, tries = 0; tries < 100; tries++) {
      const facts = Object.fromEntries(
        Array.from({ length: 8 }, (_, i) => [`f${i}`, "x".repeat(Math.floor((padding + i) / 8))]),
      );
      const der = issueCredential(platform, { facts });
      if (der.length === len) return der;
      padding += len - der.length;
    }
    throw new Error(`none of ${len} bytes`);
  }

  test("has 8 KiB at most", () => {
    expect(read(ofLength(8192))).toBe(8192);
    expect(read(ofLength(8193))).toBe("MALFORMED");
  });

  test("lives 366 days at most", () => {
    const issuedAt = Date.parse("2027-03-01T00:00:00Z");
    const living = (ms: number) =>
      read(
        issueCredential(platform, {
          issuedAt: new Date(issuedAt).toISOString(),
          expiresAt: new Date(issuedAt + ms).toISOString(),
        }),
      );
    expect(living(366 * DAY)).toBeTypeOf("number");
    // That is a year and no more: a 29 February lies in it.
    expect(new Date(issuedAt + 366 * DAY).toISOString()).toBe("2028-03-01T00:00:00.000Z");
    expect(living(366 * DAY + 1)).toBe("MALFORMED");
    expect(living(0)).toBe("MALFORMED");
  });
});

describe("a chain", () => {
  /** CAs below a root, the deepest first; each of their names is its number. */
  function descend(depth: number): readonly Party[] {
    const ca = { keyUsage: ["keyCertSign"], ca: { pathLen: null } } as const;
    const cas = [party("0", null, ca)];
    for (let at = 1; at <= depth; at++) cas.unshift(party(String(at), cas[0] ?? null, ca));
    return cas;
  }

  test.each([
    [4, 4],
    [5, 5],
    [6, 5],
  ])("of %i CAs below the root goes along with %i", (depth, sent) => {
    const cas = descend(depth);
    const [issuer] = cas;
    if (issuer === undefined) throw new Error("no CA");
    const holder = readHolder(
      { gm, clock: () => NOW.getTime(), registry: registryOf(issuer) },
      {
        keyId: "",
        signingCertificate: issuePair(issuer, gm.sm2KeyPair().publicKey, { at: NOW.getTime() }).signing,
        encryptionCertificate: null,
        earlierEncryption: [],
        chain: cas.map(({ certificate }) => certificate.der),
      },
    );
    expect(holder.chain).toHaveLength(sent);
  });

  test("of five certificates is taken in, of six not", async () => {
    const path = join(folder.path, "keys");
    mkdirSync(path);
    const store = openSoftwareStore({ gm, folder: path, clock: Date.now, random: (len) => randomBytes(len) });
    const cas = descend(5).map(({ certificate }) => certificate.der);
    const issued = issuePair(party("CA", null, { keyUsage: ["keyCertSign"] }), gm.sm2KeyPair().publicKey);
    const accept = (chain: readonly Uint8Array[]) =>
      acceptCertificates({ gm, clock: Date.now, store }, { ...issued, chain }, "246810").catch(
        (error: unknown) => error instanceof OperationError && error.code,
      );
    expect(await accept(cas.slice(0, 5))).toBe("KEY_NOT_FOUND");
    expect(await accept(cas)).toBe("TOO_LARGE");
  });
});
