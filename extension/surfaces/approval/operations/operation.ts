/** What the approval window needs to know of a verb. */
import type { ComponentType } from "preact";
import type { Asked } from "@certbridge/protocol/surface";
import type { MessageKey } from "../../../platform/i18n.ts";
import type { Approval } from "../../state/approval.ts";

/** What is asked, narrowed to one verb. */
export type AskedOf<N extends Asked["operation"]> = Extract<Asked, { operation: N }>;

export interface OperationView<N extends Asked["operation"]> {
  readonly heading: MessageKey;
  /** The words of the button that agrees. */
  readonly confirm: MessageKey;
  /** What is asked, in plain words. */
  readonly Body: ComponentType<{ asked: AskedOf<N> }>;
  /** What the site gets; empty where it gets nothing. */
  readonly tells: readonly MessageKey[];
  /** A choice of its own, below the certificate; `problem` says why it is not good yet. */
  readonly Choice?: ComponentType<{ approval: Approval; problem: string | null }>;
  readonly choiceRequired?: MessageKey;
}
