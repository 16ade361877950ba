/** Key files from anywhere (PKCS#12, PKCS#8, PEM): keys, "wrong password", or a code; and never more work than a person waits for. */
import { encodePrivateKeyInfo, encodeSec1PrivateKey } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { encodePem, openKeyFile, readCertificates, readDer } from "../../../apps/host/src/key-files/files.ts";
import { openWork, ROUNDS_MAX } from "../../../apps/host/src/key-files/work.ts";
import { importKeys } from "../../../apps/host/src/stores/software/identities.ts";
import { openSoftwareStore } from "../../../apps/host/src/stores/software/store.ts";
import { gm, party } from "../../support/authority.ts";
import { temporaryFolder } from "../../support/host.ts";
import { hostileBytes } from "../../support/malformed/bytes.ts";
import { authenticatedSafe, encryptedKey, PASSWORD, pbes2, pfx, safeContents } from "../../support/malformed/pkcs12.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const holder = party("江南建设有限公司", null, { keyUsage: ["digitalSignature"] });
const keyInfo = encodePrivateKeyInfo(holder.privateKey, holder.publicKey);
const certificate = holder.certificate.der;

const bags = safeContents({ open: [keyInfo], shrouded: [] }, [certificate]);
const sealed = safeContents({ open: [], shrouded: [keyInfo] }, []);
const safe = authenticatedSafe({ open: bags, sealed });
const whole = pfx(safe);
const pkcs8 = encryptedKey(keyInfo);
const sec1 = encodeSec1PrivateKey(holder.privateKey, holder.publicKey);

const pemLabels = ["CERTIFICATE", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PKCS12", "EC PRIVATE KEY", "EC PARAMETERS"];

/** As PEM, with the label that fits or another, with something before it, twice, or cut. */
function asPem(der: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(
      der,
      fc.constantFrom(...pemLabels),
      fc.constantFrom("", "Bag Attributes\n", "-----BEGIN ", "\u0000"),
      fc.nat({ max: 3 }),
      fc.nat(),
    )
    .map(([bytes, label, before, times, cutAt]) => {
      const text = before + encodePem(label, bytes).repeat(times);
      return Buffer.from(cutAt % 4 === 0 ? text.slice(0, cutAt % (text.length + 1)) : text, "latin1");
    });
}

/** Files, most of them with outer parts that are right, so that what is altered inside is reached; and how many of 10⁴. */
const files: Readonly<Record<string, { readonly share: number; readonly of: fc.Arbitrary<Uint8Array> }>> = {
  "PKCS#12, anywhere": { share: 500, of: hostileBytes([whole], [pkcs8, keyInfo, certificate]) },
  "PKCS#12, under a right MAC": { share: 100, of: hostileBytes([safe], [bags]).map((content) => pfx(content)) },
  "PKCS#12, bags in the open": {
    share: 300,
    of: hostileBytes([bags], [keyInfo]).map((open) => pfx(authenticatedSafe({ open }))),
  },
  "PKCS#12, bags under the password": {
    share: 300,
    of: hostileBytes([sealed], [keyInfo]).map((altered) => pfx(authenticatedSafe({ sealed: altered }))),
  },
  "PKCS#8, its protection": {
    share: 2000,
    of: hostileBytes([pbes2()], [pbes2(2000)]).map((algorithm) => encryptedKey(keyInfo, algorithm)),
  },
  "PKCS#8, under the password": { share: 1500, of: hostileBytes([keyInfo]).map((info) => encryptedKey(info)) },
  "PKCS#8, anywhere": { share: 3000, of: hostileBytes([pkcs8, keyInfo, sec1], [certificate]) },
  PEM: { share: 2300, of: asPem(hostileBytes([keyInfo, pkcs8, certificate, whole])) },
};

const keeper = {
  gm,
  clock: Date.now,
  store: openSoftwareStore({ gm, folder: folder.path, clock: Date.now, random: (len) => new Uint8Array(len) }),
};

/** "opened", "wrong password", or the code. Keys that came out are taken in as far as the PIN that is too short. */
async function outcomeOf(file: Uint8Array): Promise<string> {
  try {
    const contents = await openKeyFile(file, PASSWORD, openWork(5000));
    if (contents === null) return "wrong password";
    await importKeys(keeper, contents, { name: null, pin: "1" });
    return "taken in";
  } catch (error) {
    if (error instanceof OperationError) return error.code;
    throw error;
  }
}

test("a genuine file is opened, and refused for the PIN alone", async () => {
  expect(await outcomeOf(whole)).toBe("INVALID_REQUEST");
  expect(
    await outcomeOf(pfx(authenticatedSafe({ sealed: safeContents({ open: [], shrouded: [keyInfo] }, [certificate]) }))),
  ).toBe("INVALID_REQUEST");
});

test("a number that is no private key belongs to no certificate", async () => {
  for (const number of [new Uint8Array(32), new Uint8Array(32).fill(0xff)]) {
    const info = encodePrivateKeyInfo(number, holder.publicKey);
    const file = pfx(authenticatedSafe({ open: safeContents({ open: [info], shrouded: [] }, [certificate]) }));
    expect(await outcomeOf(file)).toBe("KEY_NOT_FOUND");
  }
});

const KNOWN = ["wrong password", "MALFORMED", "UNSUPPORTED_OPERATION", "KEY_NOT_FOUND", "TOO_LARGE", "INVALID_REQUEST"];

test.each(Object.keys(files))(
  "%s: keys, a wrong password, or a code",
  async (name) => {
    const { share = 0, of = fc.constant(whole) } = files[name] ?? {};
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(of, async (file) => {
        const outcome = await outcomeOf(file);
        seen.add(outcome);
        expect(KNOWN).toContain(outcome);
      }),
      cases(share, share * 100),
    );
    expect(seen.size).toBeGreaterThan(1);
  },
  timeoutMs,
);

test(
  "certificates beside a key, and an enveloped key in any dress: bytes, or MALFORMED",
  () => {
    fc.assert(
      fc.property(fc.oneof(hostileBytes([certificate]), asPem(hostileBytes([certificate]))), (file) => {
        readDer(file);
        try {
          readCertificates(file);
        } catch (error) {
          if (!OperationError.is(error, "MALFORMED")) throw error;
        }
      }),
      cases(1000, 200_000),
    );
  },
  timeoutMs,
);

describe("the work that a file asks for", () => {
  /** As the program opens it, and as quickly refused. */
  const refused = (file: Uint8Array) =>
    expect(openKeyFile(file, PASSWORD)).rejects.toMatchObject({ code: "UNSUPPORTED_OPERATION" });

  test("more rounds than anyone waits for, in one place", async () => {
    for (const rounds of [0, ROUNDS_MAX + 1, 0x7fff_ffff]) {
      await refused(pfx(safe, rounds));
      await refused(encryptedKey(keyInfo, pbes2(rounds)));
    }
  });

  test("and in many places together, however little each asks for", async () => {
    const three = Buffer.from(encodePem("ENCRYPTED PRIVATE KEY", encryptedKey(keyInfo)).repeat(3));
    expect((await openKeyFile(three, PASSWORD, openWork(3)))?.keys).toHaveLength(3);
    await expect(openKeyFile(three, PASSWORD, openWork(2))).rejects.toMatchObject({ code: "UNSUPPORTED_OPERATION" });
  });
});
