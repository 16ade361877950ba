import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.EncryptedContentInfo;
import org.bouncycastle.asn1.cms.EnvelopedData;
import org.bouncycastle.asn1.cms.IssuerAndSerialNumber;
import org.bouncycastle.asn1.cms.KeyTransRecipientInfo;
import org.bouncycastle.asn1.cms.OriginatorInfo;
import org.bouncycastle.asn1.cms.RecipientIdentifier;
import org.bouncycastle.asn1.cms.RecipientInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.paddings.PaddedBufferedBlockCipher;

/** BouncyCastle and digital envelopes: `verify` opens ours for each recipient, `make` writes its own in every form of the field. */
public class EnvelopePeer {
    static File folder;

    public static void main(String[] args) throws Exception {
        folder = new File(args[1]);
        if (args[0].equals("verify")) verify();
        else make();
    }

    static byte[] read(String name) throws IOException {
        return Files.readAllBytes(new File(folder, name).toPath());
    }

    static ASN1ObjectIdentifier id(String dotted) {
        return new ASN1ObjectIdentifier(dotted);
    }

    // Ours, opened. The version has no KeyGenerator for SM4, so that the structure is read by its ASN.1 classes and opened by hand.

    static void verify() throws Exception {
        ContentInfo info = ContentInfo.getInstance(read("envelope.der"));
        System.out.println("type: " + info.getContentType().getId());
        EnvelopedData envelope = EnvelopedData.getInstance(info.getContent());
        System.out.println("version: " + envelope.getVersion() + ", recipients: " + envelope.getRecipientInfos().size());
        for (String name : new String[] {"first", "second"}) {
            byte[] content = open(envelope, new X509CertificateHolder(read(name + ".der")), read(name + ".key"));
            System.out.println(name + ": " + Arrays.equals(content, read("content.bin")));
        }
    }

    static byte[] open(EnvelopedData envelope, X509CertificateHolder certificate, byte[] key) throws Exception {
        for (Object each : envelope.getRecipientInfos()) {
            KeyTransRecipientInfo recipient = KeyTransRecipientInfo.getInstance(RecipientInfo.getInstance(each).getInfo());
            IssuerAndSerialNumber named = IssuerAndSerialNumber.getInstance(recipient.getRecipientIdentifier().getId());
            if (!named.getName().equals(certificate.getIssuer())) continue;
            if (!named.getSerialNumber().getValue().equals(certificate.getSerialNumber())) continue;
            ASN1Sequence cipher = ASN1Sequence.getInstance(recipient.getEncryptedKey().getOctets());
            byte[] contentKey = Der.open(cipher, key);
            EncryptedContentInfo encrypted = envelope.getEncryptedContentInfo();
            byte[] iv = ASN1OctetString.getInstance(encrypted.getContentEncryptionAlgorithm().getParameters()).getOctets();
            return cbc(false, contentKey, iv, encrypted.getEncryptedContent().getOctets());
        }
        return null;
    }

    static byte[] cbc(boolean encrypt, byte[] key, byte[] iv, byte[] data) throws Exception {
        PaddedBufferedBlockCipher cipher = Der.cbc(encrypt, key, iv);
        byte[] out = new byte[cipher.getOutputSize(data.length)];
        int len = cipher.processBytes(data, 0, data.length, out, 0);
        return Arrays.copyOf(out, len + cipher.doFinal(out, len));
    }

    // Its own: every layout of the key, both ways of naming the recipient, every name of the algorithms, both families.

    static void make() throws Exception {
        X509CertificateHolder certificate = new X509CertificateHolder(read("first.der"));
        byte[] content = read("content.bin");
        int number = 0;
        for (String layout : new String[] {"DER", "04 C1C3C2", "C1C3C2", "04 C1C2C3", "C1C2C3"}) {
            for (boolean byKeyId : new boolean[] {false, true}) {
                for (String keyEncryption : new String[] {"301", "301.1", "301.2", "301.3"}) {
                    for (String cipher : new String[] {"104", "104.2"}) {
                        for (String family : new String[] {"1.2.156.10197.6.1.4.2", "1.2.840.113549.1.7"}) {
                            byte[] key = fresh();
                            byte[] iv = fresh();
                            AlgorithmIdentifier algorithm = number % 2 == 0
                                ? new AlgorithmIdentifier(id("1.2.156.10197.1." + keyEncryption))
                                : new AlgorithmIdentifier(id("1.2.156.10197.1." + keyEncryption), DERNull.INSTANCE);
                            KeyTransRecipientInfo recipient = new KeyTransRecipientInfo(name(certificate, byKeyId), algorithm,
                                new DEROctetString(seal(certificate, key, layout)));
                            EncryptedContentInfo encrypted = new EncryptedContentInfo(id(family + ".1"),
                                new AlgorithmIdentifier(id("1.2.156.10197.1." + cipher), new DEROctetString(iv)),
                                new DEROctetString(cbc(true, key, iv, content)));
                            ASN1Encodable body = new EnvelopedData((OriginatorInfo) null,
                                new DERSet(new RecipientInfo(recipient)), encrypted, (org.bouncycastle.asn1.ASN1Set) null);
                            String file = "bc-" + number++ + ".der";
                            Files.write(new File(folder, file).toPath(),
                                new ContentInfo(id(family + ".3"), body).getEncoded("DER"));
                            System.out.println(file + " " + layout + " " + (byKeyId ? "key id" : "serial") + " " + keyEncryption
                                + " " + cipher + " " + family);
                        }
                    }
                }
            }
        }
    }

    static byte[] fresh() {
        byte[] bytes = new byte[16];
        Der.RANDOM.nextBytes(bytes);
        return bytes;
    }

    static RecipientIdentifier name(X509CertificateHolder certificate, boolean byKeyId) {
        if (!byKeyId) return new RecipientIdentifier(new IssuerAndSerialNumber(certificate.toASN1Structure()));
        ASN1Encodable value = certificate.getExtension(Extension.subjectKeyIdentifier).getParsedValue();
        return new RecipientIdentifier(new DEROctetString(SubjectKeyIdentifier.getInstance(value).getKeyIdentifier()));
    }

    static byte[] seal(X509CertificateHolder to, byte[] key, String layout) throws Exception {
        SM2Engine.Mode mode = layout.endsWith("C1C2C3") ? SM2Engine.Mode.C1C2C3 : SM2Engine.Mode.C1C3C2;
        byte[] raw = Der.seal(to.getSubjectPublicKeyInfo().getEncoded(), key, mode);
        if (layout.startsWith("04")) return raw;
        if (!layout.equals("DER")) return Arrays.copyOfRange(raw, 1, raw.length);
        return Der.sequence(raw).getEncoded("DER");
    }
}
