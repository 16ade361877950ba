/**
 * What is done with the keys of one library, in the worker that has it open: every USB key (CA锁) that is plugged in, what lies in it, and one opening at a
 * time. GM/T 0016-2012 clauses 7.1 to 7.6.
 *
 * A device is locked for other programs from before its PIN is verified until the rights are given back: what the PIN opened is the device's, and not this
 * process's, so that another program could sign on it.
 */
import { LOCK_WAIT_MS, SAR, SkfError } from "./codes.ts";
import { type FunctionName, type Handle, type Library, outHandle, outNumber } from "./library.ts";
import { type Quirks, STANDARD, type Way, waysOf } from "./quirks.ts";
import type { Structures } from "./structures.ts";
import { openKeyBlock, type SealedBlock } from "./token-key-block.ts";
import { readTries, verifyPin } from "./token-pin.ts";
import type { ContainerPath, FoundApplication, FoundContainer, FoundDevice, OpenedPin, TokenVerbs } from "./wire.ts";

/** Bytes of a list of names, and of a certificate, at most: what a library says it needs is asked of it, and not believed without an end. */
const LIST_LEN = 64 * 1024;
const CERTIFICATE_LEN = 64 * 1024;

const BLOCK_LEN = 16;

/** An application that is logged in to, its device locked: for as long as a session needs it. */
interface Login {
  readonly application: Handle;
  sessions: number;
  /** Logs out, unlocks and lets go, whatever of it fails. */
  readonly giveBack: () => void;
}

/** A container that is open, its device locked and logged in to. */
export interface Session {
  /** r ‖ s, 64 bytes. @param input e = SM3(Z ‖ M), 32 bytes */
  sign(input: Uint8Array): Uint8Array;
  /**
   * SM4-CBC under a key that the container's encryption key decrypts, padding and all.
   *
   * @param way one alone; by default those of the library's profile, the standard's first
   * @throws SkfError
   */
  decrypt(block: SealedBlock, way?: Way): Uint8Array;
  /** What is open, for what else is done there: token-pair.ts, token-pin.ts. */
  readonly handles: { readonly application: Handle; readonly container: Handle };
  /** Logs out, whatever else fails, unless another session needs the login. Idempotent. */
  close(): void;
}

type OpenParams = TokenVerbs["open"]["params"];

export interface Token {
  /** Of the keys that are plugged in. */
  deviceNames(): readonly Uint8Array[];
  list(): readonly FoundDevice[];
  read(device: Uint8Array): FoundDevice;
  /**
   * The PIN is verified for each session. One that is wrong logs out those before it, too, on most keys; the next right one logs all of them in again.
   *
   * Names come again with another key in the same port: the container is looked at before the PIN is tried.
   */
  open(asked: Omit<OpenParams, "pin">, pin: Uint8Array): { readonly session: Session } | OpenedPin;
  /** Takes back a login that a process before this one left behind. */
  logOut(path: Omit<ContainerPath, "container">): void;
  /** The same for all applications of a device. */
  logOutAll(device: Uint8Array): void;
}

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

const zeroEnded = (text: Uint8Array): Buffer => Buffer.concat([text, Uint8Array.of(0)]);

/** All of them are tried; what they throw is of no use to anybody any more. */
function attempt(...steps: readonly (() => void)[]): void {
  for (const step of steps) {
    try {
      step();
    } catch {
      // The key may be pulled by now, and with it goes what it held open.
    }
  }
}

export function openToken(library: Library, structures: Structures, quirks: Quirks = STANDARD): Token {
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

  const pinOf = (application: Handle) => readTries(library, application);

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
      pin: pinOf(application),
      containers: namesOf("SKF_EnumContainer", application).map((container) => readContainer(application, container)),
    }));

  function readDevice(name: Uint8Array): FoundDevice {
    return withDevice(name, (device) => {
      const info = structures.room("DEVINFO");
      call("SKF_GetDevInfo", device, info);
      return {
        name,
        info: structures.deviceInfo(info),
        applications: namesOf("SKF_EnumApplication", device).map((application) => readApplication(device, application)),
      };
    });
  }

  function createSession(handles: Session["handles"], giveBack: () => void): Session {
    const { container } = handles;
    let open = true;
    return {
      handles,
      sign(input) {
        const room = structures.room("ECCSIGNATUREBLOB");
        call("SKF_ECCSignData", container, Buffer.from(input), input.length, room);
        return structures.signature(room);
      },
      decrypt: (block, way) =>
        openKeyBlock(library, structures, container, way === undefined ? waysOf(quirks) : [way], block),
      close() {
        if (!open) return;
        open = false;
        giveBack();
      },
    };
  }

  /** What is not tried: on another key, on a locked one, and for the last time without the person's word. */
  function refusePin(
    { application }: Login,
    container: Handle,
    { signingCertificate, mayUseLastTry }: Omit<OpenParams, "pin">,
  ): OpenedPin | null {
    const found = certificateOf(container, true);
    // Some libraries give room behind the certificate along with it.
    const isIt =
      signingCertificate === null
        ? found === null
        : found !== null && Buffer.compare(found.subarray(0, signingCertificate.length), signingCertificate) === 0;
    if (!isIt) return { pin: "another-key" };
    const { triesLeft } = readTries(library, application);
    if (triesLeft === 0) return { pin: "locked" };
    return triesLeft === 1 && !mayUseLastTry ? { pin: "last-try" } : null;
  }

  const clear = (device: Handle, application: Uint8Array): void =>
    withApplication(device, application, (opened) => call("SKF_ClearSecureState", opened));

  const deviceNames = () => namesOf("SKF_EnumDev", 1);

  /** Where somebody is logged in, by device and application. */
  const logins = new Map<string, Login>();
  const loginName = ({ device, application }: ContainerPath): string =>
    `${Buffer.from(device).toString("hex")} ${Buffer.from(application).toString("hex")}`;

  function leaveLogin(path: ContainerPath, login: Login): void {
    if (logins.get(loginName(path)) === login) logins.delete(loginName(path));
    login.giveBack();
  }

  /** With the device locked before its PIN is verified. */
  function beginLogin(path: ContainerPath): Login {
    const device = openHandle("SKF_ConnectDev", zeroEnded(path.device));
    const undo: (() => void)[] = [() => call("SKF_DisConnectDev", device)];
    const giveBack = () => attempt(...undo.splice(0).toReversed());
    try {
      call("SKF_LockDev", device, LOCK_WAIT_MS);
      undo.push(() => call("SKF_UnlockDev", device));
      const application = openHandle("SKF_OpenApplication", device, zeroEnded(path.application));
      undo.push(() => call("SKF_CloseApplication", application));
      undo.push(() => call("SKF_ClearSecureState", application));
      return { application, sessions: 0, giveBack };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** The login that is there already, where its key was not pulled meanwhile; else a new one. */
  function currentLogin(path: ContainerPath): Login {
    const name = loginName(path);
    const known = logins.get(name);
    if (known !== undefined) {
      try {
        pinOf(known.application);
        return known;
      } catch {
        leaveLogin(path, known);
      }
    }
    const login = beginLogin(path);
    logins.set(name, login);
    return login;
  }

  return {
    deviceNames,

    read: readDevice,

    list() {
      return deviceNames().flatMap((name) => {
        try {
          return [readDevice(name)];
        } catch (error) {
          // Pulled while it was read: it is no longer there.
          if (error instanceof SkfError && error.code === SAR.DEVICE_REMOVED) return [];
          throw error;
        }
      });
    },

    open(asked, pin) {
      const { path } = asked;
      const login = currentLogin(path);
      const undo: (() => void)[] = [];
      const end = () => {
        attempt(...undo.splice(0).toReversed());
        if (login.sessions === 0) leaveLogin(path, login);
      };
      try {
        const { application } = login;
        const container = openHandle("SKF_OpenContainer", application, zeroEnded(path.container));
        undo.push(() => call("SKF_CloseContainer", container));
        const refused = refusePin(login, container, asked) ?? verifyPin(library, application, pin);
        if (refused !== null) {
          end();
          return refused;
        }
        login.sessions += 1;
        undo.push(() => (login.sessions -= 1));
        return { session: createSession({ application, container }, end) };
      } catch (error) {
        end();
        throw error;
      }
    },

    logOut: ({ device, application }) => withDevice(device, (handle) => clear(handle, application)),

    logOutAll: (device) =>
      withDevice(device, (handle) =>
        attempt(...namesOf("SKF_EnumApplication", handle).map((application) => () => clear(handle, application))),
      ),
  };
}
