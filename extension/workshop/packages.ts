import { OperationError } from "@certbridge/protocol/errors";

/** Bid packages are written by a room that is not built yet. */
const notYet = (operation: string) => () => Promise.reject(new OperationError("UNSUPPORTED_OPERATION", { operation }));

export const packages = {
  beginPackage: notYet("beginPackage"),
  writePackage: notYet("writePackage"),
  finishPackage: notYet("finishPackage"),
  takePackage: notYet("takePackage"),
};
