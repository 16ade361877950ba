/** Whether everything on a page can be read and reached at the width that it has: WCAG 2.1, 1.4.4 and 1.4.10. */
import type { Page } from "puppeteer";

/** What is cut off, sticks out, or lies under something else, one line each. */
export function outOfReach(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const complaints: string[] = [];
    const nameOf = (element: Element) =>
      `${element.localName}.${element.className} ${element.textContent?.slice(0, 20)}`;
    /** What is only spoken is clipped away, with all that is in it. */
    const isForEars = (element: Element | null): boolean =>
      element !== null && (getComputedStyle(element).clipPath === "inset(50%)" || isForEars(element.parentElement));
    const root = document.documentElement;
    const width = root.clientWidth;
    if (root.scrollWidth > width) complaints.push(`the page scrolls sideways: ${root.scrollWidth} in ${width}`);

    for (const element of document.body.querySelectorAll<HTMLElement>("*")) {
      const style = getComputedStyle(element);
      if (style.visibility === "hidden" || isForEars(element)) continue;
      const { left, right, width: wide, height } = element.getBoundingClientRect();
      if (wide === 0 || height === 0) continue;
      if (left < -1 || right > width + 1) complaints.push(`outside the window: ${nameOf(element)}`);
      const clips = style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1;
      if (clips && element.localName !== "input") complaints.push(`cut off: ${nameOf(element)}`);
    }

    const controls = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    for (const control of document.body.querySelectorAll<HTMLElement>(controls)) {
      if (control.getClientRects().length === 0) continue;
      control.scrollIntoView({ block: "nearest", behavior: "instant" });
      const { left, top, width: wide, height } = control.getBoundingClientRect();
      const hit = document.elementFromPoint(left + wide / 2, top + Math.min(height / 2, 20));
      const own = hit !== null && (control.contains(hit) || hit.closest("label")?.contains(control) === true);
      // A disabled control lets the pointer through in some browsers: then its parent is hit.
      if (!own && !(control.matches(":disabled") && hit?.contains(control) === true)) {
        complaints.push(`covered: ${nameOf(control)} by ${hit === null ? "nothing in the window" : nameOf(hit)}`);
      }
    }
    window.scrollTo(0, 0);
    return complaints;
  });
}

/** The buttons that decide, without scrolling: wholly inside the window. Empty where the page has none. */
export function decisionsOutOfView(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll(".decision-buttons button")].flatMap((button) => {
      const { top, bottom, left, right } = button.getBoundingClientRect();
      const inside = top >= 0 && bottom <= window.innerHeight + 1 && left >= 0 && right <= window.innerWidth + 1;
      return inside ? [] : [`not in view: ${button.textContent}`];
    }),
  );
}
