/** Requests whose window may be hidden behind others. */
import type { PopupView } from "@certbridge/protocol/surface";
import { t } from "../../platform/i18n.ts";
import { operationWords } from "../parts/operation-words.ts";
import { platformWords } from "../parts/origin.tsx";
import type { Popup } from "../state/popup.ts";

export function Waiting({ popup, waiting }: { popup: Popup; waiting: PopupView["waiting"] }) {
  if (waiting.length === 0) return null;
  return (
    <section class="block waiting" aria-labelledby="waiting-title">
      <h2 class="section-title" id="waiting-title">
        {t("popup_waiting")}
      </h2>
      <ul>
        {waiting.map(({ id, platform, operation }) => (
          <li key={id} class="waiting-line">
            <span class="key-facts">
              <bdi class="key-holder">{platformWords(platform)}</bdi>
              <span class="soft">{operationWords(operation)}</span>
            </span>
            <button type="button" class="primary" onClick={() => void popup.act("showWaiting", { id })}>
              {t("popup_waiting_show")}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
