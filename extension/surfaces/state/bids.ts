/** The bids that wait for their opening, and the trial of one of them. The PIN goes from its field, sealed, into one message. */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { OperationError } from "@certbridge/protocol/errors";
import type { OpenBid } from "@certbridge/protocol/host";
import type { BidsView } from "@certbridge/protocol/surface";
import { askBackground, onSurfaceChange } from "../../platform/surface-messages.ts";
import { asOperationError, createResource } from "./resource.ts";
import { sealPin } from "./seal.ts";

export interface Bids {
  readonly view: ReadonlySignal<BidsView | null>;
  readonly problem: ReadonlySignal<OperationError | null>;
  /** The package whose trial is asked for, or under way. */
  readonly chosen: ReadonlySignal<string | null>;
  readonly isTrying: ReadonlySignal<boolean>;
  /** Why the last trial failed. */
  readonly failure: ReadonlySignal<OperationError | null>;
  choose(packageId: string | null): void;
  /** @param mayUseLastTry the person said that a wrong PIN may lock the key */
  rehearse(bid: OpenBid, pin: string, mayUseLastTry?: boolean): Promise<void>;
  /** The evidence report of one bid; null where it could not be had, and {@link unsaved} says why. */
  readEvidence(packageId: string): Promise<Blob | null>;
  readonly unsaved: ReadonlySignal<{ readonly packageId: string; readonly error: OperationError } | null>;
  refresh(): Promise<void>;
  start(): () => void;
}

const CONSENT_LEN = 16;

export function createBids(): Bids {
  const resource = createResource(() => askBackground("bids", {}));
  const chosen = signal<string | null>(null);
  const isTrying = signal(false);
  const failure = signal<OperationError | null>(null);
  const unsaved = signal<{ readonly packageId: string; readonly error: OperationError } | null>(null);
  return {
    view: resource.value,
    problem: computed(() => resource.problem.value),
    chosen,
    isTrying,
    failure,
    choose(packageId) {
      if (isTrying.value) return;
      chosen.value = packageId;
      failure.value = null;
    },
    async rehearse({ packageId, keyId }, pin, mayUseLastTry = false) {
      const host = resource.value.value?.host;
      if (isTrying.value || host?.state !== "ready") return;
      isTrying.value = true;
      failure.value = null;
      try {
        const consentId = encodeBase64Url(crypto.getRandomValues(new Uint8Array(CONSENT_LEN)));
        const sealedPin = await sealPin(host.identity.publicKey, consentId, pin);
        const key = { keyId, sealedPin, ...(mayUseLastTry ? { mayUseLastTry } : {}) };
        await askBackground("rehearseBid", { consentId, packageId, ...key });
        chosen.value = null;
      } catch (error) {
        failure.value = asOperationError(error);
      }
      isTrying.value = false;
      await resource.refresh();
    },
    unsaved,
    async readEvidence(packageId) {
      unsaved.value = null;
      try {
        const { html } = await askBackground("bidEvidence", { packageId });
        return new Blob([html], { type: "text/html" });
      } catch (error) {
        unsaved.value = { packageId, error: asOperationError(error) };
        return null;
      }
    },
    refresh: () => resource.refresh(),
    start() {
      void resource.refresh();
      return onSurfaceChange((ended) => {
        if (ended === null && !isTrying.value) void resource.refresh();
      });
    },
  };
}
