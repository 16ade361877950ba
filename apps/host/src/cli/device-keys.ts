/** `devices keys`, `devices change-pin`, `devices import-key`, `devices import-certificates`: USB keys (CA锁) by hand. */
import { isForEncryption, parseCertificate, sameBytes } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { COMMAND_LINE } from "../parent.ts";
import { readCertificates, readDer } from "../key-files/files.ts";
import { certificateIn } from "../stores/usb-key/certificates.ts";
import { changeEnrolled, type EnrolledLibrary, readEnrolled } from "../stores/usb-key/enrolled.ts";
import { readEnveloped } from "../stores/usb-key/enveloped.ts";
import {
  type DeviceKeeper,
  ENCRYPTION_KEY,
  PAIR_REPLACED,
  type GivenCertificate,
  openDeviceKeeper,
  type PlaceOpening,
} from "../stores/usb-key/keeper.ts";
import type { Place } from "../stores/usb-key/places.ts";
import { readText } from "../stores/usb-key/text.ts";
import type { Cli } from "./cli.ts";
import { printable, readGiven } from "./cli.ts";
import type { PinOption } from "./key-list.ts";
import type { Secrets } from "./terminal.ts";
import { typedNewPin, typedPin } from "./typed-pin.ts";
import { UsageError } from "./words.ts";

/** Of a certificate what people tell it apart by; null where there is none, or what is there is none. */
interface Shown {
  readonly serialTail: string;
  readonly holder: string;
  readonly notAfter: string;
}

function shown(der: Uint8Array | null): Shown | null {
  const certificate = certificateIn(der);
  if (certificate === null) return null;
  const { serialNumber, subject, notAfter } = certificate;
  return { serialTail: serialNumber.slice(-4), holder: subject.commonName, notAfter: notAfter.toISOString() };
}

/** A place as a person names it: application and container, which are the CA's words. */
function namesOf({ library, device, application, container }: Place) {
  const { strings } = library.profile;
  // A library may write its device's texts in one way and names, which others gave, in another.
  const nameOf = (bytes: Uint8Array) => printable(readText(bytes));
  return {
    label: printable(readText(device.info.label, strings)),
    serial: printable(readText(device.info.serialNumber, strings)),
    place: `${nameOf(application.name)}/${nameOf(container.name)}`,
    container: nameOf(container.name),
  };
}

/** Runs with the keys of every enrolled library. */
async function withKeeper<T>(cli: Cli, use: (keeper: DeviceKeeper) => Promise<T>): Promise<T> {
  const libraries = await readEnrolled(cli.home.libraries);
  if (libraries.length === 0) {
    throw new UsageError(
      "没有登记CA锁的驱动。请插入CA锁，再运行 certbridge-host devices add <驱动文件>。",
      "No library is enrolled. Plug in a CA lock and run: certbridge-host devices add <library>",
    );
  }
  const keeper = openDeviceKeeper({
    gm: await cli.openCore(),
    libraries,
    supervise: (opening) => cli.superviseLibrary(opening),
    queue: cli.queueForDevices(),
    startedBy: COMMAND_LINE,
  });
  try {
    return await use(keeper);
  } finally {
    await keeper.close();
  }
}

export function listKeys(cli: Cli, { json = false }: { readonly json?: boolean }): Promise<void> {
  return withKeeper(cli, async (keeper) => {
    const { places, troubles } = await keeper.places();
    const described = places.map((place) => {
      const { label, serial, place: path } = namesOf(place);
      const { signingCertificate, encryptionCertificate } = place.container;
      return {
        keyId: place.keyId,
        place: path,
        label,
        serial,
        library: place.library.path,
        signing: shown(signingCertificate),
        encryption: shown(encryptionCertificate),
        pin: place.application.pin,
      };
    });
    if (json) cli.say(JSON.stringify(described));
    else for (const one of described) sayKey(cli, one);
    if (troubles.length > 0) throw troubles[0];
    if (json || described.length > 0) return;
    cli.say("没有插入CA锁，或锁中没有证书。 / No CA lock is plugged in, or nothing is in it.");
  });
}

interface Described {
  readonly keyId: string | null;
  readonly place: string;
  readonly label: string;
  readonly signing: Shown | null;
  readonly encryption: Shown | null;
  readonly pin: { readonly triesLeft: number; readonly triesMax: number };
}

function sayKey({ say }: Cli, { keyId, place, label, signing, encryption, pin }: Described): void {
  const words = (one: Shown | null) =>
    one === null ? "—" : `${printable(one.holder)} 尾号${one.serialTail} ${one.notAfter.slice(0, 10)}`;
  say(`${label}  ${place}  PIN ${pin.triesLeft}/${pin.triesMax}`);
  say(`  签名 / signing: ${words(signing)}`);
  say(`  加密 / encryption: ${words(encryption)}`);
  if (keyId !== null) say(`  ${keyId}`);
}

/** A person's way to name a key → where it is: its id, the last four of a serial, or application/container. */
async function findPlace(keeper: DeviceKeeper, named: string): Promise<Place> {
  const { places, troubles } = await keeper.places();
  const fitting = places.filter((place) => {
    const { place: path, container } = namesOf(place);
    const tails = [place.container.signingCertificate, place.container.encryptionCertificate].map(
      (der) => shown(der)?.serialTail,
    );
    return [place.keyId, path, container].includes(named) || tails.includes(named.toUpperCase());
  });
  const [only, another] = fitting;
  // What was not seen may have the same names; an id is nobody else's.
  const isSure = troubles.length === 0 || only?.keyId === named;
  if (only !== undefined && another === undefined && isSure) return only;
  if (only === undefined && troubles.length > 0) throw troubles[0];
  if (only !== undefined && another === undefined) {
    throw new UsageError(
      "另有一把CA锁正在使用中或读不出来，可能同名。请用证书编号指明（certbridge-host devices keys 列出）。",
      "Another key is in use or cannot be read, and may have the same names. Name yours by its id (certbridge-host devices keys).",
    );
  }
  throw new UsageError(
    "请指明一个证书（编号和名称见 certbridge-host devices keys）。",
    "Name one key (certbridge-host devices keys shows ids and names).",
  );
}

/** Says whose PIN is asked for, and asks for it; before the last try, whether it may be used. */
async function askPin({ say }: Cli, secrets: Secrets, place: Place): Promise<PlaceOpening> {
  const { label, place: path } = namesOf(place);
  const holder = shown(place.container.signingCertificate);
  say(`${label}  ${path}${holder === null ? "" : `  ${printable(holder.holder)} 尾号${holder.serialTail}`}`);
  const { triesLeft } = place.application.pin;
  if (triesLeft === 0) throw new OperationError("PIN_LOCKED", { retryAt: null });
  const mayUseLastTry = triesLeft === 1;
  if (mayUseLastTry) {
    const question =
      "PIN码只剩最后一次，再输错CA锁会锁死，须找CA解锁。要试请输入 YES / one try is left, a wrong PIN locks the key; type YES to use it:";
    if ((await secrets.confirmation(question)) !== "YES") {
      throw new UsageError("已取消，没有试PIN码。", "Cancelled; no PIN was tried.");
    }
  }
  return { pin: await typedPin(secrets), mayUseLastTry };
}

export function changePin(cli: Cli, named: string, options: PinOption): Promise<void> {
  return withKeeper(cli, async (keeper) => {
    const place = await findPlace(keeper, named);
    const secrets = cli.secrets(options);
    const opening = await askPin(cli, secrets, place);
    await keeper.changePin(place, opening, await typedNewPin(secrets)).catch(tellUnknownPin);
    cli.say("PIN码已修改。同一把CA锁在所有软件中都用新PIN码。");
    cli.say("The PIN is changed: for this CA lock in every program.");
  });
}

/** Where the key or its driver went away in the middle, nobody knows which PIN holds. */
function tellUnknownPin(error: unknown): never {
  const isUnknown = OperationError.is(error, "DEVICE_REMOVED") || OperationError.is(error, "DRIVER_FAILED");
  if (!isUnknown) throw error;
  throw new UsageError(
    "没有等到CA锁的回答，PIN码可能已经改成新的。请先试一次新PIN码，不对再用原PIN码。",
    "The key gave no answer: the PIN may be the new one by now. Try that one once, then the old one.",
  );
}

/** The entry of the library is as it was but for its profile. */
async function writeProfile(cli: Cli, library: EnrolledLibrary, profile: EnrolledLibrary["profile"]): Promise<void> {
  const isIt = (one: EnrolledLibrary) => one.path === library.path && one.sha256 === library.sha256;
  await changeEnrolled(cli.home.libraries, (known) => known.map((one) => (isIt(one) ? { ...one, profile } : one)));
}

export interface ReplaceOptions extends PinOption {
  readonly yes?: boolean;
}

/** @throws UsageError where the person does not say REPLACE */
async function confirm(secrets: Secrets, question: string): Promise<void> {
  if ((await secrets.confirmation(question)) === "REPLACE") return;
  throw new UsageError("已取消，什么都没有改动。", "Cancelled; nothing was changed.");
}

/** What was encrypted for the pair that is there cannot be opened any more. Whether the pair may go, where it is another one. */
async function mayReplacePair(secrets: Secrets, place: Place, publicKey: Uint8Array, yes: boolean): Promise<boolean> {
  const { encryptionCertificate } = place.container;
  if (yes || encryptionCertificate === null) return yes;
  const there = certificateIn(encryptionCertificate);
  if (there !== null && sameBytes(there.publicKey, publicKey)) return false;
  await confirm(
    secrets,
    "锁中已有加密密钥，替换后用它加密的标书再也打不开。输入 REPLACE 确认 / there is an encryption key already; bids encrypted for it can never be opened again; type REPLACE:",
  );
  return true;
}

/** Bids name the certificate that they are encrypted for: with another one in its place they are not found to be this key's. */
async function confirmCertificates(
  secrets: Secrets,
  { container: { encryptionCertificate: there } }: Place,
  given: readonly GivenCertificate[],
  yes: boolean,
): Promise<void> {
  const isOther = ({ der }: GivenCertificate) =>
    there !== null && !sameBytes(there.subarray(0, der.length), der) && isForEncryption(parseCertificate(der));
  if (yes || !given.some(isOther)) return;
  await confirm(
    secrets,
    "锁中已有另一张加密证书。替换后，用旧证书加密、还没有开标的标书打不开，除非把旧证书再导入回来。输入 REPLACE 确认 / there is another encryption certificate; bids encrypted for it cannot be opened until it is brought in again; type REPLACE:",
  );
}

/** A pair without a certificate is seen only once the key is open; and of one that was replaced in vain it has to be said. */
function tellPair(error: unknown): never {
  const path = OperationError.is(error, "INVALID_REQUEST") ? error.details?.path : undefined;
  if (path === PAIR_REPLACED) {
    throw new UsageError(
      "CA锁原来的加密密钥已被替换，但用新密钥打不开试验数据。请用CA下发的文件再导入一次；仍不行，请联系签发证书的CA。",
      "The encryption key that was there is replaced, and the new one opens nothing. Bring in the CA's file once more; else ask the CA.",
    );
  }
  if (path !== ENCRYPTION_KEY) throw error;
  throw new UsageError(
    "锁中已有另一个加密密钥（没有证书），什么都没有改动。替换后用它加密的标书再也打不开；确要替换，请加 --yes。",
    "There is another encryption key, without a certificate; nothing was changed. Bids encrypted for it could never be opened again: to replace it all the same, add --yes.",
  );
}

export function importKey(cli: Cli, named: string, file: string, options: ReplaceOptions): Promise<void> {
  return withKeeper(cli, async (keeper) => {
    const envelope = readEnveloped(readDer(await readGiven(file)));
    const place = await findPlace(keeper, named);
    const secrets = cli.secrets(options);
    const mayReplace = await mayReplacePair(secrets, place, envelope.publicKey, options.yes === true);
    const opening = await askPin(cli, secrets, place);
    const profile = await keeper.importPair(place, opening, envelope, mayReplace).catch(tellPair);
    await writeProfile(cli, place.library, profile);
    cli.say("加密密钥已导入CA锁，已试解密成功。接着运行 certbridge-host devices import-certificates 导入证书。");
    cli.say(
      "The encryption key is in the CA lock, and opened a trial. Next: certbridge-host devices import-certificates",
    );
  });
}

export function importCertificates(
  cli: Cli,
  named: string,
  files: readonly string[],
  options: ReplaceOptions,
): Promise<void> {
  return withKeeper(cli, async (keeper) => {
    const given = (
      await Promise.all(
        files.map(async (name) => readCertificates(await readGiven(name)).map((der) => ({ name, der }))),
      )
    ).flat();
    const place = await findPlace(keeper, named);
    const secrets = cli.secrets(options);
    await confirmCertificates(secrets, place, given, options.yes === true);
    const { written, profile } = await keeper.importCertificates(place, await askPin(cli, secrets, place), given);
    await writeProfile(cli, place.library, profile);
    for (const { subject, serialNumber } of written) {
      cli.say(`已导入并验证 / imported and tried: ${printable(subject.commonName)} 尾号${serialNumber.slice(-4)}`);
    }
  });
}
