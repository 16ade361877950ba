import java.io.File;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.security.PrivateKey;
import java.security.Security;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.SignedData;
import org.bouncycastle.asn1.cms.SignerInfo;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInfoGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.TimeStampResponseGenerator;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.tsp.TimeStampTokenGenerator;

/** BouncyCastle and time stamps: `verify` judges ours, `make` answers our requests and asks for stamps itself. */
public class StampPeer {
    static final ASN1ObjectIdentifier SM3 = new ASN1ObjectIdentifier("1.2.156.10197.1.401");
    static final ASN1ObjectIdentifier SHA1 = new ASN1ObjectIdentifier("1.3.14.3.2.26");
    static final ASN1ObjectIdentifier SHA256 = new ASN1ObjectIdentifier("2.16.840.1.101.3.4.2.1");
    static final ASN1ObjectIdentifier POLICY = new ASN1ObjectIdentifier("1.2.156.4.5.6");

    static File folder;
    static DigestCalculatorProvider digests;

    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
        folder = new File(args[1]);
        if (args[0].equals("verify")) verify();
        else make();
    }

    static byte[] read(String name) throws IOException {
        return Files.readAllBytes(new File(folder, name).toPath());
    }

    static void write(String name, byte[] content) throws IOException {
        Files.write(new File(folder, name).toPath(), content);
    }

    // Ours, judged.

    static void verify() throws Exception {
        X509CertificateHolder tsa = new X509CertificateHolder(read("tsa.der"));
        TimeStampRequest request = new TimeStampRequest(read("request.tsq"));
        System.out.println("request: " + Arrays.equals(request.getMessageImprintDigest(), read("imprint.bin"))
            + ", " + request.getMessageImprintAlgOID() + ", " + request.getCertReq());
        for (String family : new String[] {"rfc", "gm"}) {
            TimeStampToken token = new TimeStampToken(new CMSSignedData(pkcs7(read(family + ".tst"))));
            System.out.println(family + ": " + isValid(token, tsa) + ", " + token.getTimeStampInfo().getGenTime().getTime()
                + ", " + token.getTimeStampInfo().getSerialNumber() + ", " + token.getTimeStampInfo().getPolicy());
            System.out.println(family + ", another's: " + isValid(token, new X509CertificateHolder(read("other.der"))));
        }
        TimeStampResponse response = new TimeStampResponse(read("granted.tsr"));
        response.validate(request);
        System.out.println("response: " + response.getStatus());
        TimeStampResponse rejected = new TimeStampResponse(read("rejected.tsr"));
        System.out.println("rejected: " + rejected.getStatus() + ", " + rejected.getFailInfo().intValue() + ", "
            + rejected.getStatusString());
        try {
            new TimeStampResponse(read("other.tsr")).validate(request);
        } catch (TSPException refused) {
            System.out.println("other nonce: " + refused.getMessage());
        }
    }

    /** GM/T 0010 → PKCS#7: the outer content type, and 301.1, which this version cannot map, as SM2 with SM3. */
    static ContentInfo pkcs7(byte[] der) {
        SignedData data = SignedData.getInstance(ContentInfo.getInstance(der).getContent());
        ASN1EncodableVector signers = new ASN1EncodableVector();
        for (Object each : data.getSignerInfos()) {
            SignerInfo signer = SignerInfo.getInstance(each);
            signers.add(new SignerInfo(signer.getSID(), signer.getDigestAlgorithm(), signer.getAuthenticatedAttributes(),
                new AlgorithmIdentifier(new ASN1ObjectIdentifier("1.2.156.10197.1.501")), signer.getEncryptedDigest(),
                signer.getUnauthenticatedAttributes()));
        }
        return new ContentInfo(new ASN1ObjectIdentifier("1.2.840.113549.1.7.2"),
            new SignedData(data.getDigestAlgorithms(), data.getEncapContentInfo(), data.getCertificates(), data.getCRLs(),
                new DERSet(signers)));
    }

    /** Its whole validation: the bound certificate, its purpose and dates, the signature. */
    static boolean isValid(TimeStampToken token, X509CertificateHolder by) throws Exception {
        try {
            token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(by));
            return true;
        } catch (TSPException refused) {
            System.err.println(refused.getMessage());
            return false;
        }
    }

    // Its own.

    static void make() throws Exception {
        X509CertificateHolder tsa = new X509CertificateHolder(read("tsa.der"));
        PrivateKey key = new JcaPEMKeyConverter().setProvider("BC").getPrivateKey(PrivateKeyInfo.getInstance(read("tsa.key")));
        Date at = new Date(Long.parseLong(new String(read("time.txt"))));
        for (ASN1ObjectIdentifier bound : new ASN1ObjectIdentifier[] {SM3, SHA1, SHA256}) {
            SignerInfoGenerator signer = new JcaSignerInfoGeneratorBuilder(digests)
                .build(new JcaContentSignerBuilder("SM3withSM2").setProvider("BC").build(key),
                    new JcaX509CertificateConverter().setProvider("BC").getCertificate(tsa));
            TimeStampTokenGenerator tokens =
                new TimeStampTokenGenerator(signer, digests.get(new AlgorithmIdentifier(bound)), POLICY);
            tokens.addCertificates(new JcaCertStore(List.of(tsa)));
            tokens.setAccuracySeconds(1);
            tokens.setAccuracyMillis(500);
            tokens.setResolution(TimeStampTokenGenerator.R_MILLISECONDS);
            TimeStampResponseGenerator responses = new TimeStampResponseGenerator(tokens, java.util.Set.of(SM3.getId()));
            TimeStampResponse response = responses.generate(new TimeStampRequest(read("request.tsq")), new BigInteger("ffee", 16), at);
            write(bound.getId() + ".tsr", response.getEncoded());
            if (!bound.equals(SM3)) continue;
            TimeStampRequestGenerator other = new TimeStampRequestGenerator();
            TimeStampRequest sha = other.generate(SHA256, new byte[32], BigInteger.ONE);
            write("refused.tsr", responses.generate(sha, BigInteger.TWO, at).getEncoded());
            write("sha256.tst", tokens.generate(sha, BigInteger.TWO, at).getEncoded());
        }
        TimeStampRequestGenerator requests = new TimeStampRequestGenerator();
        requests.setCertReq(true);
        requests.setReqPolicy(POLICY);
        write("request-bc.tsq", requests.generate(SM3, read("imprint.bin"), new BigInteger("80ff", 16)).getEncoded());
    }
}
