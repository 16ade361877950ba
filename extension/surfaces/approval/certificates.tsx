/** The choice of certificate. Those that cannot be used are shown too, with the reason, so that nobody looks for them. */
import type { ShownKey } from "@certbridge/protocol/surface";
import { t } from "../../platform/i18n.ts";
import { KeyFacts } from "../parts/key-facts.tsx";
import { fitting, obstacleOf } from "../state/keys.ts";

interface CertificatesProps {
  keys: readonly ShownKey[];
  chosen: string | null;
  now: number;
  /** Why the choice is not good yet; null where it is. */
  problem: string | null;
  disabled: boolean;
  choose: (keyId: string) => void;
}

export function Certificates({ keys, chosen, now, problem, disabled, choose }: CertificatesProps) {
  const fit = fitting(keys).length;
  const hint = fit > 1 && chosen === null ? t("certificate_several") : fit === 0 ? t("certificate_none_usable") : "";
  return (
    <fieldset
      class="section"
      role="radiogroup"
      aria-required="true"
      aria-invalid={problem !== null}
      aria-describedby="certificates-hint certificates-problem"
      disabled={disabled}
    >
      <legend>{keys.length === 1 ? t("certificate_only") : t("certificate_choose")}</legend>
      <p id="certificates-hint" class={fit === 0 ? "field-problem" : "soft"} hidden={hint === ""}>
        {hint}
      </p>
      <div class="cards">
        {keys.map((key) => {
          const obstacle = obstacleOf(key);
          return (
            <label class="card" key={key.keyId}>
              <input
                type="radio"
                name="certificate"
                value={key.keyId}
                disabled={obstacle !== null}
                checked={chosen === key.keyId}
                onChange={() => choose(key.keyId)}
              />
              <KeyFacts keyFacts={key} now={now} withAssurance />
            </label>
          );
        })}
      </div>
      <p id="certificates-problem" class="field-problem" role="alert">
        {problem}
      </p>
    </fieldset>
  );
}
