/**
 * Enrolment of a vendor's library (登记驱动): its layout by the probe, and, with a PIN, what its ECCSignData takes by a signature over a message of our own. What
 * was seen becomes its profile.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Gm } from "@certbridge/gm";
import { parseCertificate } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import type { DeviceProfile } from "@certbridge/trust";
import type { EnrolledLibrary } from "./enrolled.ts";
import { deviceError, pinError } from "./failures.ts";
import { layouts } from "./layout.ts";
import { layoutOf, type Probe, readProbe } from "./probe.ts";
import type { Supervisor } from "./supervisor.ts";
import type { ContainerPath, FoundDevice, Opening, TokenVerb, TokenVerbs } from "./wire.ts";

/** Bytes of the message that the self-test signs. */
const TEST_LEN = 64;

type Supervise = (opening: Opening) => Supervisor;

export interface Enrolment {
  readonly library: EnrolledLibrary;
  readonly probe: Probe;
  readonly devices: readonly FoundDevice[];
  /** Whether the self-test was made; without it the profile says what the standard says. */
  readonly tested: boolean;
}

/** One worker for one step. @throws OperationError DEVICE_REMOVED, DEVICE_FAILED, DRIVER_FAILED */
async function within<T>(supervisor: Supervisor, use: (ask: Ask) => Promise<T>): Promise<T> {
  try {
    return await use((verb, params) => supervisor.call(verb, params));
  } catch (error) {
    throw deviceError(error);
  } finally {
    await supervisor.close();
  }
}

type Ask = <V extends TokenVerb>(verb: V, params: TokenVerbs[V]["params"]) => Promise<TokenVerbs[V]["result"]>;

/** The first container with a signing certificate, and its public key. */
function firstSigner(devices: readonly FoundDevice[]): {
  readonly path: ContainerPath;
  readonly signingCertificate: Uint8Array;
  readonly publicKey: Uint8Array;
} {
  for (const { name: device, applications } of devices) {
    for (const { name: application, containers } of applications) {
      for (const { name: container, signingCertificate } of containers) {
        if (signingCertificate === null) continue;
        const { publicKey } = parseCertificate(signingCertificate);
        return { path: { device, application, container }, signingCertificate, publicKey };
      }
    }
  }
  throw new OperationError("KEY_NOT_FOUND");
}

/** Opens the key once for each of two signatures at most; one wrong PIN ends it. */
async function testSigning(
  gm: Gm,
  ask: Ask,
  devices: readonly FoundDevice[],
  pin: Uint8Array,
): Promise<DeviceProfile["signInput"]> {
  const { publicKey, ...signer } = firstSigner(devices);
  const opened = await ask("open", { ...signer, pin, mayUseLastTry: false });
  if (!("session" in opened)) throw pinError(opened);
  const { session } = opened;
  try {
    const message = randomBytes(TEST_LEN);
    const digest = gm.sm3(Buffer.concat([gm.za(publicKey, DEFAULT_DISTINGUISHING_ID), message]));
    const inputs = { digest, message } as const;
    for (const signInput of ["digest", "message"] as const) {
      const signature = await ask("sign", { session, input: inputs[signInput] });
      if (gm.sm2Verify(publicKey, message, signature, { id: DEFAULT_DISTINGUISHING_ID })) return signInput;
    }
  } finally {
    // What the test came to counts.
    await ask("close", { session }).catch(() => undefined);
  }
  throw new OperationError("DEVICE_FAILED", { call: "SKF_ECCSignData", code: "not-verified" });
}

/**
 * Looks at a library with a key of its in the machine.
 *
 * @param options.path absolute
 * @param options.pin  UTF-8, of the first key; wiped. Null leaves the self-test out
 * @throws OperationError KEY_NOT_FOUND where no key of this library is plugged in, DRIVER_FAILED, DEVICE_FAILED where no layout stands out or no signature
 *   holds, PIN_INCORRECT, PIN_LOCKED
 */
export async function enrolLibrary(options: {
  readonly gm: Gm;
  readonly path: string;
  readonly chain: readonly Uint8Array[];
  readonly pin: Uint8Array | null;
  readonly supervise: Supervise;
}): Promise<Enrolment> {
  const { gm, path, chain, pin, supervise } = options;
  const sha256 = createHash("sha256")
    .update(await readFile(path))
    .digest();
  const file = { path, sha256 };
  const filled = await within(supervise({ library: file, layout: layouts[0] }), (ask) => ask("probe", {}));
  if (filled === null) throw new OperationError("KEY_NOT_FOUND");
  const probe = readProbe([Buffer.from(filled[0]), Buffer.from(filled[1])]);
  const layout = layoutOf(probe);
  if (layout === null) throw new OperationError("DEVICE_FAILED", { call: "SKF_GetDevInfo", code: "no-layout" });
  return within(supervise({ library: file, layout }), async (ask) => {
    const devices = await ask("list", {});
    const signInput = pin === null ? "digest" : await testSigning(gm, ask, devices, pin);
    const library = {
      path,
      sha256: encodeBase64Url(sha256),
      profile: { layout, signInput },
      chain: chain.map(encodeBase64Url),
    };
    return { library, probe, devices, tested: pin !== null };
  });
}
