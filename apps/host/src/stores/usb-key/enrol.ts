/**
 * Enrolment of a vendor's library (登记驱动): its architecture by the file's header, its functions by their names, its layout by the probe, and, with a PIN, what
 * its ECCSignData takes and how it opens a key block, by a signature and a block of our own. What was seen becomes its profile.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Gm } from "@certbridge/gm";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { type DeviceProfile, deviceProfile } from "@certbridge/trust";
import * as v from "valibot";
import { architectureOf } from "./architecture.ts";
import { certificateIn } from "./certificates.ts";
import { algorithmsOf } from "./codes.ts";
import type { EnrolledLibrary } from "./enrolled.ts";
import { pinError } from "./failures.ts";
import { type Layout, layouts } from "./layout.ts";
import type { Survey } from "./library.ts";
import { layoutOf, type Probe, readProbe } from "./probe.ts";
import { profileOf, type Quirks, STANDARD } from "./quirks.ts";
import type { Supervisor } from "./supervisor.ts";
import { encodingOf } from "./text.ts";
import { type Ask, askOf, findSignInput, findWay } from "./trial.ts";
import type { ContainerPath, FoundDevice, LibraryFile, Opening } from "./wire.ts";

const LOG_OUT = "SKF_ClearSecureState";

type Supervise = (opening: Opening) => Supervisor;

export interface Enrolment {
  readonly library: EnrolledLibrary;
  readonly probe: Probe;
  readonly devices: readonly FoundDevice[];
  /** Whether the self-test was made; without it the profile says what the standard says. */
  readonly tested: boolean;
  /** Whether a key block was opened; null where that was not tried: no PIN, or no encryption certificate. */
  readonly opens: boolean | null;
  /** Fields of the profile that the self-test spoke of, whatever came of it. */
  readonly tried: readonly (keyof DeviceProfile)[];
}

/** One worker for one step. @throws OperationError DEVICE_REMOVED, DEVICE_FAILED, DRIVER_FAILED */
async function within<T>(supervisor: Supervisor, use: (ask: Ask) => Promise<T>): Promise<T> {
  try {
    return await use(askOf(supervisor));
  } finally {
    await supervisor.close();
  }
}

interface Signer {
  readonly path: ContainerPath;
  readonly signingCertificate: Uint8Array;
  readonly signingKey: Uint8Array;
  readonly encryptionKey: Uint8Array | null;
}

/** In the path of INVALID_REQUEST: whose PIN it is that was given, nobody can tell. */
export const SEVERAL_KEYS = "several-keys";

/** The first container with both certificates, else the first with a signing certificate; of the only device. */
function firstSigner(devices: readonly FoundDevice[]): Signer {
  const signers: Signer[] = [];
  if (devices.length > 1) throw new OperationError("INVALID_REQUEST", { path: SEVERAL_KEYS });
  for (const { name: device, applications } of devices) {
    for (const { name: application, containers } of applications) {
      for (const { name: container, signingCertificate, encryptionCertificate } of containers) {
        const signing = certificateIn(signingCertificate);
        if (signing === null) continue;
        signers.push({
          path: { device, application, container },
          signingCertificate: signing.der,
          signingKey: signing.publicKey,
          encryptionKey: certificateIn(encryptionCertificate)?.publicKey ?? null,
        });
      }
    }
  }
  const signer = signers.find(({ encryptionKey }) => encryptionKey !== null) ?? signers[0];
  if (signer === undefined) throw new OperationError("KEY_NOT_FOUND");
  return signer;
}

const SIGNING = ["signInput"] as const;
const OPENING = ["sessionKey", "decrypt"] as const;

type Tested = Pick<DeviceProfile, "evidence"> & Partial<Pick<DeviceProfile, "decrypt" | "sessionKey" | "signInput">>;

/** Opens the key once, and once more after each crash of the library; one wrong PIN ends it, and the last try is never taken. */
async function testKey(
  gm: Gm,
  ask: Ask,
  devices: readonly FoundDevice[],
  pin: Uint8Array,
): Promise<{ readonly tested: Tested; readonly opens: boolean | null }> {
  const { path, signingCertificate, signingKey, encryptionKey } = firstSigner(devices);
  async function reopen(): Promise<number> {
    const opened = await ask("open", { path, signingCertificate, pin, mayUseLastTry: false });
    if (!("session" in opened)) throw pinError(opened);
    return opened.session;
  }
  const seat = { session: await reopen(), reopen };
  try {
    const signInput = await findSignInput(gm, ask, seat.session, signingKey);
    if (signInput === null)
      throw new OperationError("DEVICE_FAILED", { call: "SKF_ECCSignData", code: "not-verified" });
    const signing = { signInput, evidence: { signInput: "self-test" } } as const;
    if (encryptionKey === null) return { tested: signing, opens: null };
    const way = await findWay(gm, ask, seat, encryptionKey);
    if (way === null) return { tested: signing, opens: false };
    const evidence = { ...signing.evidence, sessionKey: "self-test", decrypt: "self-test" } as const;
    return { tested: { ...signing, ...profileOf(way), evidence }, opens: true };
  } finally {
    // Where this fails, the worker is dead, and the next one logs out before anything else.
    await ask("close", { session: seat.session }).catch(() => undefined);
  }
}

/** By a call that should not come back; a library that falls over in it waits for nothing either. */
async function findWait(ask: Ask, { missing }: Survey): Promise<Partial<DeviceProfile>> {
  const isThere = !missing.includes("SKF_WaitForDevEvent");
  const waits =
    isThere &&
    (await ask("tryWait", {}).then(
      () => false,
      (error: unknown) => OperationError.is(error, "DRIVER_FAILED") && error.details?.fault === "hung",
    ));
  return { wait: waits ? "blocking" : "poll", evidence: { wait: isThere ? "probe" : "exports" } };
}

/** What the keys that are plugged in tell of their library. */
function readDevices(devices: readonly FoundDevice[]): Partial<DeviceProfile> {
  const algorithms = devices.map(({ info }) => algorithmsOf(info.asymmetricAlgorithms)).find((found) => found !== null);
  const strings = encodingOf(devices.flatMap(({ info }) => [info.manufacturer, info.issuer, info.label]));
  return {
    strings,
    ...(algorithms === undefined ? {} : { algorithms }),
    evidence: {
      ...(algorithms === undefined ? {} : { algorithms: "probe" }),
      ...(strings === "auto" ? {} : { strings: "probe" }),
    },
  };
}

/** What was found, one thing after the other, over what the standard says. */
function profileFrom(layout: Layout, found: readonly Partial<DeviceProfile>[]): DeviceProfile {
  const evidence: unknown = Object.assign({}, ...found.map((one) => one.evidence));
  const fields: unknown = Object.assign({ layout, signInput: "digest" }, ...found, { evidence });
  return v.parse(deviceProfile, fields);
}

/** What the file, its names and the first key's poisoned buffers tell, before the layout is known. */
async function examine(supervise: Supervise, file: LibraryFile, content: Uint8Array) {
  const architecture = architectureOf(content);
  // The standard's own convention, where there is more than one (clause 6.3, DEVAPI).
  const isWindows32 = architecture === "ia32" && process.platform === "win32";
  const before: Quirks = { ...STANDARD, architecture, callConvention: isWindows32 ? "stdcall" : "cdecl" };
  return within(supervise({ library: file, layout: layouts[0], quirks: before }), async (ask) => {
    const survey = await ask("survey", {});
    const filled = await ask("probe", {});
    if (filled === null) throw new OperationError("KEY_NOT_FOUND");
    // Whoever cannot log out would leave the key open to every program.
    if (survey.missing.includes(LOG_OUT)) throw new OperationError("DEVICE_FAILED", { call: LOG_OUT, code: "missing" });
    const probe = readProbe([Buffer.from(filled[0]), Buffer.from(filled[1])]);
    const layout = layoutOf(probe);
    if (layout === null) throw new OperationError("DEVICE_FAILED", { call: "SKF_GetDevInfo", code: "no-layout" });
    const quirks: Quirks = { ...before, names: survey.names };
    const evidence: DeviceProfile["evidence"] = {
      layout: "probe",
      ...(architecture === null ? {} : { architecture: "file" }),
      ...(isWindows32 ? { callConvention: "file" } : {}),
      ...(Object.keys(survey.names).length === 0 ? {} : { names: "exports" }),
    };
    return { probe, layout, quirks, found: [{ ...quirks, evidence }, await findWait(ask, survey)] };
  });
}

/**
 * Looks at a library with a key of its in the machine.
 *
 * @param options.path absolute
 * @param options.pin  UTF-8, of the first key; wiped. Null leaves the self-test out
 * @throws OperationError KEY_NOT_FOUND where no key of this library is plugged in, DRIVER_FAILED, DEVICE_FAILED where no layout stands out or no signature
 *   holds, PIN_INCORRECT, PIN_LOCKED, PIN_LAST_TRY, INVALID_REQUEST naming {@link SEVERAL_KEYS}
 */
export async function enrolLibrary(options: {
  readonly gm: Gm;
  readonly path: string;
  readonly chain: readonly Uint8Array[];
  readonly pin: Uint8Array | null;
  readonly supervise: Supervise;
}): Promise<Enrolment> {
  const { gm, path, chain, pin, supervise } = options;
  try {
    const content = await readFile(path);
    const sha256 = createHash("sha256").update(content).digest();
    const file = { path, sha256 };
    const { probe, layout, quirks, found } = await examine(supervise, file, content);
    const opening = { library: file, layout, quirks };
    return await within(supervise(opening), async (ask) => {
      const devices = await ask("list", {});
      const test = pin === null ? null : await testKey(gm, ask, devices, pin);
      const seen = [...found, readDevices(devices), test?.tested ?? {}];
      const library = {
        path,
        sha256: encodeBase64Url(sha256),
        profile: profileFrom(layout, seen),
        chain: chain.map(encodeBase64Url),
      };
      const opens = test?.opens ?? null;
      const tried = [...(test === null ? [] : SIGNING), ...(opens === null ? [] : OPENING)];
      return { library, probe, devices, tested: test !== null, opens, tried };
    });
  } finally {
    pin?.fill(0);
  }
}
