/** 换电脑: the open bids written into a file, and read from one. */
import { useRef, useState } from "preact/hooks";
import type { OperationError } from "@certbridge/protocol/errors";
import type { OpenBid } from "@certbridge/protocol/host";
import { errorWords, t } from "../../platform/i18n.ts";
import { saveFile } from "../parts/save-file.ts";
import { type Carried, exportBids, importBids } from "../state/carry.ts";
import { asOperationError } from "../state/resource.ts";

/** docs/formats/open-bids.md */
const FILE_NAME = "open-bids.cbopen";

/** What is to be done about what was not imported. */
function refusalWords(refused: Carried["refused"]): string {
  const [first] = refused;
  if (first === undefined) return "";
  const codes: readonly OperationError["code"][] = refused.map(({ code }) => code);
  if (codes.every((code) => code === "KEY_NOT_FOUND")) return t("carry_refused_key");
  if (codes.every((code) => code === "MALFORMED" || code === "INVALID_REQUEST")) return t("carry_refused");
  return errorWords(refused.find(({ code }) => code !== "KEY_NOT_FOUND") ?? first);
}

export function Carry({ bids, done }: { bids: readonly OpenBid[]; done: () => Promise<void> }) {
  const field = useRef<HTMLInputElement>(null);
  const [told, setTold] = useState("");
  const [problem, setProblem] = useState("");
  const tell = (words: string, fault = "") => {
    setTold(words);
    setProblem(fault);
  };

  const save = async () => {
    try {
      const { text, count } = await exportBids(bids);
      saveFile(new Blob([text], { type: "application/json" }), FILE_NAME);
      tell(t("carry_exported", count));
    } catch (error) {
      tell("", errorWords(asOperationError(error)));
    }
    await done();
  };

  const take = async (file: File | undefined) => {
    if (field.current !== null) field.current.value = "";
    if (file === undefined) return;
    const carried = await importBids(file);
    if (carried === null) tell("", t("carry_no_file"));
    else {
      const { added, known, refused } = carried;
      tell(t("carry_imported", added, known, refused.length), refusalWords(refused));
    }
    await done();
  };

  return (
    <section class="carry" aria-labelledby="carry-title">
      <h2 class="section-title" id="carry-title">
        {t("carry_title")}
      </h2>
      <p class="soft">{t("carry_note")}</p>
      <div class="actions">
        <button
          type="button"
          id="bids-export"
          aria-disabled={bids.length === 0}
          onClick={() => bids.length > 0 && void save()}
        >
          {t("carry_export")}
        </button>
        <button type="button" id="bids-import" onClick={() => field.current?.click()}>
          {t("carry_import")}
        </button>
        <input
          ref={field}
          id="bids-file"
          type="file"
          accept=".cbopen"
          hidden
          onChange={({ currentTarget }) => void take(currentTarget.files?.[0])}
        />
      </div>
      <p role="status">{told}</p>
      <p class="field-problem" role="alert">
        {problem}
      </p>
    </section>
  );
}
