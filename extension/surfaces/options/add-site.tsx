/** Adding a site of one's own: https only, checked, with the browser's permission asked in the click. */
import { useRef, useState } from "preact/hooks";
import { t, type MessageKey } from "../../platform/i18n.ts";
import { readOrigin, type Options } from "../state/options.ts";

export function AddSite({ options }: { options: Options }) {
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<MessageKey | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const read = readOrigin(field.current?.value ?? "");
    if ("problem" in read) {
      setProblem(read.problem);
      field.current?.focus();
      return;
    }
    setProblem(null);
    void options.add(read.origin).then(() => {
      if (field.current && options.outcome.value?.good === true) field.current.value = "";
    });
  };
  return (
    <section class="block" aria-labelledby="add-title">
      <h2 id="add-title">{t("options_add")}</h2>
      <form class="add" noValidate onSubmit={submit}>
        <label for="origin">{t("options_add_label")}</label>
        <div class="add-line">
          <input
            ref={field}
            id="origin"
            type="url"
            inputMode="url"
            autocomplete="off"
            spellcheck={false}
            aria-required="true"
            aria-invalid={problem !== null}
            aria-describedby="origin-problem origin-hint"
          />
          <button type="submit" class="primary">
            {t("options_add_button")}
          </button>
        </div>
        <p id="origin-problem" class="field-problem" role="alert">
          {problem === null ? "" : t(problem)}
        </p>
        <p id="origin-hint" class="soft">
          {t("options_add_hint")} {t("options_add_warning")}
        </p>
      </form>
    </section>
  );
}
