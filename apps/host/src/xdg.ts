/** A person's folders by the XDG Base Directory Specification, of which the environment may name others. */
import { isAbsolute } from "node:path";

/**
 * One that is empty counts as unset, and a relative one as invalid (the specification, "Basics", and "Environment variables"): otherwise it would depend on
 * where a command was typed which certificates it works with.
 *
 * @param said what the variable holds
 */
export function xdgFolder(said: string | undefined, otherwise: string): string {
  return said !== undefined && isAbsolute(said) ? said : otherwise;
}
