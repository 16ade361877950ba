/**
 * The ids under which browsers know the extension, in one place: the extension's manifest, the host's manifests
 * and the tests read them from here.
 */

/**
 * The manifest's `key`: a SubjectPublicKeyInfo, DER in base64 with padding. The private half was thrown away: stores sign with
 * keys of their own, and this one only pins the id.
 */
export const CHROMIUM_PUBLIC_KEY =
  "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA11FtXFSssQOMYiSJc0wJC7om3QOu9MrBTu0jejKXHRVqZVlP/fsYRZK9xoWW/9sdruunUGXZdh3JoLDWciITCc+BdI56BiTSKPOd19n5SizCXp5jmOPeLo1grcp9W8QukEmAuBydaPLbUJK02zM5zjmAaHlHyp/H7RnTgvSX2q9YGLXoJKEw8R59KdM6+HgD8DS0OD7Nl8bDY1RebUowN3M5shkRBZNtmpiWHwBxOxtv0kZPtKAinuWbqtkRaCHPZW/DQ2PIQwmgGqnfkxpXhTT7wLQXc1+DzuhtzQ2pYAlho64bbKDdlmWRKRGzKyNyZzOG8qu33qcuFgAbKDwvxwIDAQAB";

/** The first 32 hexadecimal digits of SHA-256 of {@link CHROMIUM_PUBLIC_KEY}'s DER, written with a…p for 0…f. */
export const CHROMIUM_EXTENSION_ID = "dhcpjglajplgpiaeilgfdpaecedlllha";

/** As the manifest names it under `browser_specific_settings.gecko`. */
export const FIREFOX_EXTENSION_ID = "extension@certbridge.org";

/** Ids that stores assign at the first listing. Empty until then; each one is added to the host's manifests. */
export const STORE_EXTENSION_IDS: { readonly chrome: string | null; readonly edge: string | null } = {
  chrome: null,
  edge: null,
};

/** The name under which browsers start the companion program (互认通程序) for native messaging. */
export const HOST_NAME = "org.certbridge.host";
