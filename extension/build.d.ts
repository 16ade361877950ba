/** What the build puts in: the registry (packages/trust), and addresses of files that are bundled as they are. */
declare const BUILD_REGISTRY: unknown;

declare module "*.wasm?url" {
  const url: string;
  export default url;
}

declare module "*.wasm?url&no-inline" {
  const url: string;
  export default url;
}

declare module "*.css";

interface ImportMeta {
  readonly env: { readonly FIREFOX: boolean };
}
