import { defineBackground } from "wxt/utils/define-background";
import { startBackground } from "../background/start.ts";

export default defineBackground({
  type: "module",
  // Firefox has no offscreen document: its background is a page, and hosts the workshop itself. A service worker may not import late.
  main: () => startBackground(import.meta.env.FIREFOX ? () => import("../workshop/workshop.ts") : null),
});
