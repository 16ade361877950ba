/** `decrypt` 解密 for the bidder's own use: the files are saved out of this window, and the site gets their number. */
import { t } from "../../../platform/i18n.ts";
import { OpenedFiles } from "../../parts/opened-files.tsx";
import { OwnPackageFacts } from "../../parts/own-package.tsx";
import { wantedWords, wrongKeyWords } from "../../parts/needed-key.ts";
import type { OperationView } from "./operation.ts";

export const decryptPackage: OperationView<"decryptPackage"> = {
  heading: "own_heading",
  confirm: "own_confirm",
  failed: "own_failed",
  cancelled: "own_cancelled",
  tells: ["own_tells"],
  withBackup: { tells: ["own_tells"] },
  working: { begins: "own_working", ends: "own_working", note: "own_working_note", cancel: "own_cancel" },
  wanted: ({ needed }) => wantedWords(needed),
  noneFits: ({ needed }, keys) => wrongKeyWords(needed, keys),

  Body: ({ asked, now }) => (
    <>
      <p>{t("own_body")}</p>
      <OwnPackageFacts own={asked} now={now} />
    </>
  ),

  Done: ({ id }) => <OpenedFiles id={id} />,
};
