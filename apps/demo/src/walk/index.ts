export { type ExtensionBrowser, type Language, openBrowser, photograph } from "./browser.ts";
export { type Approval, appears, approvalOf, openSite, says, type Site } from "./clerk.ts";
export { type Desk, openDesk } from "./desk.ts";
export { closePopup, openPopup } from "./popup.ts";
export { BIDDER, openStage, type Stage, type StageOptions } from "./stage.ts";
