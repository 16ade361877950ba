/**
 * The approval window's state: one request, what it asks, what the person has chosen so far, and how it ended. The PIN is no
 * part of it: it goes from its field, sealed for the companion program, into one message.
 */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { type ErrorCode, OperationError } from "@certbridge/protocol/errors";
import type { HostKey } from "@certbridge/protocol/host";
import { type ApprovalView, mendableCodes, type Outcome, type SurfaceParams } from "@certbridge/protocol/surface";
import { askBackground, onSurfaceChange } from "../../platform/surface-messages.ts";
import { type BackupState, createBackup } from "./backup.ts";
import { type BidState, createBid } from "./bid.ts";
import { fitting, obstacleOf } from "./keys.ts";
import { asOperationError, createResource } from "./resource.ts";
import { openCore, prepareSealing, sealPin } from "./seal.ts";

/** asking → working → done, or back to asking after a wrong PIN; or the request ended without us. */
export type Phase = "asking" | "working" | "done" | "declined" | "cancelled" | "ended";

/** What says, when the view is asked for, that the request is over; after another error it is asked for again. */
const OVER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CONSENT_EXPIRED",
  "CANCELLED",
  "USER_DECLINED",
  "INTERRUPTED",
  "BLOCKED_BY_POLICY",
]);

type AcceptedKey = NonNullable<SurfaceParams<"accept">["key"]>;

/** Null: show none. Undefined: not chosen yet. */
export type CredentialChoice = string | null | undefined;

export interface Approval {
  /** The request's. */
  readonly id: string;
  /** Of a bid that is being encrypted. */
  readonly bid: BidState;
  /** In place of a key. */
  readonly backup: BackupState;
  readonly view: ReadonlySignal<ApprovalView | null>;
  readonly phase: ReadonlySignal<Phase>;
  /** Why it ended, or why the last try failed. */
  readonly problem: ReadonlySignal<OperationError | null>;
  readonly key: ReadonlySignal<HostKey | null>;
  /** The one that was used last: what failed, failed with it. */
  readonly used: ReadonlySignal<HostKey | null>;
  readonly credential: ReadonlySignal<CredentialChoice>;
  /** The person saw two times that differ, and goes on. */
  readonly clockAccepted: ReadonlySignal<boolean>;
  /** What there is to say at the end beside that it is done. */
  readonly outcome: ReadonlySignal<Outcome | null>;
  /** What the person is looking at, as one string: where it changes under them, the buttons are armed anew. */
  readonly seen: ReadonlySignal<string>;
  chooseKey(keyId: string): void;
  chooseCredential(choice: string | null): void;
  acceptClock(accepted: boolean): void;
  /** A backup key file in place of a key, or a key after all. */
  useBackup(use: boolean): void;
  refresh(): Promise<void>;
  /**
   * @param pin null where no key is used
   * @param mayUseLastTry whether the person said that it may be tried where a wrong one would lock the key
   */
  accept(pin: string | null, mayUseLastTry?: boolean): Promise<void>;
  /** Agrees with the backup key file that was picked. */
  acceptBackup(passphrase: string): Promise<void>;
  decline(): Promise<void>;
  /** Ends what is being worked on. */
  cancel(): Promise<void>;
  expire(): void;
  /** Follows the background's changes until the returned function is called. */
  start(): () => void;
}

/** One credential is shown unless the person says otherwise; of several they choose; of none, none. */
function firstCredential(key: HostKey): CredentialChoice {
  const [only, another] = key.credentials;
  if (only === undefined) return null;
  return another === undefined ? only.credentialId : undefined;
}

export function createApproval(id: string): Approval {
  const phase = signal<Phase>("asking");
  const failure = signal<OperationError | null>(null);
  const chosenByPerson = signal<string | null>(null);
  const clockAccepted = signal(false);
  const outcome = signal<Outcome | null>(null);
  /** From the person's click on: a second one is none. */
  let isAgreeing = false;
  const used = signal<HostKey | null>(null);
  const chosenCredential = signal<{ keyId: string; choice: string | null } | null>(null);
  const resource = createResource(() => askBackground("approval", { id }));

  const key = computed(() => {
    const keys = fitting(resource.value.value?.keys ?? []);
    const chosen = keys.find(({ keyId }) => keyId === chosenByPerson.value);
    // One that fits may be preselected; among several only the person chooses, and nothing takes the place of what they chose.
    return chosen ?? (keys.length === 1 && chosenByPerson.value === null ? (keys[0] ?? null) : null);
  });

  const bid = createBid({ id, view: resource.value, key });
  const backup = createBackup();

  const credential = computed<CredentialChoice>(() => {
    const held = key.value;
    if (held === null) return undefined;
    const chosen = chosenCredential.value;
    const stillThere =
      chosen?.keyId === held.keyId &&
      (chosen.choice === null || held.credentials.some(({ credentialId }) => credentialId === chosen.choice));
    return stillThere ? chosen.choice : firstCredential(held);
  });

  const seen = computed(() => {
    const view = resource.value.value;
    if (view === null) return "";
    const keys = view.keys.map((each) => [each.keyId, obstacleOf(each)]);
    const { platform, asked, host, pinPaused } = view;
    const chosen = backup.state.chosen.value;
    return JSON.stringify([platform, asked, host.state, pinPaused, keys, bid.state.prepared.value, chosen]);
  });

  const end = (how: Exclude<Phase, "asking" | "working">, why: OperationError | null = null) => {
    if (phase.value !== "asking" && phase.value !== "working") return;
    failure.value = why;
    phase.value = how;
  };

  const fail = async (error: OperationError) => {
    if (!mendableCodes.has(error.code)) return end("ended", error);
    if (phase.value !== "working") return;
    failure.value = error;
    // What is left of tries, and whether the key is still there, is part of the view.
    await resource.refresh();
    if (phase.peek() === "working") phase.value = "asking";
  };

  /** The key as it is named to the background, with the PIN for nobody but the program that the window showed. */
  const keyWith = async ({ host }: ApprovalView, pin: string, chosen: Omit<AcceptedKey, "sealedPin">) => {
    if (host.state !== "ready") throw new OperationError("HOST_FAILED");
    const sealedPin = await sealPin(host.identity.publicKey, id, pin);
    return { ...chosen, sealedPin, ...(clockAccepted.value ? { clockAccepted: true } : {}) };
  };

  const refresh = async () => {
    await resource.refresh();
    const problem = resource.problem.value;
    // While we work, the answer to our own question says how it ended.
    if (phase.value === "asking" && problem !== null && OVER.has(problem.code)) end("ended", problem);
  };

  const begin = () => {
    phase.value = "working";
    failure.value = null;
  };

  /** One consent, for what the person was shown. It is sent before the window is drawn anew, which takes as long as all that is sent. */
  const agree = async (
    view: ApprovalView,
    consent: () => Promise<Omit<SurfaceParams<"accept">, "id" | "hash">>,
  ): Promise<void> => {
    if (isAgreeing) return;
    isAgreeing = true;
    const endHandingOver = bid.begin();
    try {
      const params = { id, hash: bid.hashOr(view.hash), ...(await consent()) };
      // Declined, or over, while the core was still being loaded.
      if (phase.value !== "asking" && phase.value !== "working") return;
      const answer = askBackground("accept", params);
      begin();
      outcome.value = (await answer) ?? null;
      end("done");
    } catch (error) {
      if (phase.value === "asking") begin();
      await fail(asOperationError(error));
    } finally {
      isAgreeing = false;
      endHandingOver();
    }
  };

  /** The request may be gone already, which is what was wanted. */
  const tellDeclined = () => askBackground("decline", { id }).catch(() => undefined);

  return {
    id,
    bid: bid.state,
    backup: backup.state,
    view: resource.value,
    phase,
    problem: computed(() => failure.value ?? resource.problem.value),
    key,
    used,
    credential,
    clockAccepted,
    outcome,
    seen,
    chooseKey(keyId) {
      chosenByPerson.value = keyId;
      failure.value = null;
    },
    chooseCredential(choice) {
      const held = key.value;
      if (held !== null) chosenCredential.value = { keyId: held.keyId, choice };
    },
    acceptClock(accepted) {
      clockAccepted.value = accepted;
    },
    useBackup(use) {
      backup.choose(use);
      failure.value = null;
    },
    refresh,
    async accept(pin, mayUseLastTry = false) {
      const view = resource.value.value;
      const held = key.value;
      if (view === null || phase.value !== "asking" || (view.usesKey && (held === null || pin === null))) return;
      const shown = view.asked.operation === "register" ? (credential.value ?? null) : null;
      used.value = held;
      const lastTry = mayUseLastTry ? ({ mayUseLastTry } as const) : {};
      await agree(view, async () => ({
        key:
          view.usesKey && held !== null && pin !== null
            ? await keyWith(view, pin, { keyId: held.keyId, credentialId: shown, ...lastTry })
            : null,
      }));
    },
    async acceptBackup(passphrase) {
      const view = resource.value.value;
      if (view === null || phase.value !== "asking") return;
      begin();
      await agree(view, async () => ({
        key: null,
        backup: {
          file: await backup.read(),
          passphrase,
          ...(clockAccepted.value ? { clockAccepted: true } : {}),
        },
      }));
    },
    async decline() {
      if (phase.value !== "asking") return;
      end("declined");
      await tellDeclined();
    },
    async cancel() {
      if (phase.value !== "working") return;
      end("cancelled");
      await tellDeclined();
    },
    expire() {
      if (phase.value === "asking") end("ended", new OperationError("CONSENT_EXPIRED"));
    },
    start() {
      // Until the person has typed, the core is ready; a failure is told when it is needed.
      openCore().catch(() => undefined);
      void refresh().then(() => {
        const host = resource.value.peek()?.host;
        if (host?.state === "ready") prepareSealing(host.identity.publicKey).catch(() => undefined);
      });
      const stopBid = bid.start();
      const stopChanges = onSurfaceChange((ended) => {
        // While we work, the answer to our own question says how it ended.
        if (ended === id && phase.value === "asking") end("ended");
        else if (ended === null && phase.value === "asking") void refresh();
      });
      return () => {
        stopBid();
        stopChanges();
      };
    },
  };
}
