/** What the approval window needs to know of a verb. */
import type { ComponentType } from "preact";
import type { Asked, Outcome, ShownKey } from "@certbridge/protocol/surface";
import type { MessageKey } from "../../../platform/i18n.ts";
import type { Approval } from "../../state/approval.ts";

/** What is asked, narrowed to one verb. */
export type AskedOf<N extends Asked["operation"]> = Extract<Asked, { operation: N }>;

/** What the window says at the end, narrowed to one verb; never for one that says no more than that it is done. */
export type OutcomeOf<N extends Asked["operation"]> = Extract<Outcome, { operation: N }>;

interface Asking<N extends Asked["operation"]> {
  asked: AskedOf<N>;
  approval: Approval;
  now: number;
  /** What the person tried to agree without; null where nothing is missing. */
  missing: Undecided | null;
}

/** Something that the person has still to decide: the sentence that says so, and where it is done. */
export interface Undecided {
  readonly problem: MessageKey;
  readonly field: string;
}

/** Why nothing can be agreed to. */
export interface Hindrance {
  readonly title: MessageKey;
  readonly words: MessageKey;
}

export interface OperationView<N extends Asked["operation"]> {
  readonly heading: MessageKey;
  /** The words of the button that agrees. */
  readonly confirm: MessageKey;
  /** What is asked, in plain words. */
  readonly Body: ComponentType<Asking<N>>;
  /** What the site gets; empty where it gets nothing. */
  readonly tells: readonly MessageKey[];
  /** What stands in the way for good; null where nothing does. */
  readonly hindrance?: (asked: AskedOf<N>) => Hindrance | null;
  /** Which key is to be inserted, where it is known and none is there. */
  readonly wanted?: (asked: AskedOf<N>) => string | null;
  /** Why none of these keys can be used, where that is known. */
  readonly noneFits?: (asked: AskedOf<N>, keys: readonly ShownKey[]) => string | null;
  /** A choice of its own, below the certificate. */
  readonly Choice?: ComponentType<Asking<N>>;
  /** The first thing that is not decided yet. */
  readonly undecided?: (approval: Approval, asked: AskedOf<N>) => Undecided | null;
  /** Where a backup key file can stand in the place of a key: what the site gets then. */
  readonly withBackup?: { readonly tells: readonly MessageKey[] };
  /** What is said when it failed. */
  readonly failed?: MessageKey;
  /** What is said when the person ended it while it worked. */
  readonly cancelled?: MessageKey;
  /** Of long work: what is said in its first and in its second half, below it, and on the button that ends it. */
  readonly working?: {
    readonly begins: MessageKey;
    readonly ends: MessageKey;
    readonly note: MessageKey;
    readonly cancel: MessageKey;
  };
  /** What is said at the end. `id` is the request's. */
  readonly Done?: ComponentType<{ outcome: OutcomeOf<N>; asked: AskedOf<N>; id: string }>;
}
