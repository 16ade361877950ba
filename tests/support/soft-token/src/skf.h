/**
 * SKF 智能密码钥匙接口: types, algorithm ids, structures and answers of GM/T 0016-2012, clause 6 and annex A, written from
 * the standard for the soft token. The functions themselves are in `skf-functions.h`.
 *
 * The standard prints neither a packing rule nor what ULONG is beyond "32 bits": libraries of the field differ, and so do the
 * builds of this one. SKF_ULONG is the width of ULONG in bytes (4 or 8), SKF_PACKED says whether structures have gaps (0) or not (1).
 */
#ifndef SKF_H
#define SKF_H

#include <stdint.h>

#if SKF_ULONG == 4
typedef uint32_t ULONG;
typedef int32_t BOOL;
#elif SKF_ULONG == 8
/* What a header with `unsigned long` becomes on 64-bit Linux; BOOL grows with it, as in the headers that do this. */
typedef uint64_t ULONG;
typedef int64_t BOOL;
#else
#error "SKF_ULONG is 4 or 8"
#endif

typedef uint8_t BYTE;
typedef char CHAR;
typedef char *LPSTR;
typedef ULONG DWORD;
typedef void *HANDLE;
typedef HANDLE DEVHANDLE;
typedef HANDLE HAPPLICATION;
typedef HANDLE HCONTAINER;

/* Clause 6.1 names `_stdcall`; it means nothing on the 64-bit systems this library runs on. */
#define DEVAPI

#define SKF_TRUE 1
#define SKF_FALSE 0

/* Algorithm ids of 2012. GM/T 0006 counts the SM2 ones one bit higher: see `algorithms` in settings.h. */
#define SGD_SM4_ECB 0x00000401u
#define SGD_SM4_CBC 0x00000402u
#define SGD_SM4_MAC 0x00000410u
#define SGD_RSA 0x00010000u
#define SGD_SM2_1 0x00020100u
#define SGD_SM2_2 0x00020200u
#define SGD_SM2_3 0x00020400u
#define SGD_SM3 0x00000001u
#define SGD_SHA1 0x00000002u
#define SGD_SHA256 0x00000004u

/* Device states, clause 7.1, GetDevState. */
#define DEV_ABSENT_STATE 0u
#define DEV_PRESENT_STATE 1u
#define DEV_UNKNOWN_STATE 2u

/* Events, clause 7.1, WaitForDevEvent. */
#define DEV_EVENT_INSERTED 1u
#define DEV_EVENT_REMOVED 2u

/* Clause 7.2: kinds of PIN, and permissions as a file names them. */
#define ADMIN_TYPE 0u
#define USER_TYPE 1u
#define SECURE_NEVER_ACCOUNT 0x00u
#define SECURE_ADM_ACCOUNT 0x01u
#define SECURE_USER_ACCOUNT 0x10u
#define SECURE_ANYONE_ACCOUNT 0xFFu

#define PKCS5_PADDING 1u
#define NO_PADDING 0u

#define ECC_MAX_LEN 64
#define RSA_MAX_LEN 256

#if SKF_PACKED
#pragma pack(push, 1)
#endif

typedef struct {
    BYTE major;
    BYTE minor;
} VERSION;

typedef struct {
    VERSION Version;
    CHAR Manufacturer[64];
    CHAR Issuer[64];
    CHAR Label[32];
    CHAR SerialNumber[32];
    VERSION HWVersion;
    VERSION FirmwareVersion;
    ULONG AlgSymCap;
    ULONG AlgAsymCap;
    ULONG AlgHashCap;
    ULONG DevAuthAlgId;
    ULONG TotalSpace;
    ULONG FreeSpace;
    ULONG MaxECCBufferSize;
    ULONG MaxBufferSize;
    BYTE Reserved[64];
} DEVINFO;

typedef struct {
    ULONG AlgID;
    ULONG BitLen;
    BYTE Modulus[RSA_MAX_LEN];
    BYTE PublicExponent[4];
} RSAPUBLICKEYBLOB;

typedef struct {
    ULONG AlgID;
    ULONG BitLen;
    BYTE Modulus[RSA_MAX_LEN];
    BYTE PublicExponent[4];
    BYTE PrivateExponent[RSA_MAX_LEN];
    BYTE Prime1[RSA_MAX_LEN / 2];
    BYTE Prime2[RSA_MAX_LEN / 2];
    BYTE Prime1Exponent[RSA_MAX_LEN / 2];
    BYTE Prime2Exponent[RSA_MAX_LEN / 2];
    BYTE Coefficient[RSA_MAX_LEN / 2];
} RSAPRIVATEKEYBLOB;

/* Numbers are big-endian and stand at the end of their array: 256 bits fill its last 32 bytes. */
typedef struct {
    ULONG BitLen;
    BYTE XCoordinate[ECC_MAX_LEN];
    BYTE YCoordinate[ECC_MAX_LEN];
} ECCPUBLICKEYBLOB;

typedef struct {
    ULONG BitLen;
    BYTE PrivateKey[ECC_MAX_LEN];
} ECCPRIVATEKEYBLOB;

typedef struct {
    BYTE XCoordinate[ECC_MAX_LEN];
    BYTE YCoordinate[ECC_MAX_LEN];
    BYTE HASH[32];
    ULONG CipherLen;
    BYTE Cipher[1];
} ECCCIPHERBLOB;

typedef struct {
    BYTE r[ECC_MAX_LEN];
    BYTE s[ECC_MAX_LEN];
} ECCSIGNATUREBLOB;

typedef struct {
    BYTE IV[32];
    ULONG IVLen;
    ULONG PaddingType;
    ULONG FeedBitLen;
} BLOCKCIPHERPARAM;

typedef struct {
    ULONG Version;
    ULONG ulSymmAlgID;
    ULONG ulBits;
    BYTE cbEncryptedPriKey[64];
    ECCPUBLICKEYBLOB PubKey;
    ECCCIPHERBLOB ECCCipherBlob;
} ENVELOPEDKEYBLOB;

typedef struct {
    CHAR FileName[32];
    ULONG FileSize;
    ULONG ReadRights;
    ULONG WriteRights;
} FILEATTRIBUTE;

#if SKF_PACKED
#pragma pack(pop)
#endif

/* Annex A. */
enum {
    SAR_OK = 0,
    SAR_FAIL = 0x0A000001,
    SAR_UNKNOWNERR = 0x0A000002,
    SAR_NOTSUPPORTYETERR = 0x0A000003,
    SAR_FILEERR = 0x0A000004,
    SAR_INVALIDHANDLEERR = 0x0A000005,
    SAR_INVALIDPARAMERR = 0x0A000006,
    SAR_READFILEERR = 0x0A000007,
    SAR_WRITEFILEERR = 0x0A000008,
    SAR_NAMELENERR = 0x0A000009,
    SAR_KEYUSAGEERR = 0x0A00000A,
    SAR_MODULUSLENERR = 0x0A00000B,
    SAR_NOTINITIALIZEERR = 0x0A00000C,
    SAR_OBJERR = 0x0A00000D,
    SAR_MEMORYERR = 0x0A00000E,
    SAR_TIMEOUTERR = 0x0A00000F,
    SAR_INDATALENERR = 0x0A000010,
    SAR_INDATAERR = 0x0A000011,
    SAR_GENRANDERR = 0x0A000012,
    SAR_HASHOBJERR = 0x0A000013,
    SAR_HASHERR = 0x0A000014,
    SAR_GENRSAKEYERR = 0x0A000015,
    SAR_RSAMODULUSLENERR = 0x0A000016,
    SAR_CSPIMPRTPUBKEYERR = 0x0A000017,
    SAR_RSAENCERR = 0x0A000018,
    SAR_RSADECERR = 0x0A000019,
    SAR_HASHNOTEQUALERR = 0x0A00001A,
    SAR_KEYNOTFOUNDERR = 0x0A00001B,
    SAR_CERTNOTFOUNDERR = 0x0A00001C,
    SAR_NOTEXPORTERR = 0x0A00001D,
    SAR_DECRYPTPADERR = 0x0A00001E,
    SAR_MACLENERR = 0x0A00001F,
    SAR_BUFFER_TOO_SMALL = 0x0A000020,
    SAR_KEYINFOTYPEERR = 0x0A000021,
    SAR_NOT_EVENTERR = 0x0A000022,
    SAR_DEVICE_REMOVED = 0x0A000023,
    SAR_PIN_INCORRECT = 0x0A000024,
    SAR_PIN_LOCKED = 0x0A000025,
    SAR_PIN_INVALID = 0x0A000026,
    SAR_PIN_LEN_RANGE = 0x0A000027,
    SAR_USER_ALREADY_LOGGED_IN = 0x0A000028,
    SAR_USER_PIN_NOT_INITIALIZED = 0x0A000029,
    SAR_USER_TYPE_INVALID = 0x0A00002A,
    SAR_APPLICATION_NAME_INVALID = 0x0A00002B,
    SAR_APPLICATION_EXISTS = 0x0A00002C,
    SAR_USER_NOT_LOGGED_IN = 0x0A00002D,
    SAR_APPLICATION_NOT_EXISTS = 0x0A00002E,
    SAR_FILE_ALREADY_EXIST = 0x0A00002F,
    SAR_NO_ROOM = 0x0A000030,
    SAR_FILE_NOT_EXIST = 0x0A000031,
    SAR_REACH_MAX_CONTAINER_COUNT = 0x0A000032,
};

#include "skf-functions.h"

#endif
