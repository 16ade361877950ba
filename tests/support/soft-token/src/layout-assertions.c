/**
 * The memory layouts of clause 6.4, as numbers: found with other headers than ours, so that the compiler refuses a structure of
 * skf.h that was misread. Also the one function that is not SKF's: it tells the tests what this build has.
 */
#include "skf.h"
#include <stddef.h>
#include <stdio.h>

/* One number per build: packed 4, natural 4, packed 8, natural 8. */
#if SKF_ULONG == 4 && SKF_PACKED
#define PICK(a, b, c, d) (a)
#elif SKF_ULONG == 4
#define PICK(a, b, c, d) (b)
#elif SKF_PACKED
#define PICK(a, b, c, d) (c)
#else
#define PICK(a, b, c, d) (d)
#endif

#define SIZE(type, a, b, c, d) _Static_assert(sizeof(type) == PICK(a, b, c, d), "size of " #type)
#define PLACE(type, field, a, b, c, d) \
    _Static_assert(offsetof(type, field) == PICK(a, b, c, d), "offset of " #field " in " #type)

SIZE(VERSION, 2, 2, 2, 2);
SIZE(DEVINFO, 294, 296, 326, 328);
PLACE(DEVINFO, Manufacturer, 2, 2, 2, 2);
PLACE(DEVINFO, Issuer, 66, 66, 66, 66);
PLACE(DEVINFO, Label, 130, 130, 130, 130);
PLACE(DEVINFO, SerialNumber, 162, 162, 162, 162);
PLACE(DEVINFO, HWVersion, 194, 194, 194, 194);
PLACE(DEVINFO, FirmwareVersion, 196, 196, 196, 196);
PLACE(DEVINFO, AlgSymCap, 198, 200, 198, 200);
PLACE(DEVINFO, DevAuthAlgId, 210, 212, 222, 224);
PLACE(DEVINFO, MaxBufferSize, 226, 228, 254, 256);
PLACE(DEVINFO, Reserved, 230, 232, 262, 264);
SIZE(ECCPUBLICKEYBLOB, 132, 132, 136, 136);
PLACE(ECCPUBLICKEYBLOB, XCoordinate, 4, 4, 8, 8);
PLACE(ECCPUBLICKEYBLOB, YCoordinate, 68, 68, 72, 72);
SIZE(ECCPRIVATEKEYBLOB, 68, 68, 72, 72);
PLACE(ECCPRIVATEKEYBLOB, PrivateKey, 4, 4, 8, 8);
SIZE(ECCSIGNATUREBLOB, 128, 128, 128, 128);
SIZE(ECCCIPHERBLOB, 165, 168, 169, 176);
PLACE(ECCCIPHERBLOB, HASH, 128, 128, 128, 128);
PLACE(ECCCIPHERBLOB, CipherLen, 160, 160, 160, 160);
PLACE(ECCCIPHERBLOB, Cipher, 164, 164, 168, 168);
SIZE(BLOCKCIPHERPARAM, 44, 44, 56, 56);
PLACE(BLOCKCIPHERPARAM, IVLen, 32, 32, 32, 32);
PLACE(BLOCKCIPHERPARAM, PaddingType, 36, 36, 40, 40);
PLACE(BLOCKCIPHERPARAM, FeedBitLen, 40, 40, 48, 48);
PLACE(ENVELOPEDKEYBLOB, cbEncryptedPriKey, 12, 12, 24, 24);
PLACE(ENVELOPEDKEYBLOB, PubKey, 76, 76, 88, 88);
PLACE(ENVELOPEDKEYBLOB, ECCCipherBlob, 208, 208, 224, 224);
SIZE(FILEATTRIBUTE, 44, 44, 56, 56);
PLACE(FILEATTRIBUTE, FileSize, 32, 32, 32, 32);
PLACE(FILEATTRIBUTE, WriteRights, 40, 40, 48, 48);
SIZE(RSAPUBLICKEYBLOB, 268, 268, 276, 280);
SIZE(RSAPRIVATEKEYBLOB, 1164, 1164, 1172, 1176);

const char *SoftToken_Layout(void);

/** One `name=number` per line; for the tests only. */
const char *SoftToken_Layout(void)
{
    static char text[2048];
    size_t at = 0;
#define LINE(name, value) at += (size_t)snprintf(text + at, sizeof text - at, "%s=%zu\n", name, (size_t)(value))
#define SIZE_LINE(type) LINE(#type, sizeof(type))
#define PLACE_LINE(type, field) LINE(#type "." #field, offsetof(type, field))
    LINE("ULONG", sizeof(ULONG));
    SIZE_LINE(VERSION);
    SIZE_LINE(DEVINFO);
    PLACE_LINE(DEVINFO, AlgSymCap);
    SIZE_LINE(ECCPUBLICKEYBLOB);
    SIZE_LINE(ECCPRIVATEKEYBLOB);
    SIZE_LINE(ECCSIGNATUREBLOB);
    SIZE_LINE(ECCCIPHERBLOB);
    PLACE_LINE(ECCCIPHERBLOB, Cipher);
    SIZE_LINE(BLOCKCIPHERPARAM);
    PLACE_LINE(ENVELOPEDKEYBLOB, PubKey);
    PLACE_LINE(ENVELOPEDKEYBLOB, ECCCipherBlob);
    SIZE_LINE(FILEATTRIBUTE);
    SIZE_LINE(RSAPUBLICKEYBLOB);
    SIZE_LINE(RSAPRIVATEKEYBLOB);
    return text;
}
