/** The one place where rooms of the extension meet the browser: everything of `browser.*` that they use passes here. */
export { default as browser } from "webextension-polyfill";
