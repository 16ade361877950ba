import { defineUnlistedScript } from "wxt/utils/define-unlisted-script";
import { startRelay } from "../relay/relay.ts";

type Namespace = { readonly runtime: Parameters<typeof startRelay>[0] };

export default defineUnlistedScript(() => {
  const { browser, chrome } = globalThis as typeof globalThis & { browser?: Namespace; chrome?: Namespace };
  const namespace = browser ?? chrome;
  if (namespace !== undefined && window.top === window) startRelay(namespace.runtime);
});
