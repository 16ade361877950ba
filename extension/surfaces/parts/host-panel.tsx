/** The companion program (互认通程序) where it is not ready: each cause with its own words and buttons. */
import { useState } from "preact/hooks";
import type { HostState } from "@certbridge/protocol/surface";
import { t } from "../../platform/i18n.ts";
import { openWelcome } from "../../platform/surface-tabs.ts";
import { Notice } from "./notice.tsx";

type NotReady = Exclude<HostState, { state: "ready" }>;

/** The sentence, and the words of the two buttons. */
function wordsOf(host: NotReady) {
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

export function HostPanel({ host, recheck, withHelp = true }: HostPanelProps) {
  const [checking, setChecking] = useState(false);
  const [checked, setChecked] = useState(false);
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
      <p role="status" class="soft">
        {checking ? t("host_checking") : checked ? t("host_still") : ""}
      </p>
    </Notice>
  );
}
