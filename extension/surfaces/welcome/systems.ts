/** The systems on which the companion program (互认通程序) installs today: Linux on a desk. Told by the browser's own name. */
export function installsOn(userAgent: string): boolean {
  return userAgent.includes("Linux") && !userAgent.includes("Android");
}
