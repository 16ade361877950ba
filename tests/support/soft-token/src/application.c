/** Applications 应用管理: GM/T 0016-2012, clause 7.3. */
#include "application.h"
#include <stdio.h>
#include <string.h>

#define APPLICATION_NAME_LEN 48

const char *pin_owner(ULONG type)
{
    return type == USER_TYPE ? "user" : type == ADMIN_TYPE ? "admin" : NULL;
}

bool load_application(const struct object *application, struct pairs *record)
{
    char path[PATH_MAX];
    return object_path(application, path, "application.txt") && load_pairs(path, record);
}

bool save_application(const struct object *application, const struct pairs *record)
{
    char path[PATH_MAX];
    return object_path(application, path, "application.txt") && save_pairs(path, record);
}

bool has_rights(struct object *application, ULONG rights)
{
    if (rights == SECURE_ANYONE_ACCOUNT) return true;
    if ((rights & SECURE_USER_ACCOUNT) != 0 && has_permission(application, "user")) return true;
    return (rights & SECURE_ADM_ACCOUNT) != 0 && has_permission(application, "admin");
}

static bool application_path(const struct object *device, const char *name, char folder[PATH_MAX], char path[PATH_MAX])
{
    return object_path(device, folder, "applications") && join_path(path, "%s/%s", folder, name);
}

static bool is_pin(const char *pin)
{
    size_t len = strnlen(pin, PIN_MAX + 1);
    return len >= PIN_MIN && len <= PIN_MAX && strchr(pin, '\n') == NULL;
}

ULONG SKF_CreateApplication(DEVHANDLE hDev, LPSTR szAppName, LPSTR szAdminPin, DWORD dwAdminPinRetryCount,
                            LPSTR szUserPin, DWORD dwUserPinRetryCount, DWORD dwCreateFileRights,
                            HAPPLICATION *phApplication)
{
    BEGIN(hDev, "name=%s admin-tries=%u user-tries=%u rights=%u", szAppName, dwAdminPinRetryCount,
          dwUserPinRetryCount, dwCreateFileRights);
    static struct pairs record;
    char folder[PATH_MAX], path[PATH_MAX], draft[PATH_MAX], file[PATH_MAX];
    REFUSE_IF(szAdminPin == NULL || szUserPin == NULL || phApplication == NULL, SAR_INVALIDPARAMERR);
    REFUSE_IF(!valid_name(szAppName, APPLICATION_NAME_LEN), SAR_APPLICATION_NAME_INVALID);
    REFUSE_IF(!is_pin(szAdminPin) || !is_pin(szUserPin), SAR_PIN_LEN_RANGE);
    REACH(device, hDev, DEVICE);
    REFUSE_IF(!has_permission(device, "device"), SAR_USER_NOT_LOGGED_IN);
    REFUSE_IF(!application_path(device, szAppName, folder, path), SAR_FAIL);
    REFUSE_IF(folder_exists(path), SAR_APPLICATION_EXISTS);
    record.count = 0;
    set_value(&record, "admin-pin", "%s", szAdminPin);
    set_value(&record, "admin-tries", "%lu", (unsigned long)dwAdminPinRetryCount);
    set_value(&record, "user-pin", "%s", szUserPin);
    set_value(&record, "user-tries", "%lu", (unsigned long)dwUserPinRetryCount);
    set_value(&record, "create-file-rights", "%lu", (unsigned long)dwCreateFileRights);
    REFUSE_IF(!begin_folder(folder, draft) || !join_path(file, "%s/application.txt", draft), SAR_FAIL);
    REFUSE_IF(!save_pairs(file, &record) || !finish_folder(draft, path), SAR_FAIL);
    struct object *application = add_object(APPLICATION, device, szAppName);
    REFUSE_IF(application == NULL, SAR_MEMORYERR);
    *phApplication = handle_of(application);
    return end_call(SAR_OK);
}

ULONG SKF_EnumApplication(DEVHANDLE hDev, LPSTR szAppName, ULONG *pulSize)
{
    BEGIN(hDev, "list=%s", szAppName == NULL ? "null" : "given");
    struct names names;
    char path[PATH_MAX];
    REACH(device, hDev, DEVICE);
    REFUSE_IF(!object_path(device, path, "applications"), SAR_FAIL);
    list_folders(path, &names);
    return end_call(give_names(&names, szAppName, pulSize));
}

ULONG SKF_DeleteApplication(DEVHANDLE hDev, LPSTR szAppName)
{
    BEGIN(hDev, "name=%s", szAppName);
    char folder[PATH_MAX], path[PATH_MAX];
    REFUSE_IF(!valid_name(szAppName, APPLICATION_NAME_LEN), SAR_APPLICATION_NAME_INVALID);
    REACH(device, hDev, DEVICE);
    REFUSE_IF(!has_permission(device, "device"), SAR_USER_NOT_LOGGED_IN);
    REFUSE_IF(!application_path(device, szAppName, folder, path), SAR_FAIL);
    REFUSE_IF(!folder_exists(path), SAR_APPLICATION_NOT_EXISTS);
    REFUSE_IF(!remove_folder(folder, szAppName), SAR_FAIL);
    drop_named(APPLICATION, device, szAppName);
    return end_call(SAR_OK);
}

ULONG SKF_OpenApplication(DEVHANDLE hDev, LPSTR szAppName, HAPPLICATION *phApplication)
{
    BEGIN(hDev, "name=%s", szAppName);
    char folder[PATH_MAX], path[PATH_MAX];
    REFUSE_IF(phApplication == NULL, SAR_INVALIDPARAMERR);
    REFUSE_IF(!valid_name(szAppName, APPLICATION_NAME_LEN), SAR_APPLICATION_NAME_INVALID);
    REACH(device, hDev, DEVICE);
    REFUSE_IF(!application_path(device, szAppName, folder, path), SAR_FAIL);
    REFUSE_IF(!folder_exists(path), SAR_APPLICATION_NOT_EXISTS);
    struct object *application = add_object(APPLICATION, device, szAppName);
    REFUSE_IF(application == NULL, SAR_MEMORYERR);
    *phApplication = handle_of(application);
    return end_call(SAR_OK);
}

/** Leaves the permissions as they are, as DisConnectDev does. */
ULONG SKF_CloseApplication(HAPPLICATION hApplication)
{
    BEGIN(hApplication, "");
    struct object *application;
    ULONG code = reach_object(hApplication, APPLICATION, &application);
    if (code == SAR_OK || code == SAR_DEVICE_REMOVED) drop_object(application);
    return end_call(code);
}
