/**
 * What lies on a key, as its library tells it: lists, certificates, tries. Nothing here needs a PIN. GM/T 0016-2012 clauses 7.1, 7.3, 7.4.
 */
import { SAR, SkfError } from "./codes.ts";
import { type FunctionName, type Handle, type Library, outHandle, outNumber } from "./library.ts";
import type { Structures } from "./structures.ts";
import { readTries, zeroEnded } from "./token-pin.ts";
import type { FoundApplication, FoundContainer, FoundDevice } from "./wire.ts";

/** Bytes of a list of names, and of a certificate, at most: what a library says it needs is asked of it, and not believed without an end. */
const LIST_LEN = 64 * 1024;
const CERTIFICATE_LEN = 64 * 1024;

const BLOCK_LEN = 16;

/** Names end with a zero each, and the list with one more. */
function splitNames(bytes: Buffer): readonly Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let at = 0; at < bytes.length && bytes[at] !== 0;) {
    const end = bytes.indexOf(0, at);
    names.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = end < 0 ? bytes.length : end + 1;
  }
  return names;
}

/** All of them are tried; what they throw is of no use to anybody any more. */
export function attempt(...steps: readonly (() => void)[]): void {
  for (const step of steps) {
    try {
      step();
    } catch {
      // The key may be pulled by now, and with it goes what it held open.
    }
  }
}

/** What opens, reads and closes by one library. */
export function readerOf(library: Library, structures: Structures) {
  const { call } = library;

  /** Asks for the length, then for the bytes. */
  function readBytes(name: FunctionName, before: readonly (Handle | number)[], limit: number): Buffer {
    const len = outNumber();
    // A library that does not know the asking for a length answers that there is too little room.
    const empty = Buffer.alloc(0);
    try {
      call(name, ...before, empty, len.room);
    } catch (error) {
      if (!(error instanceof SkfError && error.code === SAR.BUFFER_TOO_SMALL)) throw error;
    }
    const needed = Math.min(len.value(), limit);
    if (needed === 0) return empty;
    const bytes = Buffer.alloc(needed + BLOCK_LEN);
    const filled = outNumber(needed);
    call(name, ...before, bytes, filled.room);
    return bytes.subarray(0, Math.min(filled.value(), needed));
  }

  const namesOf = (name: FunctionName, ...before: readonly (Handle | number)[]) =>
    splitNames(readBytes(name, before, LIST_LEN));

  function openHandle(name: FunctionName, ...before: readonly (Handle | Buffer)[]): Handle {
    const handle = outHandle();
    call(name, ...before, handle.room);
    return handle.value();
  }

  /** Runs with what was opened, and closes it whatever happens. */
  function within<T>(handle: Handle, close: FunctionName, use: (handle: Handle) => T): T {
    try {
      return use(handle);
    } finally {
      attempt(() => call(close, handle));
    }
  }

  const withDevice = <T>(device: Uint8Array, use: (handle: Handle) => T): T =>
    within(openHandle("SKF_ConnectDev", zeroEnded(device)), "SKF_DisConnectDev", use);

  const withApplication = <T>(device: Handle, application: Uint8Array, use: (handle: Handle) => T): T =>
    within(openHandle("SKF_OpenApplication", device, zeroEnded(application)), "SKF_CloseApplication", use);

  function certificateOf(container: Handle, isSigning: boolean): Uint8Array | null {
    try {
      const der = readBytes("SKF_ExportCertificate", [container, isSigning ? 1 : 0], CERTIFICATE_LEN);
      return der.length === 0 ? null : der;
    } catch (error) {
      if (error instanceof SkfError && error.code === SAR.DEVICE_REMOVED) throw error;
      // A container may hold one of the two, or neither: the code for that differs from vendor to vendor.
      return null;
    }
  }

  function readContainer(application: Handle, name: Uint8Array): FoundContainer {
    const handle = openHandle("SKF_OpenContainer", application, zeroEnded(name));
    return within(handle, "SKF_CloseContainer", (container) => ({
      name,
      signingCertificate: certificateOf(container, true),
      encryptionCertificate: certificateOf(container, false),
    }));
  }

  const readApplication = (device: Handle, name: Uint8Array): FoundApplication =>
    withApplication(device, name, (application) => ({
      name,
      pin: readTries(library, application),
      containers: namesOf("SKF_EnumContainer", application).map((container) => readContainer(application, container)),
    }));

  function infoOf(device: Handle): FoundDevice["info"] {
    const room = structures.room("DEVINFO");
    call("SKF_GetDevInfo", device, room);
    return structures.deviceInfo(room);
  }

  function readDevice(name: Uint8Array): FoundDevice {
    return withDevice(name, (device) => {
      return {
        name,
        info: infoOf(device),
        applications: namesOf("SKF_EnumApplication", device).map((application) => readApplication(device, application)),
      };
    });
  }

  const deviceNames = () => namesOf("SKF_EnumDev", 1);

  return { certificateOf, deviceNames, infoOf, namesOf, openHandle, readDevice, withApplication, withDevice };
}
