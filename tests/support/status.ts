import { HOST_PROTOCOL } from "@certbridge/protocol/host";

/** What a program says of itself that can nothing and knows nobody. */
export const STATUS = {
  version: "1",
  protocol: HOST_PROTOCOL,
  operations: [],
  carriers: [],
  identity: null,
  paired: false,
  hazards: [],
};
