/** The one map from verb to what the approval window shows of it. The compiler names a verb that is missing. */
import type { AskedOperation } from "@certbridge/protocol/page";
import type { Asked } from "@certbridge/protocol/surface";
import { login } from "./login.tsx";
import type { AskedOf, OperationView } from "./operation.ts";
import { register } from "./register.tsx";
import { saveRegistration } from "./save-registration.tsx";
import { sign } from "./sign.tsx";

const views: { readonly [N in AskedOperation]: OperationView<N> } = { login, register, saveRegistration, sign };

export function viewOf<N extends Asked["operation"]>(operation: N): OperationView<N> {
  return views[operation];
}

/** What is asked, in the words of its verb. */
export function AskedBody<N extends Asked["operation"]>({ asked }: { asked: AskedOf<N> & { operation: N } }) {
  const { Body } = viewOf<N>(asked.operation);
  return <Body asked={asked} />;
}
