/**
 * What is done with the keys of one library, in the worker that has it open: every USB key (CA锁) that is plugged in, what lies in it, and one opening at a
 * time. GM/T 0016-2012 clauses 7.1 to 7.6.
 *
 * A device is locked for other programs from before its PIN is verified until the rights are given back: what the PIN opened is the device's, and not this
 * process's, so that another program could sign on it.
 */
import { LOCK_WAIT_MS, SAR, SkfError } from "./codes.ts";
import type { Handle, Library } from "./library.ts";
import { type Quirks, STANDARD, type Way, waysOf } from "./quirks.ts";
import type { Structures } from "./structures.ts";
import { openKeyBlock, type SealedBlock } from "./token-key-block.ts";
import { readTries, verifyPin, zeroEnded } from "./token-pin.ts";
import { attempt, readerOf } from "./token-reading.ts";
import type { ContainerPath, FoundDevice, OpenedPin, TokenVerbs } from "./wire.ts";

/** An application that is logged in to, its device locked: for as long as a session needs it. */
interface Login {
  readonly device: Handle;
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

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

export function openToken(library: Library, structures: Structures, quirks: Quirks = STANDARD): Token {
  const { call } = library;
  const reader = readerOf(library, structures);
  const { certificateOf, deviceNames, infoOf, namesOf, openHandle, readDevice, withApplication, withDevice } = reader;

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
    { device, application }: Login,
    container: Handle,
    { signingCertificate, serialNumber, mayUseLastTry }: Omit<OpenParams, "pin">,
  ): OpenedPin | null {
    const found = certificateOf(container, true);
    // Some libraries give room behind the certificate along with it.
    const isIt =
      signingCertificate === null
        ? found === null && (serialNumber === undefined || isSame(infoOf(device).serialNumber, serialNumber))
        : found !== null && isSame(found.subarray(0, signingCertificate.length), signingCertificate);
    if (!isIt) return { pin: "another-key" };
    const { triesLeft } = readTries(library, application);
    if (triesLeft === 0) return { pin: "locked" };
    return triesLeft === 1 && !mayUseLastTry ? { pin: "last-try" } : null;
  }

  const clear = (device: Handle, application: Uint8Array): void =>
    withApplication(device, application, (opened) => call("SKF_ClearSecureState", opened));

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
      return { device, application, sessions: 0, giveBack };
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
        readTries(library, known.application);
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
