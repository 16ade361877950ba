/** What the verbs stand on: everything that has an effect, put together in main.ts. */
import type { Gm } from "@certbridge/gm";
import type { Registry } from "@certbridge/trust";
import type { Clock } from "./clock.ts";
import type { Consents } from "./consents.ts";
import type { Credentials } from "./credentials.ts";
import type { KeyStore } from "./key-store.ts";

export interface Host {
  readonly version: string;
  readonly gm: Gm;
  readonly clock: Clock;
  readonly stores: readonly KeyStore[];
  readonly registry: Registry;
  readonly credentials: Credentials;
  readonly consents: Consents;
}
