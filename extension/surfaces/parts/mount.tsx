/**
 * Puts a surface on its page, which brings nothing of its own: title and language are the browser's, the looks stand in the
 * style sheets that all surfaces share and in the surface's own, under the class that its body gets here.
 */
import { render, type ComponentChild } from "preact";
import { languageTag } from "../../platform/i18n.ts";
import "./parts.css";

type SurfaceName = "approval" | "bids" | "options" | "own" | "popup" | "report" | "welcome";

export function mount(name: SurfaceName, title: string, surface: ComponentChild): void {
  document.documentElement.lang = languageTag();
  document.title = title;
  document.body.className = `${name}-body`;
  const root = document.createElement("div");
  root.id = "root";
  document.body.append(root);
  render(surface, root);
}
