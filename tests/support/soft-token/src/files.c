/** Files of an application 文件管理: GM/T 0016-2012, clause 7.4. Each is a folder with its attributes and its content. */
#include "application.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME_LEN 32
#define FILE_SIZE_MAX 65536

/** Where the file is; the code where there is none of that name. */
static ULONG find_file(const struct object *application, const char *name, char path[PATH_MAX], struct pairs *attributes)
{
    char folder[PATH_MAX], file[PATH_MAX];
    if (!valid_name(name, FILE_NAME_LEN)) return SAR_NAMELENERR;
    if (!object_path(application, folder, "files") || !join_path(path, "%s/%s", folder, name)) return SAR_FAIL;
    if (!join_path(file, "%s/attributes.txt", path) || !load_pairs(file, attributes)) return SAR_FILE_NOT_EXIST;
    return SAR_OK;
}

ULONG SKF_CreateFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulFileSize, ULONG ulReadRights,
                     ULONG ulWriteRights)
{
    BEGIN(hApplication, "name=%s size=%u read=%u write=%u", szFileName, ulFileSize, ulReadRights, ulWriteRights);
    static struct pairs pairs;
    static const BYTE blank[FILE_SIZE_MAX];
    char folder[PATH_MAX], path[PATH_MAX], draft[PATH_MAX], file[PATH_MAX];
    REFUSE_IF(!valid_name(szFileName, FILE_NAME_LEN), SAR_NAMELENERR);
    REFUSE_IF(ulFileSize > FILE_SIZE_MAX, SAR_NO_ROOM);
    REACH(application, hApplication, APPLICATION);
    REFUSE_IF(!load_application(application, &pairs), SAR_APPLICATION_NOT_EXISTS);
    REFUSE_IF(!has_rights(application, (ULONG)number_of(&pairs, "create-file-rights", SECURE_USER_ACCOUNT)),
              SAR_USER_NOT_LOGGED_IN);
    ULONG code = find_file(application, szFileName, path, &pairs);
    REFUSE_IF(code != SAR_FILE_NOT_EXIST, code == SAR_OK ? SAR_FILE_ALREADY_EXIST : code);
    pairs.count = 0;
    set_value(&pairs, "size", "%lu", (unsigned long)ulFileSize);
    set_value(&pairs, "read-rights", "%lu", (unsigned long)ulReadRights);
    set_value(&pairs, "write-rights", "%lu", (unsigned long)ulWriteRights);
    REFUSE_IF(!object_path(application, folder, "files") || !begin_folder(folder, draft), SAR_FILEERR);
    REFUSE_IF(!join_path(file, "%s/attributes.txt", draft) || !save_pairs(file, &pairs), SAR_FILEERR);
    REFUSE_IF(!join_path(file, "%s/content", draft) || !write_bytes(file, blank, ulFileSize), SAR_FILEERR);
    return end_call(finish_folder(draft, path) ? SAR_OK : SAR_FILEERR);
}

ULONG SKF_DeleteFile(HAPPLICATION hApplication, LPSTR szFileName)
{
    BEGIN(hApplication, "name=%s", szFileName);
    static struct pairs attributes;
    char folder[PATH_MAX], path[PATH_MAX];
    REACH(application, hApplication, APPLICATION);
    ULONG code = find_file(application, szFileName, path, &attributes);
    REFUSE_IF(code != SAR_OK, code);
    REFUSE_IF(!has_rights(application, (ULONG)number_of(&attributes, "write-rights", 0)), SAR_USER_NOT_LOGGED_IN);
    REFUSE_IF(!object_path(application, folder, "files"), SAR_FAIL);
    return end_call(remove_folder(folder, szFileName) ? SAR_OK : SAR_FILEERR);
}

ULONG SKF_EnumFiles(HAPPLICATION hApplication, LPSTR szFileList, ULONG *pulSize)
{
    BEGIN(hApplication, "list=%s", szFileList == NULL ? "null" : "given");
    struct names names;
    char path[PATH_MAX];
    REACH(application, hApplication, APPLICATION);
    REFUSE_IF(!object_path(application, path, "files"), SAR_FAIL);
    list_folders(path, &names);
    return end_call(give_names(&names, szFileList, pulSize));
}

ULONG SKF_GetFileInfo(HAPPLICATION hApplication, LPSTR szFileName, FILEATTRIBUTE *pFileInfo)
{
    BEGIN(hApplication, "name=%s", szFileName);
    static struct pairs attributes;
    char path[PATH_MAX];
    REFUSE_IF(pFileInfo == NULL, SAR_INVALIDPARAMERR);
    REACH(application, hApplication, APPLICATION);
    ULONG code = find_file(application, szFileName, path, &attributes);
    REFUSE_IF(code != SAR_OK, code);
    FILEATTRIBUTE info;
    memset(&info, 0, sizeof info);
    memcpy(info.FileName, szFileName, strnlen(szFileName, sizeof info.FileName));
    info.FileSize = (ULONG)number_of(&attributes, "size", 0);
    info.ReadRights = (ULONG)number_of(&attributes, "read-rights", 0);
    info.WriteRights = (ULONG)number_of(&attributes, "write-rights", 0);
    memcpy(pFileInfo, &info, sizeof info);
    return end_call(SAR_OK);
}

ULONG SKF_ReadFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulOffset, ULONG ulSize, BYTE *pbOutData,
                   ULONG *pulOutLen)
{
    BEGIN(hApplication, "name=%s offset=%u size=%u", szFileName, ulOffset, ulSize);
    static struct pairs attributes;
    char path[PATH_MAX], file[PATH_MAX];
    size_t len = 0;
    REACH(application, hApplication, APPLICATION);
    ULONG code = find_file(application, szFileName, path, &attributes);
    REFUSE_IF(code != SAR_OK, code);
    REFUSE_IF(!has_rights(application, (ULONG)number_of(&attributes, "read-rights", 0)), SAR_USER_NOT_LOGGED_IN);
    char *content = join_path(file, "%s/content", path) ? read_bytes(file, &len) : NULL;
    REFUSE_IF(content == NULL, SAR_READFILEERR);
    code = SAR_INVALIDPARAMERR;
    if (ulOffset <= len) {
        size_t left = len - ulOffset;
        code = give_bytes(content + ulOffset, ulSize < left ? ulSize : left, pbOutData, pulOutLen);
    }
    free(content);
    return end_call(code);
}

ULONG SKF_WriteFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulOffset, BYTE *pbData, ULONG ulSize)
{
    BEGIN(hApplication, "name=%s offset=%u size=%u", szFileName, ulOffset, ulSize);
    static struct pairs attributes;
    char path[PATH_MAX], file[PATH_MAX];
    size_t len = 0;
    REFUSE_IF(pbData == NULL, SAR_INVALIDPARAMERR);
    REACH(application, hApplication, APPLICATION);
    ULONG code = find_file(application, szFileName, path, &attributes);
    REFUSE_IF(code != SAR_OK, code);
    REFUSE_IF(!has_rights(application, (ULONG)number_of(&attributes, "write-rights", 0)), SAR_USER_NOT_LOGGED_IN);
    char *content = join_path(file, "%s/content", path) ? read_bytes(file, &len) : NULL;
    REFUSE_IF(content == NULL, SAR_WRITEFILEERR);
    code = ulOffset > len || ulSize > len - ulOffset ? SAR_INDATALENERR : SAR_OK;
    if (code == SAR_OK) {
        memcpy(content + ulOffset, pbData, ulSize);
        if (!write_bytes(file, content, len)) code = SAR_WRITEFILEERR;
    }
    free(content);
    return end_call(code);
}
