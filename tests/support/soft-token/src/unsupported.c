/** Functions of GM/T 0016-2012, clause 7.6, that this token has and says it cannot: RSA, and the SM2 key agreement. */
#include "device-state.h"

/** A handle that is wrong or whose device is gone is told first, as everywhere. */
static ULONG refuse(HANDLE handle)
{
    struct object *object;
    ULONG code = reach_object(handle, ANY_OBJECT, &object);
    return code == SAR_OK ? SAR_NOTSUPPORTYETERR : code;
}

ULONG SKF_GenRSAKeyPair(HCONTAINER hContainer, ULONG ulBitsLen, RSAPUBLICKEYBLOB *pBlob)
{
    (void)ulBitsLen, (void)pBlob;
    BEGIN(hContainer, "");
    return end_call(refuse(hContainer));
}

ULONG SKF_ImportRSAKeyPair(HCONTAINER hContainer, ULONG ulSymAlgId, BYTE *pbWrappedKey, ULONG ulWrappedKeyLen,
                           BYTE *pbEncryptedData, ULONG ulEncryptedDataLen)
{
    (void)ulSymAlgId, (void)pbWrappedKey, (void)ulWrappedKeyLen, (void)pbEncryptedData, (void)ulEncryptedDataLen;
    BEGIN(hContainer, "");
    return end_call(refuse(hContainer));
}

ULONG SKF_RSASignData(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, BYTE *pbSignature, ULONG *pulSignLen)
{
    (void)pbData, (void)ulDataLen, (void)pbSignature, (void)pulSignLen;
    BEGIN(hContainer, "");
    return end_call(refuse(hContainer));
}

ULONG SKF_RSAVerify(DEVHANDLE hDev, RSAPUBLICKEYBLOB *pRSAPubKeyBlob, BYTE *pbData, ULONG ulDataLen, BYTE *pbSignature,
                    ULONG ulSignLen)
{
    (void)pRSAPubKeyBlob, (void)pbData, (void)ulDataLen, (void)pbSignature, (void)ulSignLen;
    BEGIN(hDev, "");
    return end_call(refuse(hDev));
}

ULONG SKF_RSAExportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, RSAPUBLICKEYBLOB *pPubKey, BYTE *pbData,
                              ULONG *pulDataLen, HANDLE *phSessionKey)
{
    (void)ulAlgId, (void)pPubKey, (void)pbData, (void)pulDataLen, (void)phSessionKey;
    BEGIN(hContainer, "");
    return end_call(refuse(hContainer));
}

ULONG SKF_GenerateAgreementDataWithECC(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pTempECCPubKeyBlob,
                                       BYTE *pbID, ULONG ulIDLen, HANDLE *phAgreementHandle)
{
    (void)ulAlgId, (void)pTempECCPubKeyBlob, (void)pbID, (void)ulIDLen, (void)phAgreementHandle;
    BEGIN(hContainer, "");
    return end_call(refuse(hContainer));
}

ULONG SKF_GenerateKeyWithECC(HANDLE hAgreementHandle, ECCPUBLICKEYBLOB *pECCPubKeyBlob,
                             ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID, ULONG ulIDLen, HANDLE *phKeyHandle)
{
    (void)pECCPubKeyBlob, (void)pTempECCPubKeyBlob, (void)pbID, (void)ulIDLen, (void)phKeyHandle;
    BEGIN(hAgreementHandle, "");
    return end_call(refuse(hAgreementHandle));
}

ULONG SKF_GenerateAgreementDataAndKeyWithECC(HCONTAINER hContainer, ULONG ulAlgId,
                                             ECCPUBLICKEYBLOB *pSponsorECCPubKeyBlob,
                                             ECCPUBLICKEYBLOB *pSponsorTempECCPubKeyBlob,
                                             ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID, ULONG ulIDLen,
                                             BYTE *pbSponsorID, ULONG ulSponsorIDLen, HANDLE *phKeyHandle)
{
    (void)ulAlgId, (void)pSponsorECCPubKeyBlob, (void)pSponsorTempECCPubKeyBlob, (void)pTempECCPubKeyBlob;
    (void)pbID, (void)ulIDLen, (void)pbSponsorID, (void)ulSponsorIDLen, (void)phKeyHandle;
    BEGIN(hContainer, "");
    return end_call(refuse(hContainer));
}
