/** Files of the home folder, altered by whoever can write there: at worst one of them counts as damaged; nothing else is lost. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OperationError } from "@certbridge/protocol/errors";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { readRegistry } from "../../../apps/host/src/authorities.ts";
import { openCredentials } from "../../../apps/host/src/credentials.ts";
import { describeKey } from "../../../apps/host/src/holder.ts";
import { parseKeyFile } from "../../../apps/host/src/stores/software/key-file.ts";
import { openSoftwareStore } from "../../../apps/host/src/stores/software/store.ts";
import { openTries } from "../../../apps/host/src/stores/software/tries.ts";
import { gm } from "../../support/authority.ts";
import { USCC } from "../../support/host.ts";
import { hostileBytes } from "../../support/malformed/bytes.ts";
import { hostileTexts } from "../../support/malformed/json.ts";
import { credential, emptyRegistry } from "../../support/malformed/samples.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";
import { openProgram } from "../../support/program.ts";

const program = await openProgram();
afterAll(() => program.remove());
const { home } = program;
const clock = () => 1_800_000_000_000;

const [name = ""] = readdirSync(home.keys).filter((file) => file.endsWith(".json"));
const genuine = readFileSync(join(home.keys, name));
const bodyText = genuine.subarray(0, genuine.indexOf("\n")).toString("utf8");
const body = JSON.parse(bodyText) as { readonly id: string; readonly pairs: readonly object[] };
const [pair = {}] = body.pairs;

/** A body under the digest that belongs to it, as anybody can write it; the seal by the PIN is nobody's. */
function sealed(text: string): Buffer {
  const hmac = new Uint8Array(32).fill(3);
  const bytes = Buffer.from(text, "utf8");
  const sm3 = gm.createSm3().update(bytes).update(hmac).digest();
  return Buffer.concat([
    bytes,
    Buffer.from(`\n${JSON.stringify({ hmac: encodeBase64Url(hmac), sm3: encodeBase64Url(sm3) })}\n`),
  ]);
}

const certificate = Buffer.from((pair as { signing: { certificate: string } }).signing.certificate, "base64url");

/** A body with a certificate altered as the bytes that it is. */
const crafted = hostileBytes([certificate]).map((der) => ({
  ...body,
  pairs: [{ ...pair, signing: { ...(pair as { signing: object }).signing, certificate: encodeBase64Url(der) } }],
}));
const retired = { ...pair, encryption: null, chain: [], retiredAt: "2026-01-01T00:00:00Z" };
const pending = {
  createdAt: "2026-01-01T00:00:00Z",
  publicKey: encodeBase64Url(new Uint8Array(65).fill(4)),
  key: "AAAA",
};
/** The same with as little as a body may have. */
const small = { ...body, pairs: [{ ...pair, encryption: null, chain: [] }] };
const bodies = fc.oneof(
  { weight: 6, arbitrary: hostileTexts([small, small, { ...small, pending, pairs: [...small.pairs, retired] }, body]) },
  { weight: 1, arbitrary: crafted.map((value) => JSON.stringify(value)) },
);
const flipped = fc
  .tuple(fc.nat(genuine.length - 1), fc.nat({ max: 255 }))
  .map(([at, mask]) => Buffer.from(genuine.map((byte, i) => (i === at ? byte ^ mask : byte))));

test(
  "a key file: its body, or STORE_DAMAGED",
  () => {
    expect(parseKeyFile(gm, sealed(bodyText)).body).toEqual(body);
    fc.assert(
      fc.property(
        fc.oneof({ weight: 6, arbitrary: bodies.map(sealed) }, { weight: 1, arbitrary: flipped }),
        (content) => {
          try {
            const file = parseKeyFile(gm, content);
            expect(JSON.parse(Buffer.from(file.bodyBytes).toString("utf8"))).toEqual(file.body);
          } catch (error) {
            if (!OperationError.is(error, "STORE_DAMAGED")) throw error;
          }
        },
      ),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);

const id = "0".repeat(32);

test(
  "whatever lies beside a genuine key file, its key is shown, and every other that is shown can be shown",
  async () => {
    const store = openSoftwareStore({ gm, folder: home.keys, clock, random: (len) => new Uint8Array(len) });
    const credentials = openCredentials({ gm, folder: home.credentials, clock });
    const host = { gm, clock, credentials, registry: emptyRegistry };
    const beside = join(home.keys, `${id}.json`);
    try {
      await fc.assert(
        fc.asyncProperty(bodies, async (text) => {
          writeFileSync(beside, sealed(text.replace(body.id, id)));
          const shown = await Promise.all(
            (await store.list()).map((key) => describeKey(host, { ...key, carrier: store.carrier })),
          );
          expect(shown.map(({ keyId }) => keyId)).toContain(program.keyId);
        }),
        cases(300, 30_000),
      );
    } finally {
      rmSync(beside);
    }
  },
  timeoutMs,
);

test(
  "a count of wrong PINs: tries that are left, or an instant to wait for within the hour",
  async () => {
    const path = join(home.folder, "count.tries");
    await fc.assert(
      fc.asyncProperty(hostileTexts([{ failures: 2, retryAt: clock() + 1000 }]), async (text) => {
        writeFileSync(path, text);
        const { triesLeft, retryAt } = await openTries(path, clock).state();
        expect(triesLeft).toBeGreaterThanOrEqual(0);
        expect(triesLeft > 0).toBe(retryAt === null);
        if (retryAt !== null) expect(Date.parse(retryAt) - clock()).toBeLessThanOrEqual(3600_000);
      }),
      cases(400, 100_000),
    );
  },
  timeoutMs,
);

test(
  "a credential's file: that credential, or none",
  async () => {
    const path = join(home.credentials, `${"0".repeat(64)}.json`);
    const record = { format: "certbridge-credential-file:1", credential: encodeBase64Url(credential) };
    const texts = fc.oneof(
      hostileTexts([record]),
      hostileBytes([credential]).map((der) => JSON.stringify({ ...record, credential: encodeBase64Url(der) })),
    );
    const credentials = openCredentials({ gm, folder: home.credentials, clock: Date.now });
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        writeFileSync(path, text);
        for (const { said } of await credentials.of(USCC)) expect(said.credentialId).toBe("credential-0001");
      }),
      cases(400, 100_000),
    );
    writeFileSync(path, JSON.stringify(record));
    expect(await credentials.of(USCC)).toHaveLength(1);
    rmSync(path);
  },
  timeoutMs,
);

test(
  "a registry's file: a registry, or an error that its readers know",
  async () => {
    const path = join(home.folder, "another-registry.json");
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(hostileTexts([emptyRegistry]), fc.string(), fc.constantFrom("", "{", "\u0000")),
        async (text) => {
          writeFileSync(path, text);
          await readRegistry(path).catch((error: unknown) => {
            expect(["SyntaxError", "ValiError", "RangeError"]).toContain(error instanceof Error ? error.name : "");
          });
        },
      ),
      cases(400, 100_000),
    );
  },
  timeoutMs,
);
