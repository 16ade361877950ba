/** Puts a surface on its page, in the language of the browser. */
import { render, type ComponentChild } from "preact";
import { languageTag } from "../../platform/i18n.ts";

export function mount(title: string, surface: ComponentChild): void {
  document.documentElement.lang = languageTag();
  document.title = title;
  const root = document.getElementById("root");
  if (root) render(surface, root);
}
