/** Where to type the command, per system; the person's own stands open. */
import { t, type MessageKey } from "../../platform/i18n.ts";
import { Command } from "./command.tsx";

const SYSTEMS = ["windows", "macos", "linux"] as const;

type System = (typeof SYSTEMS)[number];

const WHERE: Readonly<Record<System, MessageKey>> = {
  windows: "welcome_system_windows",
  macos: "welcome_system_macos",
  linux: "welcome_system_linux",
};

function systemOf(userAgent: string): System {
  if (userAgent.includes("Windows")) return "windows";
  return userAgent.includes("Mac OS") ? "macos" : "linux";
}

export function Systems({ command }: { command: string }) {
  const mine = systemOf(navigator.userAgent);
  const ordered = [mine, ...SYSTEMS.filter((system) => system !== mine)];
  return (
    <div class="systems">
      {ordered.map((system) => (
        <details key={system} open={system === mine}>
          <summary>
            {t(WHERE[system])}
            {system === mine && <span class="tag">{t("welcome_this_system")}</span>}
          </summary>
          <Command text={command} />
        </details>
      ))}
    </div>
  );
}
