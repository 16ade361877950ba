import java.io.File;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.SignedData;
import org.bouncycastle.asn1.cms.SignerInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** The BouncyCastle side: `verify` judges what lies in the folder, `make` puts its own there. One line per finding. */
public class Peer {
    static final ASN1ObjectIdentifier SM2_WITH_SM3 = new ASN1ObjectIdentifier("1.2.156.10197.1.501");
    static final ASN1ObjectIdentifier SM4_ECB = new ASN1ObjectIdentifier("1.2.156.10197.1.104.1");
    static final byte[] CONTENT = "投标函".getBytes(StandardCharsets.UTF_8);

    static File folder;

    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
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

    static void say(String what, boolean holds) {
        System.out.println(what + ": " + holds);
    }

    // What we made, judged.

    static void verify() throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        X509Certificate root = certificate(factory, "root.der");
        X509Certificate sub = certificate(factory, "sub.der");
        X509Certificate leaf = certificate(factory, "leaf.der");
        X509CRL list = (X509CRL) factory.generateCRL(Files.newInputStream(new File(folder, "sub.crl").toPath()));
        X509CRL rootList = (X509CRL) factory.generateCRL(Files.newInputStream(new File(folder, "root.crl").toPath()));
        say("subject", leaf.getSubjectX500Principal().getName().equals("CN=张三,O=互认测试机构,C=CN"));
        say("chain", isPath(factory, leaf, sub, root, List.of(list, rootList)));
        say("chain of the revoked", isPath(factory, certificate(factory, "revoked.der"), sub, root, List.of(list, rootList)));
        list.verify(sub.getPublicKey(), "BC");
        say("list names the revoked", list.isRevoked(certificate(factory, "revoked.der")) && !list.isRevoked(leaf));
        PKCS10CertificationRequest request = new PKCS10CertificationRequest(read("request.der"));
        say("request", request.isSignatureValid(
            new JcaContentVerifierProviderBuilder().setProvider("BC").build(request.getSubjectPublicKeyInfo())));
        say("attached", isSigned(new CMSSignedData(pkcs7("attached.p7")), leaf));
        say("detached", isSigned(new CMSSignedData(new CMSProcessableByteArray(CONTENT), pkcs7("detached.p7")), leaf));
        say("detached, other content",
            isSigned(new CMSSignedData(new CMSProcessableByteArray(new byte[] {1}), pkcs7("detached.p7")), leaf));
        say("enveloped key", Arrays.equals(openEnvelopedKey(), read("encryption.key")));
    }

    static X509Certificate certificate(CertificateFactory factory, String name) throws Exception {
        return (X509Certificate) factory.generateCertificate(Files.newInputStream(new File(folder, name).toPath()));
    }

    static boolean isPath(CertificateFactory factory, X509Certificate leaf, X509Certificate sub, X509Certificate root,
                          List<X509CRL> lists) throws Exception {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        parameters.setRevocationEnabled(true);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists), "BC"));
        parameters.setDate(new Date(Long.parseLong(new String(read("now.txt")))));
        try {
            CertPathValidator.getInstance("PKIX", "BC").validate(factory.generateCertPath(List.of(leaf, sub)), parameters);
            return true;
        } catch (java.security.cert.CertPathValidatorException refused) {
            System.err.println(refused.getMessage());
            return false;
        }
    }

    /** GM/T 0010 → PKCS#7: the outer content type, and 301.1, which this version cannot map, as SM2 with SM3. */
    static ContentInfo pkcs7(String name) throws Exception {
        SignedData data = SignedData.getInstance(ContentInfo.getInstance(read(name)).getContent());
        ASN1EncodableVector signers = new ASN1EncodableVector();
        for (Object each : data.getSignerInfos()) {
            SignerInfo signer = SignerInfo.getInstance(each);
            signers.add(new SignerInfo(signer.getSID(), signer.getDigestAlgorithm(), signer.getAuthenticatedAttributes(),
                new AlgorithmIdentifier(SM2_WITH_SM3), signer.getEncryptedDigest(), signer.getUnauthenticatedAttributes()));
        }
        return new ContentInfo(new ASN1ObjectIdentifier("1.2.840.113549.1.7.2"),
            new SignedData(data.getDigestAlgorithms(), data.getEncapContentInfo(), data.getCertificates(), data.getCRLs(),
                new DERSet(signers)));
    }

    static boolean isSigned(CMSSignedData data, X509Certificate by) throws Exception {
        SignerInformation signer = data.getSignerInfos().getSigners().iterator().next();
        X509CertificateHolder brought =
            (X509CertificateHolder) data.getCertificates().getMatches(signer.getSID()).iterator().next();
        if (!Arrays.equals(brought.getEncoded(), by.getEncoded())) return false;
        try {
            return signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(brought));
        } catch (org.bouncycastle.cms.CMSException refused) {
            return false;
        }
    }

    /** SM2EnvelopedKey by hand: SM2 in the order C1 C3 C2, then SM4-ECB. */
    static byte[] openEnvelopedKey() throws Exception {
        ASN1Sequence envelope = ASN1Sequence.getInstance(read("enveloped.der"));
        ASN1Sequence sealed = ASN1Sequence.getInstance(envelope.getObjectAt(1));
        byte[] key = Der.open(sealed, read("leaf.key"));
        return ecb(false, key, ASN1BitString.getInstance(envelope.getObjectAt(3)).getOctets());
    }

    static byte[] ecb(boolean encrypt, byte[] key, byte[] data) {
        SM4Engine engine = new SM4Engine();
        engine.init(encrypt, new KeyParameter(key));
        byte[] out = new byte[data.length];
        for (int at = 0; at < data.length; at += 16) engine.processBlock(data, at, out, at);
        return out;
    }

    // What it makes, for us to judge.

    static void make() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "BC");
        generator.initialize(new ECGenParameterSpec("sm2p256v1"));
        List<KeyPair> keys = new ArrayList<>();
        for (int i = 0; i < 4; i++) keys.add(generator.generateKeyPair());
        X500Name rootName = new X500Name("CN=BC root,O=peer,C=CN");
        X500Name subName = new X500Name("CN=BC sub,O=peer,C=CN");
        X509Certificate root = issue(rootName, keys.get(0), rootName, keys.get(0), 0x80ff, 1, KeyUsage.keyCertSign | KeyUsage.cRLSign);
        X509Certificate sub = issue(subName, keys.get(1), rootName, keys.get(0), 2, 0, KeyUsage.keyCertSign | KeyUsage.cRLSign);
        X509Certificate leaf = issue(new X500Name("CN=李四,O=peer,C=CN"), keys.get(2), subName, keys.get(1), 3, -1, KeyUsage.digitalSignature);
        write("root.der", root.getEncoded());
        write("sub.der", sub.getEncoded());
        write("leaf.der", leaf.getEncoded());
        JcaX509v2CRLBuilder list = new JcaX509v2CRLBuilder(sub.getSubjectX500Principal(), new Date(now()));
        list.setNextUpdate(new Date(now() + 86400000L));
        list.addExtension(Extension.cRLNumber, false, new CRLNumber(BigInteger.ONE.shiftLeft(80)));
        list.addCRLEntry(new BigInteger("ffee", 16), new Date(now()), CRLReason.keyCompromise);
        write("sub.crl", list.build(signer(keys.get(1).getPrivate())).getEncoded());
        write("request.der", new JcaPKCS10CertificationRequestBuilder(subName, keys.get(2).getPublic())
            .build(signer(keys.get(2).getPrivate())).getEncoded());

        CMSSignedDataGenerator cms = new CMSSignedDataGenerator();
        cms.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(
            new JcaDigestCalculatorProviderBuilder().setProvider("BC").build()).build(signer(keys.get(2).getPrivate()), leaf));
        cms.addCertificates(new JcaCertStore(List.of(leaf, sub)));
        for (boolean inside : new boolean[] {true, false}) {
            CMSSignedData data = cms.generate(new CMSProcessableByteArray(CONTENT), inside);
            write(inside ? "attached.p7" : "detached.p7", data.toASN1Structure().getEncoded("DER"));
        }
        envelope(keys.get(2), keys.get(3));
        write("leaf.key", keys.get(2).getPrivate().getEncoded());
        write("encryption.key", keys.get(3).getPrivate().getEncoded());
    }

    static long now() throws IOException {
        return Long.parseLong(new String(read("now.txt")));
    }

    static ContentSigner signer(PrivateKey key) throws Exception {
        return new JcaContentSignerBuilder("SM3withSM2").setProvider("BC").build(key);
    }

    static X509Certificate issue(X500Name subject, KeyPair own, X500Name issuer, KeyPair by, long serial, int pathLen, int usage)
        throws Exception {
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(issuer, BigInteger.valueOf(serial),
            new Date(now() - 86400000L), new Date(now() + 86400000L * 365 * 30), subject, own.getPublic());
        JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.subjectKeyIdentifier, false, ids.createSubjectKeyIdentifier(own.getPublic()));
        builder.addExtension(Extension.authorityKeyIdentifier, false, ids.createAuthorityKeyIdentifier(by.getPublic()));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
        if (pathLen >= 0) builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(pathLen));
        return new JcaX509CertificateConverter().setProvider("BC").getCertificate(builder.build(signer(by.getPrivate())));
    }

    static void envelope(KeyPair to, KeyPair inside) throws Exception {
        byte[] key = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
        byte[] raw = Der.seal(to.getPublic().getEncoded(), key, SM2Engine.Mode.C1C3C2);
        ECPrivateKeyParameters secret = (ECPrivateKeyParameters) PrivateKeyFactory.createKey(inside.getPrivate().getEncoded());
        ECPublicKeyParameters open = (ECPublicKeyParameters) PublicKeyFactory.createKey(inside.getPublic().getEncoded());
        ASN1EncodableVector envelope = new ASN1EncodableVector();
        envelope.add(new AlgorithmIdentifier(SM4_ECB, DERNull.INSTANCE));
        envelope.add(Der.sequence(raw));
        envelope.add(new DERBitString(open.getQ().getEncoded(false)));
        byte[] number = org.bouncycastle.util.BigIntegers.asUnsignedByteArray(32, secret.getD());
        envelope.add(new DERBitString(ecb(true, key, number)));
        write("enveloped.der", new DERSequence(envelope).getEncoded("DER"));
    }
}
