/**
 * The states of a request, in order. In all of them the service worker may die: docs/protocol.md says what becomes of the
 * request then, and tests/e2e kills it in each.
 */
export const requestStates = ["received", "reading", "asking", "working", "answered"] as const;

export type RequestState = (typeof requestStates)[number];
