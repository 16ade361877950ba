import { broadcast, onMessage } from "../../platform/messages.ts";
import { createWorkshop } from "../../workshop/workshop.ts";

const workshop = createWorkshop(broadcast);
onMessage((message, sender) => workshop.take(message, sender));
