/** The one map from verb to what the approval window shows of it, and of each kind of a verb that has two. The compiler names one that is missing. */
import type { Asked, Outcome, ShownKey } from "@certbridge/protocol/surface";
import type { Approval } from "../../state/approval.ts";
import { decrypt } from "./decrypt.tsx";
import { decryptPackage } from "./decrypt-package.tsx";
import { encrypt } from "./encrypt.tsx";
import { jobs } from "./jobs.tsx";
import { login } from "./login.tsx";
import type { AskedOf, Hindrance, OperationView, OutcomeOf, Undecided } from "./operation.ts";
import { register } from "./register.tsx";
import { rehearse } from "./rehearse.tsx";
import { saveRegistration } from "./save-registration.tsx";
import { sign } from "./sign.tsx";

type Verb = Asked["operation"];

const views: { readonly [N in Verb]: OperationView<N> } = {
  login,
  register,
  saveRegistration,
  sign,
  encrypt,
  rehearse,
  decrypt,
  jobs,
  decryptPackage,
};

function viewOf<N extends Verb>(asked: Asked): OperationView<N> {
  return views[asked.operation as N];
}

/** The words that a verb has for itself. */
export const wordsOf = (
  asked: Asked,
): Pick<OperationView<Verb>, "heading" | "confirm" | "tells" | "withBackup" | "failed" | "cancelled" | "working"> =>
  views[asked.operation];

/** What stands in the way for good. */
export function hindranceOf<N extends Verb>(asked: Asked): Hindrance | null {
  return viewOf<N>(asked).hindrance?.(asked as AskedOf<N>) ?? null;
}

/** Which key is to be inserted. */
export function wantedOf<N extends Verb>(asked: Asked): string | null {
  return viewOf<N>(asked).wanted?.(asked as AskedOf<N>) ?? null;
}

/** Why none of these keys can be used. */
export function noneFitsOf<N extends Verb>(asked: Asked, keys: readonly ShownKey[]): string | null {
  return viewOf<N>(asked).noneFits?.(asked as AskedOf<N>, keys) ?? null;
}

/** The first thing that is not decided yet. */
export function undecidedOf<N extends Verb>(approval: Approval, asked: Asked): Undecided | null {
  return viewOf<N>(asked).undecided?.(approval, asked as AskedOf<N>) ?? null;
}

interface AskedProps {
  asked: Asked;
  approval: Approval;
  now: number;
  missing: Undecided | null;
}

/** What is asked, in the words of its verb. */
export function AskedBody<N extends Verb>({ asked, ...props }: AskedProps) {
  const { Body } = viewOf<N>(asked);
  return <Body asked={asked as AskedOf<N>} {...props} />;
}

/** The choice that its verb has beside the certificate; nothing where it has none. */
export function AskedChoice<N extends Verb>({ asked, ...props }: AskedProps) {
  const { Choice } = viewOf<N>(asked);
  return Choice === undefined ? null : <Choice asked={asked as AskedOf<N>} {...props} />;
}

/** What became of it, in the words of its verb. */
export function AskedDone<N extends Verb>({ asked, outcome, id }: { asked: Asked; outcome: Outcome; id: string }) {
  const { Done } = viewOf<N>(asked);
  return Done === undefined ? null : <Done asked={asked as AskedOf<N>} outcome={outcome as OutcomeOf<N>} id={id} />;
}
