const LOOK_MS = 1000;

/**
 * Looks, again and again, whether the document that asked is there still. It says so itself when it is left; but a page can keep
 * that from its own relay (document.open removes every listener), and one that crashes says nothing. Gives what ends the looking.
 */
export function watchPresence(isThere: () => Promise<boolean>, onGone: () => void): () => void {
  let looking = false;
  const timer = setInterval(() => {
    // A page that is busy answers late: it is asked once at a time.
    if (looking) return;
    looking = true;
    void isThere().then((there) => {
      looking = false;
      if (!there) onGone();
    });
  }, LOOK_MS);
  return () => clearInterval(timer);
}
