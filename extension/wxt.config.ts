import { readFileSync } from "node:fs";
import { builtinRegistry, parseRegistry, type Registry } from "@certbridge/trust";
import { CHROMIUM_PUBLIC_KEY, FIREFOX_EXTENSION_ID } from "@certbridge/protocol/ids";
import { defineConfig } from "wxt";

/**
 * Two builds from one source: `store` as it is published, `demo` with the demonstration's platforms added. They differ by the
 * registry and the matches, and by nothing else (tests/contract/extension).
 */
function registryOf(mode: string): Registry {
  if (mode !== "demo") return builtinRegistry;
  const demo = parseRegistry(JSON.parse(readFileSync("apps/demo/registry.json", "utf8")));
  return {
    platforms: [...builtinRegistry.platforms, ...demo.platforms],
    authorities: [...builtinRegistry.authorities, ...demo.authorities],
  };
}

const originsOf = ({ platforms }: Registry) => platforms.flatMap(({ enabled, origins }) => (enabled ? origins : []));

const matchesOf = (registry: Registry) => originsOf(registry).map((origin) => `${origin}/*`);

export default defineConfig({
  srcDir: "extension",
  publicDir: "extension/public",
  outDir: process.env["CERTBRIDGE_OUT"] ?? "build/extension",
  outDirTemplate: "{{browser}}-mv{{manifestVersion}}",
  imports: false,
  manifestVersion: 3,
  // What Mozilla's reviewers get are sources: nothing that was built of them, and nothing that tests left there.
  zip: { excludeSources: ["build/**"] },
  suppressWarnings: { firefoxDataCollection: true },
  hooks: {
    // The list of sites is too wide for the browser's own frame of settings.
    "build:manifestGenerated": (_wxt, manifest) => {
      if (manifest.options_ui) manifest.options_ui.open_in_tab = true;
    },
  },
  manifest: ({ browser, mode }) => {
    const matches = matchesOf(registryOf(mode));
    const chromium = browser === "chrome";
    const icons = { 16: "icon/16.png", 32: "icon/32.png", 48: "icon/48.png", 128: "icon/128.png" };
    return {
      name: "__MSG_extension_name__",
      description: "__MSG_extension_description__",
      default_locale: "zh_CN",
      icons,
      action: { default_title: "__MSG_extension_name__", default_icon: icons },
      permissions: [
        "storage",
        "scripting",
        "nativeMessaging",
        "activeTab",
        "alarms",
        "notifications",
        ...(chromium ? ["offscreen"] : []),
      ],
      host_permissions: matches,
      // http only for origins that an administrator names, docs/admin/policy.md.
      optional_host_permissions: ["https://*/*", "http://*/*"],
      content_scripts: [
        { matches, js: ["page-api.js"], run_at: "document_start", world: "MAIN" },
        { matches, js: ["relay.js"], run_at: "document_start" },
      ],
      content_security_policy: {
        extension_pages:
          // 开标急救 asks the listed platforms whether they answer, and nobody else.
          `default-src 'self'; connect-src ${["'self'", ...originsOf(registryOf(mode))].join(" ")}; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'`,
      },
      ...(chromium
        ? {
            key: CHROMIUM_PUBLIC_KEY,
            minimum_chrome_version: "111",
            message_serialization: "structured_clone",
            // For Chromium before 148, whose messages carry no Blobs. The dynamic address tells no page who we are.
            web_accessible_resources: [{ resources: ["frame.html"], matches: ["https://*/*"], use_dynamic_url: true }],
            // So that the frame's worker starts inside a page that is cross-origin isolated.
            cross_origin_embedder_policy: { value: "require-corp" },
            cross_origin_opener_policy: { value: "same-origin" },
            storage: { managed_schema: "policy-schema.json" },
          }
        : {
            browser_specific_settings: {
              gecko: {
                id: FIREFOX_EXTENSION_ID,
                strict_min_version: "128.0",
                data_collection_permissions: { required: ["none"] },
              },
            },
          }),
    } as never;
  },
  vite: ({ mode }) =>
    ({
      define: { BUILD_REGISTRY: JSON.stringify(registryOf(mode)) },
      worker: { format: "es" },
      build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
      oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    }) as never,
});
