/**
 * What a vendor's library is like, for whoever is to write its profile (驱动探测报告): docs/devices.md, "Report a library". It is made to be sent to strangers: nothing
 * that a key or its owner is known by stands in it. Of each text in a key there is only how it is written, and how long it is; of certificates, that they are there.
 * No PIN is asked, and the key is not logged in to.
 */
import { createHash } from "node:crypto";
import { exportsOf, readMachineCode } from "../machine-code.ts";
import { functionNames } from "../stores/usb-key/library.ts";
import { layouts } from "../stores/usb-key/layout.ts";
import { layoutOf, type Probe, readProbe } from "../stores/usb-key/probe.ts";
import { type Supervisor, TokenFailure } from "../stores/usb-key/supervisor.ts";
import type { FoundDevice, Opening } from "../stores/usb-key/wire.ts";
import type { DeviceInfo } from "../stores/usb-key/structures.ts";

const DEVICE_REPORT_FORMAT = "certbridge-device-report:1";

/** How a text of the key's is written, and its bytes. */
function redacted(text: Uint8Array): { readonly written: string; readonly len: number } {
  const len = text.length;
  if (len === 0) return { written: "empty", len };
  if (text.every((byte) => byte >= 0x20 && byte < 0x7f)) return { written: "ascii", len };
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(text);
    return { written: "utf-8", len };
  } catch {
    return { written: "other", len };
  }
}

const hexadecimal = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;

function describeInfo(info: DeviceInfo) {
  const { manufacturer, issuer, label, serialNumber, hardware, firmware } = info;
  return {
    manufacturer: redacted(manufacturer),
    issuer: redacted(issuer),
    label: redacted(label),
    serialNumber: redacted(serialNumber),
    hardware,
    firmware,
    symmetricAlgorithms: hexadecimal(info.symmetricAlgorithms),
    asymmetricAlgorithms: hexadecimal(info.asymmetricAlgorithms),
    hashAlgorithms: hexadecimal(info.hashAlgorithms),
    authAlgorithm: hexadecimal(info.authAlgorithm),
  };
}

const describeDevice = ({ name, info, applications }: FoundDevice) => ({
  name: redacted(name),
  info: describeInfo(info),
  applications: applications.map(({ name: application, pin, containers }) => ({
    name: redacted(application),
    triesMax: pin.triesMax,
    containers: containers.map(({ name: container, signingCertificate, encryptionCertificate }) => ({
      name: redacted(container),
      signingCertificate: signingCertificate !== null,
      encryptionCertificate: encryptionCertificate !== null,
    })),
  })),
});

interface Trouble {
  readonly step: "probe" | "list";
  readonly what: string;
}

function troubleOf(step: Trouble["step"], error: unknown): Trouble {
  if (!(error instanceof TokenFailure)) throw error;
  const { failure } = error;
  switch (failure.kind) {
    case "skf":
      return { step, what: `${failure.call} ${hexadecimal(failure.code)}` };
    case "worker":
      return { step, what: failure.what };
    case "died":
    case "late":
    case "quarantined":
      return { step, what: failure.kind };
  }
}

/** Of what we call, and of all that is exported under a name of SKF: by the file alone, so that a library for another computer can be reported, too. */
function describeFunctions(content: Uint8Array) {
  const names = exportsOf(content);
  if (names === null) return null;
  const exported = names.filter((name) => /^_?SKF_\w+/.test(name)).sort();
  return {
    exported,
    missing: functionNames.flatMap((names) => (names.some((name) => exported.includes(name)) ? [] : names.slice(0, 1))),
  };
}

/** One step with a worker of its own; what it comes to is written down. */
async function tryStep<T>(
  step: Trouble["step"],
  supervisor: Supervisor,
  ask: (supervisor: Supervisor) => Promise<T>,
  troubles: Trouble[],
): Promise<T | null> {
  try {
    return await ask(supervisor);
  } catch (error) {
    troubles.push(troubleOf(step, error));
    return null;
  } finally {
    await supervisor.close();
  }
}

const describeProbe = ({ writtenLen, candidates }: Probe) => ({
  writtenLen,
  candidates: candidates.map(({ layout, score }) => ({ ...layout, score })),
});

/**
 * @param path absolute
 * @param content of the file there
 */
export async function reportLibrary(
  path: string,
  content: Uint8Array,
  version: string,
  supervise: (opening: Opening) => Supervisor,
): Promise<object> {
  const sha256 = createHash("sha256").update(content).digest();
  const library = { path, sha256 };
  const troubles: Trouble[] = [];
  const filled = await tryStep(
    "probe",
    supervise({ library, layout: layouts[0] }),
    (supervisor) => supervisor.call("probe", {}),
    troubles,
  );
  const probe = filled === null ? null : readProbe([Buffer.from(filled[0]), Buffer.from(filled[1])]);
  const layout = probe === null ? null : layoutOf(probe);
  const devices =
    layout === null
      ? null
      : await tryStep("list", supervise({ library, layout }), (supervisor) => supervisor.call("list", {}), troubles);
  return {
    format: DEVICE_REPORT_FORMAT,
    program: version,
    system: { platform: process.platform, processor: process.arch },
    library: { sha256: sha256.toString("hex"), len: content.length, code: readMachineCode(content) },
    functions: describeFunctions(content),
    probe: probe === null ? null : describeProbe(probe),
    layout,
    devices: devices?.map(describeDevice) ?? null,
    troubles,
  };
}
