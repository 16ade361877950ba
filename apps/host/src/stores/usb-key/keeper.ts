/**
 * What a person does with a USB key (CA锁) by hand: look at what lies in it, change its PIN, bring in what the CA issued. What is brought in is compared with the
 * key's own public keys before it is written, and tried afterwards.
 */
import type { Gm } from "@certbridge/gm";
import {
  type Certificate,
  isForEncryption,
  isForSigning,
  pairCertificates,
  parseCertificate,
  ProofError,
  sameBytes,
} from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import type { DeviceProfile } from "@certbridge/trust";
import { SAR } from "./codes.ts";
import { type EnrolledLibrary, openingOf, queueName } from "./enrolled.ts";
import { arrangementsOf } from "./enveloped.ts";
import { codeWords, pinError } from "./failures.ts";
import { takeBackBy } from "./left-logins.ts";
import { createPairReader, shownPair } from "./pairs.ts";
import { type Found, type Place, placesOn, readPlaces } from "./places.ts";
import type { DeviceQueue } from "./queue.ts";
import type { EnvelopedKeyParts } from "./structures.ts";
import type { Supervisor } from "./supervisor.ts";
import { type Ask, askOf, learned, learnSignInput, learnWay, type Seat } from "./trial.ts";
import type { ContainerPath, Opening } from "./wire.ts";

/** What opens a place. The PIN is UTF-8, and wiped. */
export interface PlaceOpening {
  readonly pin: Uint8Array;
  /** Whether the person said that a PIN may be tried where a wrong one would lock the key. */
  readonly mayUseLastTry: boolean;
}

/** A certificate that is to be brought in, and how the person calls it. */
export interface GivenCertificate {
  readonly name: string;
  readonly der: Uint8Array;
}

export interface DeviceKeeper {
  /** Of every library that works; the troubles of the others beside them. */
  places(): Promise<Found>;
  /** @param newPin UTF-8, wiped. @throws OperationError those of the PIN, INVALID_REQUEST where the key does not take the new one */
  changePin(place: Place, opening: PlaceOpening, newPin: Uint8Array): Promise<void>;
  /**
   * Puts the pair in the place of the one that is there.
   *
   * @param mayReplace whether the person said that another pair, which may have no certificate, may go for good
   * @returns what the library's profile has to say from now on
   * @throws OperationError INVALID_REQUEST where the key did not take it, naming PAIR_REPLACED where it took something and does not open with it, ENCRYPTION_KEY where another pair is there;
   *   KEY_NOT_FOUND where there is no signing key for which it can have been encrypted; those of the PIN
   */
  importPair(
    place: Place,
    opening: PlaceOpening,
    envelope: EnvelopedKeyParts,
    mayReplace: boolean,
  ): Promise<DeviceProfile>;
  /**
   * Signing and encryption certificate are told apart by what they are for and by the container's keys, and these are tried before anything is written.
   *
   * @returns which of them were written, and what the library's profile has to say from now on
   * @throws OperationError INVALID_REQUEST naming a certificate that is of neither key; then nothing was written
   */
  importCertificates(
    place: Place,
    opening: PlaceOpening,
    given: readonly GivenCertificate[],
  ): Promise<{ readonly written: readonly Certificate[]; readonly profile: DeviceProfile }>;
  /** Ends the workers. */
  close(): Promise<void>;
}

/** In the path of INVALID_REQUEST: another encryption key is there, and nobody said that it may go. */
export const ENCRYPTION_KEY = "encryption-key";

/** The same where the pair that was there is gone, and the new one does not open, or nobody knows. */
export const PAIR_REPLACED = "pair-replaced";

const invalid = (path: string, cause?: unknown) =>
  new OperationError("INVALID_REQUEST", { path }, cause === undefined ? undefined : { cause });

const pathOf = ({ device, application, container }: Place): ContainerPath => ({
  device: device.name,
  application: application.name,
  container: container.name,
});

const isSame = (one: Uint8Array | null, other: Uint8Array): boolean => one !== null && sameBytes(one, other);

/** What is brought in at once. */
interface Pair {
  readonly signs: Certificate | null;
  readonly encrypts: Certificate | null;
}

/** What a key answers to a PIN that is too short, too long or too simple. */
const REFUSED_PINS = [SAR.PIN_LEN, SAR.PIN_INVALID, SAR.INPUT_DATA].map(codeWords);

export function openDeviceKeeper(options: {
  readonly gm: Gm;
  readonly libraries: readonly EnrolledLibrary[];
  readonly supervise: (opening: Opening) => Supervisor;
  readonly queue: DeviceQueue;
  /** Its name as people read it, where another program waits for a device that this one has. */
  readonly startedBy: string;
}): DeviceKeeper {
  const { gm, libraries, queue } = options;
  const supervisors = new Map(libraries.map((library) => [library, options.supervise(openingOf(library))]));

  function supervisorOf(library: EnrolledLibrary): Supervisor {
    const supervisor = supervisors.get(library);
    if (supervisor === undefined) throw new RangeError("a place of another keeper");
    return supervisor;
  }

  const askAt = (library: EnrolledLibrary): Ask => askOf(supervisorOf(library));

  /** This program's turn with the device, for whatever is done there. @returns what gives it back */
  function takeTurn({ library, device }: Place) {
    const pairs = createPairReader(gm, []).ofDevice(device).map(shownPair);
    const takeBack = takeBackBy(askAt(library), device.name);
    return queue.take(queueName(gm, library, device.name), { browser: options.startedBy, site: null, pairs, takeBack });
  }

  /** Logged in for as long as it takes, and logged out whatever happens. */
  async function at<T>(place: Place, opening: PlaceOpening, use: (ask: Ask, seat: Seat) => Promise<T>): Promise<T> {
    const ask = askAt(place.library);
    const { pin } = opening;
    const { signingCertificate } = place.container;
    const { serialNumber } = place.device.info;
    async function openWith(mayUseLastTry: boolean): Promise<number> {
      const opened = await ask("open", { path: pathOf(place), signingCertificate, serialNumber, pin, mayUseLastTry });
      if (!("session" in opened)) throw pinError(opened);
      return opened.session;
    }
    try {
      const giveBack = await takeTurn(place);
      try {
        // After a crash nobody was asked about a last try: another key may lie there by then.
        const seat: Seat = { session: await openWith(opening.mayUseLastTry), reopen: () => openWith(false) };
        return await use(ask, seat).finally(() => ask("close", { session: seat.session }).catch(() => undefined));
      } finally {
        // Its worker may have ended with the PIN accepted: nobody else has its turn before that is taken back.
        await supervisorOf(place.library)
          .takeBack()
          .catch(() => undefined);
        giveBack();
      }
    } finally {
      pin.fill(0);
    }
  }

  /** Which form the key took; only what it opens with afterwards counts as taken. @param replaced called once the pair before may be gone */
  async function tryForms(
    ask: Ask,
    seat: Seat,
    place: Place,
    envelope: EnvelopedKeyParts,
    replaced: () => void,
  ): Promise<Partial<DeviceProfile>> {
    const { profile } = place.library;
    let cause: unknown = null;
    for (const { plainLen, bytes } of arrangementsOf(envelope.encryptedPrivateKey, profile.envelopedPlainLen)) {
      try {
        await ask("importPair", { session: seat.session, envelope: { ...envelope, encryptedPrivateKey: bytes } });
      } catch (error) {
        if (OperationError.is(error, "DEVICE_FAILED")) {
          cause ??= error;
          continue;
        }
        replaced(); // it may have been, before the key or its library went away
        throw error;
      }
      replaced();
      const { session } = seat;
      if (!isSame(await ask("publicKey", { session, isSigning: false }), envelope.publicKey)) continue;
      const found = await learnWay(gm, ask, seat, profile, envelope.publicKey);
      if (found !== null) return { ...found, envelopedPlainLen: plainLen };
    }
    throw invalid("enveloped-key", cause);
  }

  async function tryPair(ask: Ask, seat: Seat, place: Place, envelope: EnvelopedKeyParts) {
    let isReplaced = false;
    try {
      return await tryForms(ask, seat, place, envelope, () => (isReplaced = true));
    } catch (error) {
      throw isReplaced ? invalid(PAIR_REPLACED, error) : error;
    }
  }

  /** The one that the container's key of this kind belongs to. */
  async function ofKey(ask: Ask, session: number, given: readonly GivenCertificate[], isSigning: boolean) {
    const publicKey = await ask("publicKey", { session, isSigning });
    const isFor = isSigning ? isForSigning : isForEncryption;
    const fitting = given.filter(({ der }) => {
      const certificate = parseCertificate(der);
      return isSame(publicKey, certificate.publicKey) && isFor(certificate);
    });
    if (fitting.length > 1) throw invalid(fitting[1]?.name ?? "");
    return fitting[0] ?? null;
  }

  /** Whether the keys that the certificates speak of work, and how. */
  async function tryKeys(
    ask: Ask,
    seat: Seat,
    { profile }: EnrolledLibrary,
    { signs, encrypts }: Pair,
  ): Promise<Partial<DeviceProfile>> {
    const signing = signs === null ? {} : await learnSignInput(gm, ask, seat.session, profile, signs.publicKey);
    const opening = encrypts === null ? {} : await learnWay(gm, ask, seat, profile, encrypts.publicKey);
    if (signing !== null && opening !== null) return { ...signing, ...opening };
    const call = signing === null ? "SKF_ECCSignData" : "SKF_ImportSessionKey";
    throw new OperationError("DEVICE_FAILED", { call, code: "not-verified" });
  }

  /** Some libraries give room behind a certificate along with it. */
  async function readBack(ask: Ask, place: Place, certificate: Certificate, isSigning: boolean): Promise<void> {
    const device = await ask("read", { device: place.device.name });
    const again = placesOn(gm, place.library, device).find(
      ({ application, container }) =>
        sameBytes(container.name, place.container.name) && sameBytes(application.name, place.application.name),
    );
    const written = isSigning ? again?.container.signingCertificate : again?.container.encryptionCertificate;
    if (isSame(written?.subarray(0, certificate.der.length) ?? null, certificate.der)) return;
    throw new OperationError("DEVICE_FAILED", { call: "SKF_ImportCertificate", code: "not-verified" });
  }

  return {
    async places() {
      const looked = await Promise.allSettled(
        libraries.map((library) => readPlaces({ gm, queue, ask: askAt(library) }, library)),
      );
      return {
        places: looked.flatMap((one) => (one.status === "fulfilled" ? one.value.places : [])),
        troubles: looked.flatMap((one) => (one.status === "fulfilled" ? one.value.troubles : [one.reason])),
      };
    },

    changePin: (place, opening, newPin) =>
      at(place, opening, async (ask, { session }) => {
        try {
          await ask("changePin", { session, oldPin: opening.pin, newPin });
        } catch (error) {
          const isRefused =
            OperationError.is(error, "DEVICE_FAILED") && REFUSED_PINS.includes(error.details?.code ?? "");
          throw isRefused ? invalid("new-pin", error) : error;
        }
      }).finally(() => newPin.fill(0)),

    importPair: (place, opening, envelope, mayReplace) =>
      at(place, opening, async (ask, seat) => {
        const { session } = seat;
        const signingKey = await ask("publicKey", { session, isSigning: true });
        if (signingKey === null) throw new OperationError("KEY_NOT_FOUND");
        const there = await ask("publicKey", { session, isSigning: false });
        if (there !== null && !sameBytes(there, envelope.publicKey) && !mayReplace) throw invalid(ENCRYPTION_KEY);
        return learned(place.library.profile, await tryPair(ask, seat, place, envelope));
      }),

    importCertificates: (place, opening, given) =>
      at(place, opening, async (ask, seat) => {
        const { session } = seat;
        const signing = await ofKey(ask, session, given, true);
        const encryption = await ofKey(ask, session, given, false);
        const stranger = given.find((one) => one !== signing && one !== encryption);
        if (stranger !== undefined) throw invalid(stranger.name);
        const parsed = (one: GivenCertificate | null) => (one === null ? null : parseCertificate(one.der));
        const [signs, encrypts] = [parsed(signing), parsed(encryption)];
        if (signs !== null && encrypts !== null) checkPair(signs, encrypts, encryption?.name ?? "");
        const profile = learned(place.library.profile, await tryKeys(ask, seat, place.library, { signs, encrypts }));
        const written: Certificate[] = [];
        for (const [certificate, isSigning] of [[signs, true] as const, [encrypts, false] as const]) {
          if (certificate === null) continue;
          await ask("importCertificate", { session: seat.session, isSigning, der: certificate.der });
          await readBack(ask, place, certificate, isSigning);
          written.push(certificate);
        }
        return { written, profile };
      }),

    async close() {
      await Promise.all(Array.from(supervisors.values(), (supervisor) => supervisor.close()));
    },
  };
}

/** @throws OperationError INVALID_REQUEST */
function checkPair(signing: Certificate, encryption: Certificate, name: string): void {
  try {
    pairCertificates(signing, encryption);
  } catch (error) {
    throw error instanceof ProofError ? invalid(name, error) : error;
  }
}
