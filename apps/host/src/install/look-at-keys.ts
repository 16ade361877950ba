/**
 * USB keys (CA锁) from the list of enrolled libraries to the certificate: each library is looked at as a file first, and then asked by a worker of its own, as the
 * store has it; none is ever loaded into the process that looks. Nothing is opened, and no PIN is asked.
 */
import { basename } from "node:path";
import type { Gm } from "@certbridge/gm";
import type { Certificate } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import type { Clock } from "../clock.ts";
import type { Home } from "../home.ts";
import { ownSystem, type System } from "../machine-code.ts";
import { certificateIn } from "../stores/usb-key/certificates.ts";
import type { EnrolledLibrary } from "../stores/usb-key/enrolled.ts";
import { openingOf, queueName, readEnrolled } from "../stores/usb-key/enrolled.ts";
import { deviceError } from "../stores/usb-key/failures.ts";
import { takeBackBy } from "../stores/usb-key/left-logins.ts";
import { type DeviceQueue, type Holding, ownerOf } from "../stores/usb-key/queue.ts";
import type { Supervisor } from "../stores/usb-key/supervisor.ts";
import { askOf } from "../stores/usb-key/trial.ts";
import type { FoundDevice, Opening } from "../stores/usb-key/wire.ts";
import { reachOf } from "../writers.ts";
import type { Finding } from "./finding.ts";
import { finding, say } from "./finding.ts";
import { bad, lookAtFile, troubleOf } from "./look-at-driver.ts";

/** What a look at keys stands on. */
export interface KeyLook {
  readonly home: Home;
  readonly gm: Pick<Gm, "sm3">;
  readonly clock: Clock;
  /** A key that somebody is logged in to is not looked at: its library may wait there until that is over. */
  readonly queue: Pick<DeviceQueue, "read">;
  readonly supervise: (opening: Opening) => Supervisor;
  /** What libraries are loaded by; this program's by default. */
  readonly system?: System;
}

const ASK_CA = say("请联系签发证书的CA", "ask the CA that issued the certificate");

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** A renewed key holds the old certificate, too: it is bad where none is good. */
function lookAtCertificates(path: string, certificates: readonly Certificate[], now: number): Finding {
  const good = certificates.find(({ notBefore, notAfter }) => notBefore.getTime() <= now && now <= notAfter.getTime());
  const tailOf = ({ serialNumber }: Certificate): string => serialNumber.slice(-4);
  if (good !== undefined) {
    const [tail, until] = [tailOf(good), dayOf(good.notAfter)];
    return finding(
      "usb-key",
      path,
      "good",
      say(`CA锁正常，尾号${tail}，有效期至 ${until}`, `the key ending ${tail} is well, until ${until}`),
    );
  }
  const late = certificates.find(({ notAfter }) => notAfter.getTime() < now);
  if (late !== undefined) {
    const [tail, since] = [tailOf(late), dayOf(late.notAfter)];
    return bad(
      "usb-key",
      path,
      "certificate-expired",
      say(
        `CA锁（尾号${tail}）的证书已于 ${since} 过期`,
        `the certificate of the key ending ${tail} expired on ${since}`,
      ),
      say(
        "此前加密、还没有开标的标书仍能用它解密：请等开标后再到签发证书的CA办理延期",
        "bids encrypted for it still open: have it renewed by its CA after their opening",
      ),
    );
  }
  const [early] = certificates;
  if (early === undefined) {
    return bad("usb-key", path, "no-certificate", say("CA锁里没有证书", "there is no certificate in the key"), ASK_CA);
  }
  const [tail, from] = [tailOf(early), dayOf(early.notBefore)];
  return bad(
    "usb-key",
    path,
    "certificate-not-yet-valid",
    say(
      `CA锁（尾号${tail}）的证书到 ${from} 才生效`,
      `the certificate of the key ending ${tail} is valid from ${from} on`,
    ),
    say(
      "请核对这台电脑的日期；日期没错，请等到生效后再用",
      "check this computer's date; if it is right, wait until then",
    ),
  );
}

function lookAtDevice(path: string, { applications }: FoundDevice, now: number): readonly Finding[] {
  const containers = applications.flatMap((application) => application.containers);
  if (containers.length === 0) {
    const what = say("CA锁是空的，还没有初始化", "the key is empty: it was not initialised");
    return [
      bad(
        "usb-key",
        path,
        "key-empty",
        what,
        say("请把它带到签发证书的CA办理", "take it to the CA that is to issue its certificate"),
      ),
    ];
  }
  const certificates = containers.map((one) => certificateIn(one.signingCertificate)).filter((one) => one !== null);
  const isLocked = applications.some((one) => one.containers.length > 0 && one.pin.triesLeft === 0);
  if (!isLocked) return [lookAtCertificates(path, certificates, now)];
  const [first] = certificates;
  const tail = first === undefined ? "" : first.serialNumber.slice(-4);
  const what = say(
    `CA锁已锁死${tail === "" ? "" : `（尾号${tail}）`}`,
    `the key${tail === "" ? "" : ` ending ${tail}`} is locked: its PIN was wrong too often`,
  );
  return [bad("usb-key", path, "pin-locked", what, say("请联系签发证书的CA解锁", "have it unlocked by its CA"))];
}

interface Looked {
  readonly findings: readonly Finding[];
  /** How many keys the library shows; null where it could not be asked. */
  readonly keys: number | null;
}

function inUse(path: string, by: Holding | null): Finding {
  const owner = by === null ? null : ownerOf(by);
  const what =
    owner === null
      ? say("CA锁正被其他程序使用", "the key is in use by another program")
      : say(`CA锁正被${owner.by}使用（从${owner.since}开始）`, `the key is in use by ${owner.by} since ${owner.since}`);
  const todo = say("请先完成那里的操作，其间请勿拔出CA锁", "finish there first, and do not unplug it meanwhile");
  return finding("usb-key", path, "note", what, { todo, cause: "key-in-use" });
}

/** One key, or what came instead of it; null where it was pulled meanwhile. @throws OperationError DRIVER_FAILED */
async function lookAtKey(
  library: EnrolledLibrary,
  { gm, queue, clock }: KeyLook,
  supervisor: Supervisor,
  device: Uint8Array,
): Promise<readonly Finding[] | null> {
  const { path } = library;
  const ask = askOf(supervisor);
  try {
    const place = queueName(gm, library, device);
    const read = await queue.read(place, () => ask("read", { device }), takeBackBy(ask, device));
    return "by" in read ? [inUse(path, read.by)] : lookAtDevice(path, read.done, clock());
  } catch (error) {
    if (OperationError.is(error, "DRIVER_FAILED")) throw error;
    return OperationError.is(error, "DEVICE_REMOVED") ? null : [troubleOf(path, error)];
  }
}

async function lookAtLibrary(library: EnrolledLibrary, look: KeyLook): Promise<Looked> {
  const { path } = library;
  const hindrance = await lookAtFile(library, look.system ?? ownSystem);
  if (hindrance !== null) return { findings: [hindrance], keys: null };
  const supervisor = look.supervise(openingOf(library));
  try {
    const keys: (readonly Finding[])[] = [];
    for (const device of await supervisor.call("names", {})) {
      const found = await lookAtKey(library, look, supervisor, device);
      if (found !== null) keys.push(found);
    }
    const name = basename(path);
    const works = finding("driver", path, "good", say(`驱动正常：${name}`, `the driver works: ${name}`));
    const weaker = (await reachOf(path)).own
      ? [
          finding(
            "driver",
            path,
            "note",
            say(
              "这个驱动装在您自己的文件夹里，您的其他程序也能改动它，安全程度低于整机安装",
              "this driver lies in a folder of your own, where every program of yours can change it: weaker than for the whole machine",
            ),
            {
              todo: say("可以请管理员把驱动装到系统文件夹", "an administrator can install it into a system folder"),
              cause: "driver-own",
            },
          ),
        ]
      : [];
    return { findings: [works, ...weaker, ...keys.flat()], keys: keys.length };
  } catch (error) {
    return { findings: [troubleOf(path, deviceError(error))], keys: null };
  } finally {
    await supervisor.close();
  }
}

export async function lookAtKeys(look: KeyLook): Promise<readonly Finding[]> {
  const path = look.home.libraries;
  const libraries = await readEnrolled(path).catch(() => null);
  if (libraries === null) {
    const todo = say(`请删除 ${path}，再重新登记驱动`, `delete ${path}, then enrol the drivers again`);
    return [bad("drivers", path, "drivers-damaged", say("驱动登记表已损坏", "the list of drivers is broken"), todo)];
  }
  if (libraries.length === 0) {
    const todo = say(
      "要使用CA锁，请插入它，再运行 certbridge-host devices add <驱动文件>",
      "to use a USB key, plug it in and run certbridge-host devices add <library>",
    );
    return [
      finding("drivers", null, "note", say("没有登记CA锁的驱动", "no driver of a USB key is enrolled"), {
        todo,
        cause: "no-driver",
      }),
    ];
  }
  const looked = await Promise.all(libraries.map((library) => lookAtLibrary(library, look)));
  const findings = looked.flatMap((one) => one.findings);
  // One driver of several that shows no key is as it should be.
  if (!looked.some(({ keys }) => keys === 0) || looked.some(({ keys }) => (keys ?? 0) > 0)) return findings;
  const todo = say("请把CA锁插入这台电脑的USB口", "plug the key into this computer");
  return [
    ...findings,
    finding("usb-key", null, "note", say("没有插入CA锁", "no USB key is plugged in"), { todo, cause: "no-key" }),
  ];
}
