/** Who asks: the platform's name and its origin, so that neither can be taken for another. */
import type { CredentialSummary } from "@certbridge/protocol/host";
import type { Platform } from "@certbridge/protocol/surface";
import { t } from "../../platform/i18n.ts";
import { safeName } from "./text.ts";

/** The origin as the browser serialised it, whole and never shortened; the host stands out. */
export function Origin({ origin }: { origin: string }) {
  const [, scheme = "", host = origin, port = ""] = /^([a-z]+:\/\/)(.+?)(:\d+)?$/.exec(origin) ?? [];
  return (
    <span class="origin" dir="ltr" translate={false}>
      {scheme}
      <strong>{host}</strong>
      {port}
    </span>
  );
}

/** Whether only an administrator can have let it in: a page without a secure connection. */
export const isInsecure = ({ origin }: Platform) => origin.startsWith("http:");

/** The platform's name in the registry or the policy; where there is none, who added the site. */
export function platformName(platform: Platform): string {
  if (platform.name !== null) return safeName(platform.name, 60);
  return t(isInsecure(platform) ? "approval_policy_site" : "approval_added_site");
}

/** Who issued a credential: a name of the list as it is, another one as a claim. */
export function issuerName({ name, listed }: CredentialSummary["issuer"]): string {
  return listed ? safeName(name, 60) : t("issuer_unlisted", safeName(name, 60));
}

/** The name where there is one, else the origin: for sentences. */
export function platformWords(platform: Platform): string {
  return platform.name === null ? platform.origin : safeName(platform.name, 60);
}
