/** The one map from verb to what the approval window shows of it. The compiler names a verb that is missing. */
import type { AskedOperation } from "@certbridge/protocol/page";
import type { Asked, Outcome } from "@certbridge/protocol/surface";
import type { Approval } from "../../state/approval.ts";
import { decrypt } from "./decrypt.tsx";
import { login } from "./login.tsx";
import type { AskedOf, OperationView, OutcomeOf } from "./operation.ts";
import { register } from "./register.tsx";
import { rehearse } from "./rehearse.tsx";
import { saveRegistration } from "./save-registration.tsx";
import { sign } from "./sign.tsx";

const views: { readonly [N in AskedOperation]: OperationView<N> } = {
  login,
  register,
  saveRegistration,
  sign,
  rehearse,
  decrypt,
};

export function viewOf<N extends Asked["operation"]>(operation: N): OperationView<N> {
  return views[operation];
}

/** The verb's own view of what is asked of it: one and the same verb, which the compiler cannot see in a union. */
export const viewFor = (asked: Asked) => viewOf(asked.operation) as OperationView<never>;

interface AskedProps {
  asked: Asked;
  approval: Approval;
  now: number;
}

/** What is asked, in the words of its verb. */
export function AskedBody<N extends Asked["operation"]>({ asked, approval, now }: AskedProps) {
  const { Body } = viewOf<N>(asked.operation as N);
  return <Body asked={asked as AskedOf<N>} approval={approval} now={now} />;
}

/** The choice that its verb has beside the certificate; nothing where it has none. */
export function AskedChoice<N extends Asked["operation"]>({
  asked,
  approval,
  now,
  problem,
}: AskedProps & { problem: string | null }) {
  const { Choice } = viewOf<N>(asked.operation as N);
  return Choice === undefined ? null : (
    <Choice asked={asked as AskedOf<N>} approval={approval} now={now} problem={problem} />
  );
}

/** What became of it, in the words of its verb. */
export function AskedDone<N extends Asked["operation"]>({ asked, outcome }: { asked: Asked; outcome: Outcome }) {
  const { Done } = viewOf<N>(asked.operation as N);
  return Done === undefined ? null : <Done asked={asked as AskedOf<N>} outcome={outcome as OutcomeOf<N>} />;
}
