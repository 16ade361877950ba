import { onMessage } from "../../platform/messages.ts";
import { createWorkshop } from "../../workshop/workshop.ts";

const workshop = createWorkshop();
onMessage((message, sender) => workshop.take(message, sender));
