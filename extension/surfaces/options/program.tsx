/** Which companion program this browser trusts. */
import { useEffect, useMemo } from "preact/hooks";
import { t } from "../../platform/i18n.ts";
import { HostPanel } from "../parts/host-panel.tsx";
import { ProgramFacts } from "../parts/program-facts.tsx";
import { createProgram } from "../state/program.ts";

export function Program() {
  const program = useMemo(() => createProgram(), []);
  useEffect(() => program.start(), [program]);
  const host = program.state.value;
  if (host === null) return null;
  return (
    <section class="block" aria-labelledby="program-title">
      <h2 id="program-title">{t("options_program")}</h2>
      {host.state === "ready" ? (
        <ProgramFacts host={host} />
      ) : (
        <HostPanel host={host} recheck={() => program.refresh()} />
      )}
    </section>
  );
}
