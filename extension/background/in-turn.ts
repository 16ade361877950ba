/** One after another (依次): two that read the same state and then write it would lose what one of them wrote. */
export function createTurns(): <T>(use: () => Promise<T>) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve();
  return (use) => {
    const result = turn.then(use);
    turn = result.catch(() => undefined);
    return result;
  };
}
