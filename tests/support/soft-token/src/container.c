/** Containers 容器管理: GM/T 0016-2012, clause 7.5. */
#include "container.h"
#include "application.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define CONTAINER_NAME_LEN 64
#define CONTAINERS_MAX 32
#define CERTIFICATE_MAX 8192

bool load_key(const struct object *container, bool signing, BYTE key[32])
{
    char path[PATH_MAX];
    if (!object_path(container, path, signing ? "signing-key.txt" : "encryption-key.txt")) return false;
    char *digits = read_bytes(path, NULL);
    bool whole = digits != NULL && from_hex(digits, key, 32) == 32;
    free(digits);
    return whole;
}

bool save_key(const struct object *container, bool signing, const BYTE key[32])
{
    char path[PATH_MAX], digits[65];
    to_hex(key, 32, digits);
    bool saved = object_path(container, path, signing ? "signing-key.txt" : "encryption-key.txt") &&
                 write_bytes(path, digits, 64);
    OPENSSL_cleanse(digits, sizeof digits);
    return saved;
}

static bool container_path(const struct object *application, const char *name, char folder[PATH_MAX],
                           char path[PATH_MAX])
{
    return object_path(application, folder, "containers") && join_path(path, "%s/%s", folder, name);
}

static ULONG give_container(struct object *application, const char *name, HCONTAINER *handle)
{
    struct object *container = add_object(CONTAINER, application, name);
    if (container == NULL) return SAR_MEMORYERR;
    *handle = handle_of(container);
    return SAR_OK;
}

ULONG SKF_CreateContainer(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer)
{
    BEGIN(hApplication, "name=%s", szContainerName);
    struct names names;
    char folder[PATH_MAX], path[PATH_MAX], draft[PATH_MAX];
    REFUSE_IF(phContainer == NULL, SAR_INVALIDPARAMERR);
    REFUSE_IF(!valid_name(szContainerName, CONTAINER_NAME_LEN), SAR_NAMELENERR);
    REACH(application, hApplication, APPLICATION);
    REFUSE_IF(!has_permission(application, "user"), SAR_USER_NOT_LOGGED_IN);
    REFUSE_IF(!container_path(application, szContainerName, folder, path), SAR_FAIL);
    REFUSE_IF(folder_exists(path), SAR_INVALIDPARAMERR); // annex A has no code of its own for this
    list_folders(folder, &names);
    REFUSE_IF(names.count >= CONTAINERS_MAX, SAR_REACH_MAX_CONTAINER_COUNT);
    REFUSE_IF(!begin_folder(folder, draft) || !finish_folder(draft, path), SAR_FAIL);
    return end_call(give_container(application, szContainerName, phContainer));
}

ULONG SKF_DeleteContainer(HAPPLICATION hApplication, LPSTR szContainerName)
{
    BEGIN(hApplication, "name=%s", szContainerName);
    char folder[PATH_MAX], path[PATH_MAX];
    REFUSE_IF(!valid_name(szContainerName, CONTAINER_NAME_LEN), SAR_NAMELENERR);
    REACH(application, hApplication, APPLICATION);
    REFUSE_IF(!has_permission(application, "user"), SAR_USER_NOT_LOGGED_IN);
    REFUSE_IF(!container_path(application, szContainerName, folder, path), SAR_FAIL);
    REFUSE_IF(!folder_exists(path), SAR_INVALIDPARAMERR);
    REFUSE_IF(!remove_folder(folder, szContainerName), SAR_FAIL);
    drop_named(CONTAINER, application, szContainerName);
    return end_call(SAR_OK);
}

ULONG SKF_EnumContainer(HAPPLICATION hApplication, LPSTR szContainerName, ULONG *pulSize)
{
    BEGIN(hApplication, "list=%s", szContainerName == NULL ? "null" : "given");
    struct names names;
    char path[PATH_MAX];
    REACH(application, hApplication, APPLICATION);
    REFUSE_IF(!object_path(application, path, "containers"), SAR_FAIL);
    list_folders(path, &names);
    return end_call(give_names(&names, szContainerName, pulSize));
}

ULONG SKF_OpenContainer(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer)
{
    BEGIN(hApplication, "name=%s", szContainerName);
    char folder[PATH_MAX], path[PATH_MAX];
    REFUSE_IF(phContainer == NULL, SAR_INVALIDPARAMERR);
    REFUSE_IF(!valid_name(szContainerName, CONTAINER_NAME_LEN), SAR_NAMELENERR);
    REACH(application, hApplication, APPLICATION);
    REFUSE_IF(!container_path(application, szContainerName, folder, path), SAR_FAIL);
    REFUSE_IF(!folder_exists(path), SAR_INVALIDPARAMERR);
    return end_call(give_container(application, szContainerName, phContainer));
}

ULONG SKF_CloseContainer(HCONTAINER hContainer)
{
    BEGIN(hContainer, "");
    struct object *container;
    ULONG code = reach_object(hContainer, CONTAINER, &container);
    if (code == SAR_OK || code == SAR_DEVICE_REMOVED) drop_object(container);
    return end_call(code);
}

/** 0 nothing yet, 1 RSA, 2 ECC; one vendor counts 1 nothing, 2 RSA, 3 ECC. */
ULONG SKF_GetContainerType(HCONTAINER hContainer, ULONG *pulContainerType)
{
    BEGIN(hContainer, "");
    BYTE key[32];
    REFUSE_IF(pulContainerType == NULL, SAR_INVALIDPARAMERR);
    REACH(container, hContainer, CONTAINER);
    ULONG type = load_key(container, true, key) || load_key(container, false, key) ? 2 : 0;
    OPENSSL_cleanse(key, sizeof key);
    if (settings()->shifted_container_type) type++;
    *pulContainerType = type;
    add_fact("type=%u", type);
    return end_call(SAR_OK);
}

static const char *certificate_file(BOOL signing)
{
    return (int)signing != 0 ? "signing.der" : "encryption.der";
}

/** The standard asks for no permission here. */
ULONG SKF_ImportCertificate(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert, ULONG ulCertLen)
{
    BEGIN(hContainer, "signing=%u len=%u", (ULONG)((int)bSignFlag != 0), ulCertLen);
    char path[PATH_MAX];
    REFUSE_IF(pbCert == NULL, SAR_INVALIDPARAMERR);
    REFUSE_IF(ulCertLen == 0 || ulCertLen > CERTIFICATE_MAX, SAR_INDATALENERR);
    REACH(container, hContainer, CONTAINER);
    bool saved = object_path(container, path, certificate_file(bSignFlag)) && write_bytes(path, pbCert, ulCertLen);
    return end_call(saved ? SAR_OK : SAR_FAIL);
}

ULONG SKF_ExportCertificate(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert, ULONG *pulCertLen)
{
    BEGIN(hContainer, "signing=%u buffer=%s", (ULONG)((int)bSignFlag != 0), pbCert == NULL ? "null" : "given");
    char path[PATH_MAX];
    size_t len = 0;
    REACH(container, hContainer, CONTAINER);
    char *certificate = object_path(container, path, certificate_file(bSignFlag)) ? read_bytes(path, &len) : NULL;
    REFUSE_IF(certificate == NULL, SAR_CERTNOTFOUNDERR);
    ULONG code = give_bytes(certificate, len, pbCert, pulCertLen);
    free(certificate);
    return end_call(code);
}
