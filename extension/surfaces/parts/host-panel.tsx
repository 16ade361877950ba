/** The companion program (互认通程序) where it is not ready: each cause with its own words and buttons. */
import { useState } from "preact/hooks";
import { OperationError } from "@certbridge/protocol/errors";
import type { HostState } from "@certbridge/protocol/surface";
import { errorWords, t } from "../../platform/i18n.ts";
import { openWelcome } from "../../platform/surface-tabs.ts";
import { useArmed } from "../state/armed.ts";
import { trustHost } from "../state/program.ts";
import { asOperationError } from "../state/resource.ts";
import { moment } from "./format.ts";
import { Notice } from "./notice.tsx";

type NotReady = Exclude<HostState, { state: "ready" }>;
type Changed = Extract<HostState, { state: "changed" }>;

/** There browsers are packed with sandboxes, from which the program is not found; the browser does not say why. */
const isOnLinux = () => navigator.userAgent.includes("Linux");

/** The sentence, and the words of the two buttons. */
function wordsOf(host: Exclude<NotReady, Changed>) {
  switch (host.state) {
    case "missing":
      return {
        sentence: t("host_missing"),
        help: t("host_install"),
        recheck: t("host_installed_recheck"),
      };
    case "forbidden":
      return {
        sentence: t("host_forbidden"),
        help: t("host_repair"),
        recheck: t("host_recheck"),
      };
    case "failed":
      return {
        sentence: t("host_failed"),
        help: t("host_repair"),
        recheck: t("host_recheck"),
      };
    case "sandboxed":
      return {
        sentence: t("host_sandboxed"),
        help: t("host_repair"),
        recheck: t("host_recheck"),
      };
    case "unpaired":
      return {
        sentence: t("host_unpaired"),
        help: t("host_repair"),
        recheck: t("host_recheck"),
      };
    case "extension-outdated":
      return {
        sentence: t("host_extension_outdated", host.found, host.needed),
        help: t("host_upgrade_extension"),
        recheck: t("host_recheck"),
      };
    case "outdated":
      break;
  }
  return {
    sentence: t("host_outdated", host.found, host.needed),
    help: t("host_upgrade"),
    recheck: t("host_recheck"),
  };
}

interface HostPanelProps {
  host: NotReady;
  recheck: () => Promise<void>;
  /** False on the welcome page, which is the help itself. */
  withHelp?: boolean;
}

/** Another identity than the trusted one: both are shown, and only the person can say which it is. */
function ChangedPanel({ host, recheck, withHelp = true }: HostPanelProps & { host: Changed }) {
  const { trusted, found } = host;
  const [problem, setProblem] = useState<OperationError | null>(null);
  const armed = useArmed(found.publicKey);
  const trust = async () => {
    try {
      await trustHost(found.publicKey);
      setProblem(null);
    } catch (error) {
      setProblem(asOperationError(error));
    }
    await recheck();
  };
  return (
    <Notice
      tone="danger"
      role="alert"
      actions={
        <>
          {withHelp && (
            <button type="button" class="primary" onClick={() => void openWelcome()}>
              {t("host_repair")}
            </button>
          )}
          <button type="button" aria-disabled={!armed} onClick={() => armed && void trust()}>
            {t("host_trust_new")}
          </button>
        </>
      }
    >
      <p class="notice-title">{t("host_changed")}</p>
      <p class="fingerprint">{t("host_changed_trusted", trusted.fingerprint, moment(trusted.since))}</p>
      <p class="fingerprint">{t("host_changed_found", found.fingerprint, moment(found.since))}</p>
      <p class="field-problem" role="alert">
        {problem === null ? "" : errorWords(problem)}
      </p>
    </Notice>
  );
}

export function HostPanel({ host, recheck, withHelp = true }: HostPanelProps) {
  const [checking, setChecking] = useState(false);
  const [checked, setChecked] = useState(false);
  if (host.state === "changed") return <ChangedPanel host={host} recheck={recheck} withHelp={withHelp} />;
  const words = wordsOf(host);
  const check = async () => {
    setChecking(true);
    await recheck();
    setChecking(false);
    setChecked(true);
  };
  return (
    <Notice
      tone="warning"
      actions={
        <>
          {withHelp && (
            <button type="button" class="primary" onClick={() => void openWelcome()}>
              {words.help}
            </button>
          )}
          <button type="button" disabled={checking} onClick={() => void check()}>
            {words.recheck}
          </button>
        </>
      }
    >
      <p class="notice-title">{words.sentence}</p>
      {host.state === "forbidden" && <p class="soft">{t("host_forbidden_policy")}</p>}
      {host.state === "missing" && isOnLinux() && <p class="soft">{t("host_missing_sandbox")}</p>}
      <p role="status" class="soft">
        {checking ? t("host_checking") : checked ? t("host_still") : ""}
      </p>
    </Notice>
  );
}
