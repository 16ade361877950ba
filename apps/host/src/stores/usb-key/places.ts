/** Where keys lie: every container of every key that is plugged in, by the library that shows it. */
import type { Gm } from "@certbridge/gm";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { type EnrolledLibrary, queueName } from "./enrolled.ts";
import { takeBackBy } from "./left-logins.ts";
import { type DeviceQueue, ownerOf } from "./queue.ts";
import type { Ask } from "./trial.ts";
import type { FoundApplication, FoundContainer, FoundDevice } from "./wire.ts";

/** A container, and everything around it. */
export interface Place {
  readonly library: EnrolledLibrary;
  readonly device: FoundDevice;
  readonly application: FoundApplication;
  readonly container: FoundContainer;
  /** SM3 of the signing certificate as base64url; null where there is none. */
  readonly keyId: string | null;
}

/** What could be seen, and why the rest could not. */
export interface Found {
  readonly places: readonly Place[];
  readonly troubles: readonly unknown[];
}

export const placesOn = (gm: Pick<Gm, "sm3">, library: EnrolledLibrary, device: FoundDevice): readonly Place[] =>
  device.applications.flatMap((application) =>
    application.containers.map((container) => {
      const der = container.signingCertificate;
      return { library, device, application, container, keyId: der === null ? null : encodeBase64Url(gm.sm3(der)) };
    }),
  );

interface Means {
  readonly gm: Pick<Gm, "sm3">;
  readonly queue: Pick<DeviceQueue, "read">;
  readonly ask: Ask;
}

/** @throws OperationError DEVICE_BUSY with who has it */
async function readDevice({ gm, queue, ask }: Means, library: EnrolledLibrary, device: Uint8Array) {
  const read = await queue.read(queueName(gm, library, device), () => ask("read", { device }), takeBackBy(ask, device));
  if ("done" in read) return read.done;
  throw new OperationError("DEVICE_BUSY", read.by === null ? { by: null, since: null } : ownerOf(read.by));
}

/** A key that fails hides no other. */
export async function readPlaces(means: Means, library: EnrolledLibrary): Promise<Found> {
  const [places, troubles]: [Place[], unknown[]] = [[], []];
  for (const name of await means.ask("names", {})) {
    await readDevice(means, library, name).then(
      (device) => places.push(...placesOn(means.gm, library, device)),
      (error: unknown) => troubles.push(error),
    );
  }
  return { places, troubles };
}
