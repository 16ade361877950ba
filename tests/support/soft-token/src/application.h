/** An application's own record `application.txt`: its PINs, their tries, and who may create files. */
#ifndef APPLICATION_H
#define APPLICATION_H

#include "device-state.h"

#define PIN_MIN 6
#define PIN_MAX 16

/** "user" or "admin"; NULL for what clause 7.2 does not know. */
const char *pin_owner(ULONG type);
bool load_application(const struct object *application, struct pairs *record);
bool save_application(const struct object *application, const struct pairs *record);
/** The rights of clause 7.4 (SECURE_…): whether somebody who is logged in, or anybody, has them. */
bool has_rights(struct object *application, ULONG rights);

#endif
