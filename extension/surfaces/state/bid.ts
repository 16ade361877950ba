/** What the approval window knows of a bid that is being encrypted: the picked files, what the chosen key means, how far the work is. */
import { effect, signal, type ReadonlySignal } from "@preact/signals";
import type { OperationError } from "@certbridge/protocol/errors";
import type { HostKey } from "@certbridge/protocol/host";
import type { ApprovalView, PreparedBid } from "@certbridge/protocol/surface";
import { approvalLock } from "@certbridge/protocol/workshop";
import { handOver } from "../../platform/bid-files.ts";
import { holdWhileOpen } from "../../platform/window-lock.ts";
import { askBackground, onWorkshopProgress } from "../../platform/surface-messages.ts";
import { createPickedFiles, type PickedFiles } from "./picked-files.ts";
import { createProgressMeter, type Progress } from "./progress.ts";
import { asOperationError } from "./resource.ts";

export interface BidState {
  readonly picked: PickedFiles;
  /** What the chosen key means; null until that is known. */
  readonly prepared: ReadonlySignal<PreparedBid | null>;
  readonly problem: ReadonlySignal<OperationError | null>;
  readonly progress: ReadonlySignal<Progress | null>;
  prepareAgain(): void;
}

interface Given {
  readonly id: string;
  readonly view: ReadonlySignal<ApprovalView | null>;
  readonly key: ReadonlySignal<HostKey | null>;
}

export function createBid({ id, view, key }: Given) {
  const picked = createPickedFiles();
  const prepared = signal<PreparedBid | null>(null);
  const problem = signal<OperationError | null>(null);
  const meter = createProgressMeter();
  let hash: string | null = null;
  let wanted: string | null = null;
  let isHeld = false;
  let turn: Promise<void> = Promise.resolve();

  const isLong = () => isEncrypting() || view.value?.asked.operation === "decryptPackage";
  const isEncrypting = () => view.value?.asked.operation === "encrypt";

  async function prepare(keyId: string): Promise<void> {
    // The background keeps what it said last: one question at a time, and none for a key that is not chosen any more.
    if (wanted !== keyId) return;
    try {
      const answer = await askBackground("prepareBid", { id, keyId });
      if (wanted !== keyId) return;
      ({ hash } = answer);
      prepared.value = answer.prepared;
    } catch (error) {
      if (wanted === keyId) problem.value = asOperationError(error);
    }
  }

  function want(keyId: string | null): void {
    wanted = keyId;
    hash = null;
    prepared.value = null;
    problem.value = null;
    if (keyId !== null) turn = turn.then(() => prepare(keyId));
  }

  const state: BidState = {
    picked,
    prepared,
    problem,
    progress: meter.progress,
    prepareAgain: () => want(key.peek()?.keyId ?? null),
  };
  return {
    state,
    /** What the consent is for: with what was said of the key, where there is such. */
    hashOr: (shown: string) => hash ?? shown,
    /** Hands the picked files over; returns what ends that. */
    begin(): () => void {
      meter.clear();
      // The workshop keeps what a backup key file needs, or what was opened, as long as this window is there.
      if (isLong() && !isHeld) holdWhileOpen(approvalLock(id));
      isHeld = true;
      const ofThePage = view.peek()?.asked.operation !== "encrypt" || picked.files.peek().length === 0;
      return ofThePage ? () => undefined : handOver(id, picked.files.peek());
    },
    start() {
      let last: string | null = null;
      const stopPreparing = effect(() => {
        const chosen = isEncrypting() ? (key.value?.keyId ?? null) : null;
        if (chosen === last) return;
        last = chosen;
        want(chosen);
      });
      const stopListening = onWorkshopProgress(id, (done, total) => meter.note(done, total));
      return () => {
        stopPreparing();
        stopListening();
      };
    },
  };
}
