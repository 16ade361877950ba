export { type ChromiumBrowser, openBrowser } from "./browser.ts";
export { type Approval, appears, approvalOf, bringToFront, openSite, says, shows, type Site } from "./clerk.ts";
export { type Desk, type DeskOptions, openDesk } from "./desk.ts";
export type { FirefoxBrowser } from "./firefox.ts";
export { type ExtensionBrowser, type Language, photograph, type WalkPage } from "./page.ts";
export { type Lock, obtainLock } from "./locks.ts";
export { closePopup, openPopup } from "./popup.ts";
export {
  BIDDER,
  type Computer,
  openComputer,
  type FirefoxStageOptions,
  openFirefoxStage,
  openStage,
  type Stage,
  type StageOptions,
} from "./stage.ts";
export type { Aside } from "../web.ts";
