/**
 * One's own encrypted bid, opened without a site: which file was picked, what it is, and how far the work is. PIN and passphrase go from their field
 * into one message.
 */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { OperationError } from "@certbridge/protocol/errors";
import type { HostKey } from "@certbridge/protocol/host";
import { mendableCodes, type OwnPackageView, type SurfaceParams } from "@certbridge/protocol/surface";
import { approvalLock } from "@certbridge/protocol/workshop";
import { askBackground, onSurfaceChange, onWorkshopProgress } from "../../platform/surface-messages.ts";
import { handOver } from "../../platform/bid-files.ts";
import { holdWhileOpen } from "../../platform/window-lock.ts";
import { type BackupState, createBackup } from "./backup.ts";
import { fitting } from "./keys.ts";
import { createProgressMeter, type Progress } from "./progress.ts";
import { asOperationError } from "./resource.ts";
import { openCore, sealPin } from "./seal.ts";

/** picking → reading → asking → working → open; what fails goes back to picking, what the person can mend to asking. */
export type OwnPhase = "picking" | "reading" | "asking" | "working" | "open";

export interface Own {
  readonly phase: ReadonlySignal<OwnPhase>;
  /** Drawn anew with each file: the consent is for it, and what was opened lies under it. */
  readonly id: ReadonlySignal<string>;
  readonly view: ReadonlySignal<OwnPackageView | null>;
  readonly key: ReadonlySignal<HostKey | null>;
  readonly backup: BackupState;
  readonly progress: ReadonlySignal<Progress | null>;
  /** Why the last step failed. */
  readonly problem: ReadonlySignal<OperationError | null>;
  pick(file: File | null): Promise<void>;
  chooseKey(keyId: string): void;
  useBackup(use: boolean): void;
  /** @param mayUseLastTry the person said that a wrong PIN may lock the key */
  open(pin: string, mayUseLastTry?: boolean): Promise<void>;
  openWithBackup(passphrase: string): Promise<void>;
  /** Ends what is under way, and begins again. */
  leave(): void;
  refresh(): Promise<void>;
  start(): () => void;
}

const ID_LEN = 16;
const drawId = () => encodeBase64Url(crypto.getRandomValues(new Uint8Array(ID_LEN)));

export function createOwn(): Own {
  const phase = signal<OwnPhase>("picking");
  const id = signal(drawId());
  const view = signal<OwnPackageView | null>(null);
  const problem = signal<OperationError | null>(null);
  const chosen = signal<string | null>(null);
  const meter = createProgressMeter();
  const backup = createBackup();
  let stopListening: () => void = () => undefined;
  let picked: File | null = null;

  /** Where the workshop that had read the file is gone meanwhile, it reads it again. */
  async function withFile<T>(mine: string, ask: () => Promise<T>): Promise<T> {
    const endHandingOver = picked === null ? () => undefined : handOver(mine, [picked]);
    try {
      return await ask();
    } finally {
      endHandingOver();
    }
  }

  const key = computed(() => {
    const keys = fitting(view.value?.keys ?? []);
    return keys.find(({ keyId }) => keyId === chosen.value) ?? (keys.length === 1 ? (keys[0] ?? null) : null);
  });

  /** A new id: nothing that is said of the one before counts any more. */
  function begin(next: OwnPhase, why: OperationError | null): string {
    void askBackground("leaveOwnPackage", { id: id.value }).catch(() => undefined);
    stopListening();
    meter.clear();
    backup.choose(false);
    picked = null;
    [id.value, view.value, chosen.value, problem.value, phase.value] = [drawId(), null, null, why, next];
    const { value: mine } = id;
    stopListening = onWorkshopProgress(mine, (done, total) => meter.note(done, total));
    return mine;
  }

  async function work(by: () => Promise<SurfaceParams<"openOwnPackage">["by"]>): Promise<void> {
    const { value: mine } = id;
    const signatureSm3 = view.value?.own.signatureSm3;
    if (phase.value !== "asking" || signatureSm3 === undefined) return;
    phase.value = "working";
    problem.value = null;
    meter.clear();
    try {
      const asked = { id: mine, signatureSm3, by: await by() };
      // What is opened goes with this page.
      holdWhileOpen(approvalLock(mine));
      await withFile(mine, () => askBackground("openOwnPackage", asked));
      if (id.value === mine) phase.value = "open";
    } catch (error) {
      if (id.value !== mine) return;
      const why = asOperationError(error);
      if (!mendableCodes.has(why.code)) {
        begin("picking", why);
        return;
      }
      await refresh();
      if (id.value !== mine) return;
      problem.value = why;
      phase.value = "asking";
    }
  }

  async function refresh(): Promise<void> {
    const { value: mine } = id;
    const seen = await withFile(mine, () => askBackground("ownPackage", { id: mine })).catch(() => null);
    if (seen !== null && id.value === mine) view.value = seen;
  }

  return {
    phase,
    id,
    view,
    key,
    backup: backup.state,
    progress: meter.progress,
    problem,
    async pick(file) {
      if (file === null) return;
      const mine = begin("reading", null);
      picked = file;
      try {
        const seen = await withFile(mine, () => askBackground("ownPackage", { id: mine }));
        if (id.value !== mine) return;
        view.value = seen;
        phase.value = "asking";
      } catch (error) {
        if (id.value === mine) begin("picking", asOperationError(error));
      }
    },
    chooseKey(keyId) {
      chosen.value = keyId;
      problem.value = null;
    },
    useBackup(use) {
      backup.choose(use);
      problem.value = null;
    },
    open(pin, mayUseLastTry = false) {
      return work(async () => {
        const { host } = view.value ?? {};
        const held = key.value;
        if (host?.state !== "ready" || held === null) throw new Error("no key was chosen");
        const sealedPin = await sealPin(host.identity.publicKey, id.value, pin);
        return { keyId: held.keyId, sealedPin, ...(mayUseLastTry ? { mayUseLastTry } : {}) };
      });
    },
    openWithBackup: (passphrase) => work(async () => ({ file: await backup.read(), passphrase })),
    leave() {
      begin("picking", null);
    },
    refresh: async () => {
      if (phase.value === "asking") await refresh();
    },
    start() {
      openCore().catch(() => undefined);
      const stopChanges = onSurfaceChange((ended) => {
        if (ended === null && phase.value === "asking") void refresh();
      });
      return () => {
        stopChanges();
        stopListening();
      };
    },
  };
}
