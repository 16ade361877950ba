/** Is the extension there? It puts its API in place before a page's first script; after an installation it may come later. */
import type { SharedCertificate } from "./api.ts";
import { SharedCertificateError } from "./errors.ts";

/** The sentence for browsers in compatibility mode, and for kernels before the API's first (Chromium 111, Firefox 128). */
export const OLD_KERNEL_SENTENCE = "当前是兼容模式（或浏览器版本过低），请切换到极速模式。";

/** The sentence where no extension answers: it is not installed, or does not know this site. */
export const MISSING_SENTENCE = "未检测到互认通扩展。请安装后刷新本页；如已安装，请在扩展的设置页中允许本网站。";

const POLL_MS = 50;
const TIMEOUT_MS = 1500;

/** Told by what a kernel can do, since its name is often borrowed: Chromium has this from 110, Firefox from 115. */
function isOldKernel(): boolean {
  return "documentMode" in document || typeof Array.prototype.toSorted !== "function";
}

function isApi(found: unknown): found is SharedCertificate {
  return typeof found === "object" && found !== null && "apiVersion" in found && typeof found.apiVersion === "string";
}

/**
 * The page API, as soon as it is there.
 *
 * @param options.timeoutMs how long to look; 1.5 s unless told
 * @throws SharedCertificateError BROWSER_UNSUPPORTED, EXTENSION_MISSING; their messages are sentences for people
 */
export async function detect(options: { readonly timeoutMs?: number } = {}): Promise<SharedCertificate> {
  if (isOldKernel()) throw new SharedCertificateError("BROWSER_UNSUPPORTED", OLD_KERNEL_SENTENCE, { retriable: false });
  const deadline = Date.now() + (options.timeoutMs ?? TIMEOUT_MS);
  for (;;) {
    const found: unknown = window.sharedCertificate;
    if (isApi(found)) return found;
    if (Date.now() >= deadline) {
      throw new SharedCertificateError("EXTENSION_MISSING", MISSING_SENTENCE, { retriable: true });
    }
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}
