/** The address, parsed; null where it is none. (URL.canParse is younger than the oldest browsers that are served.) */
export function readAddress(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
