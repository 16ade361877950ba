/** `sign` 签名: every file by name, size and SM3, as the extension itself read it. */
import { type MessageKey, t } from "../../../platform/i18n.ts";
import { hexOf, shortDigest, size } from "../../parts/format.ts";
import { safeName, visibleText } from "../../parts/text.ts";
import type { AskedOf, OperationView } from "./operation.ts";

function named(name: string): string {
  return safeName(name, 60) || t("sign_unnamed");
}

type Item = AskedOf<"sign">["items"][number];

const LEFT_OUT = {
  CONTENT_UNREADABLE: "sign_left_out_unreadable",
  TOO_LARGE: "sign_left_out_too_large",
} as const satisfies Record<AskedOf<"sign">["unreadable"][number]["error"], MessageKey>;

function SignItem({ name, len, digest }: Item) {
  const hex = hexOf(digest);
  const whole = visibleText(name);
  return (
    <li class="item">
      <span class="item-line">
        <bdi class="item-name" title={whole}>
          {named(name)}
        </bdi>
        <span class="item-size">{size(len)}</span>
      </span>
      <details>
        <summary aria-label={`${t("sign_digest_full")} ${shortDigest(hex)}`}>
          <span class="soft">{t("sign_digest")}</span> <code>{shortDigest(hex)}</code>
        </summary>
        <code class="digest" translate={false}>
          {hex}
        </code>
        {whole !== named(name) && <bdi class="item-whole">{whole}</bdi>}
      </details>
    </li>
  );
}

export const sign: OperationView<"sign"> = {
  heading: "sign_heading",
  confirm: "sign_confirm",
  tells: ["sign_tells_signature"],
  Body: ({ asked: { items, unreadable } }) => {
    const total = items.reduce((sum, { len }) => sum + len, 0);
    return (
      <>
        <p>{t("sign_body", items.length)}</p>
        {/* A list that scrolls must be reachable by keyboard, so it takes focus. */}
        <ol class="items" aria-label={t("sign_list")} tabIndex={items.length > 3 ? 0 : undefined}>
          {items.map((item, at) => (
            <SignItem key={at} {...item} />
          ))}
        </ol>
        <p class="soft">{t("sign_total", items.length, size(total))}</p>
        {unreadable.length > 0 && (
          <div class="notice notice-warning">
            <span class="notice-sign" aria-hidden="true">
              !
            </span>
            <div class="notice-words">
              <p>{t("sign_left_out")}</p>
              <ul>
                {unreadable.map(({ index, name, error }) => (
                  <li key={index}>
                    <bdi>{named(name)}</bdi> <span class="soft">{t(LEFT_OUT[error])}</span>
                  </li>
                ))}
              </ul>
            </div>
          </div>
        )}
      </>
    );
  },
};
