/** A page in a tab of its own: whose it is, what it is about, and what went wrong with it. */
import type { ComponentChildren } from "preact";
import type { OperationError } from "@certbridge/protocol/errors";
import { Brand } from "./brand.tsx";
import { Failure } from "./failure.tsx";

interface PageProps {
  heading: string;
  lead: string;
  problem: OperationError | null;
  /** What can be done about the problem. */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Page({ heading, lead, problem, actions, children }: PageProps) {
  return (
    <>
      <header class="bar bar-wide">
        <Brand />
      </header>
      <main class="page">
        <h1>{heading}</h1>
        <p class="lead">{lead}</p>
        <Failure problem={problem} actions={actions} />
        {children}
      </main>
    </>
  );
}
