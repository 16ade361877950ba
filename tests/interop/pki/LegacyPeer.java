import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Security;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1OctetStringParser;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1SequenceParser;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.ASN1StreamParser;
import org.bouncycastle.asn1.BEROctetStringGenerator;
import org.bouncycastle.asn1.BERSequenceGenerator;
import org.bouncycastle.asn1.BERTags;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.ContentInfoParser;
import org.bouncycastle.asn1.cms.EncryptedContentInfoParser;
import org.bouncycastle.asn1.cms.EnvelopedDataParser;
import org.bouncycastle.asn1.cms.IssuerAndSerialNumber;
import org.bouncycastle.asn1.cms.KeyTransRecipientInfo;
import org.bouncycastle.asn1.cms.RecipientIdentifier;
import org.bouncycastle.asn1.cms.RecipientInfo;
import org.bouncycastle.asn1.cms.SignedDataParser;
import org.bouncycastle.asn1.cms.SignerInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSSignedDataStreamGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.io.CipherInputStream;
import org.bouncycastle.crypto.io.CipherOutputStream;
import org.bouncycastle.crypto.io.DigestInputStream;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/** BouncyCastle's stream parsers and generators: `read` opens our package from its first byte to its last, `make` writes its own. */
public class LegacyPeer {
    static File folder;

    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        folder = new File(args[1]);
        if (args[0].equals("read")) read();
        else make();
    }

    static byte[] bytes(String name) throws IOException {
        return Files.readAllBytes(new File(folder, name).toPath());
    }

    static ASN1ObjectIdentifier id(String dotted) {
        return new ASN1ObjectIdentifier(dotted);
    }

    static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte each : bytes) text.append(String.format("%02x", each));
        return text.toString();
    }

    static byte[] finish(SM3Digest digest) {
        byte[] out = new byte[32];
        digest.doFinal(out, 0);
        return out;
    }

    static ContentInfoParser message(InputStream in) throws IOException {
        return new ContentInfoParser((ASN1SequenceParser) new ASN1StreamParser(in).readObject());
    }

    static void read() throws Exception {
        ContentInfoParser outer = message(new FileInputStream(new File(folder, "ours.p7m")));
        System.out.println("type: " + outer.getContentType().getId());
        SignedDataParser signed = SignedDataParser.getInstance(outer.getContent(BERTags.SEQUENCE));
        signed.getDigestAlgorithms().toASN1Primitive();
        ContentInfoParser inside = signed.getEncapContentInfo();
        System.out.println("signed as: " + inside.getContentType().getId());
        SM3Digest sm3 = new SM3Digest();
        InputStream octets = ((ASN1OctetStringParser) inside.getContent(BERTags.OCTET_STRING)).getOctetStream();
        InputStream envelope = new DigestInputStream(octets, sm3);
        open(envelope);
        while (envelope.read() >= 0) throw new IOException("bytes behind the envelope");
        X509CertificateHolder by = new X509CertificateHolder(
            ASN1Sequence.getInstance(ASN1Set.getInstance(signed.getCertificates().toASN1Primitive()).getObjectAt(0)).getEncoded());
        signed.getCrls();
        SignerInfo signer = SignerInfo.getInstance(ASN1Set.getInstance(signed.getSignerInfos().toASN1Primitive()).getObjectAt(0));
        AttributeTable attributes = new AttributeTable(signer.getAuthenticatedAttributes());
        byte[] digest = ASN1OctetString.getInstance(
            attributes.get(CMSAttributes.messageDigest).getAttrValues().getObjectAt(0)).getOctets();
        System.out.println("digest: " + Arrays.equals(digest, finish(sm3)));
        Signature signature = Signature.getInstance("SM3withSM2", "BC");
        signature.initVerify(new org.bouncycastle.cert.jcajce.JcaX509CertificateConverter().setProvider("BC").getCertificate(by));
        signature.update(signer.getAuthenticatedAttributes().getEncoded("DER"));
        System.out.println("signature: " + signature.verify(signer.getEncryptedDigest().getOctets()));
    }

    static void open(InputStream in) throws Exception {
        ContentInfoParser named = message(in);
        System.out.println("envelope: " + named.getContentType().getId());
        EnvelopedDataParser envelope = new EnvelopedDataParser((ASN1SequenceParser) named.getContent(BERTags.SEQUENCE));
        ASN1Set recipients = ASN1Set.getInstance(envelope.getRecipientInfos().toASN1Primitive());
        KeyTransRecipientInfo recipient =
            KeyTransRecipientInfo.getInstance(RecipientInfo.getInstance(recipients.getObjectAt(0)).getInfo());
        EncryptedContentInfoParser encrypted = envelope.getEncryptedContentInfo();
        byte[] iv = ASN1OctetString.getInstance(encrypted.getContentEncryptionAlgorithm().getParameters()).getOctets();
        InputStream text =
            ((ASN1OctetStringParser) encrypted.getEncryptedContent(BERTags.OCTET_STRING)).getOctetStream();
        // Java's own reader of archives that come as a stream: it needs sizes before the files.
        ZipInputStream files = new ZipInputStream(new CipherInputStream(text, Der.cbc(false, key(recipient), iv)));
        for (ZipEntry entry = files.getNextEntry(); entry != null; entry = files.getNextEntry()) {
            SM3Digest sm3 = new SM3Digest();
            byte[] buffer = new byte[65536];
            for (int len = files.read(buffer); len >= 0; len = files.read(buffer)) sm3.update(buffer, 0, len);
            System.out.println(entry.getName() + " " + entry.getSize() + " " + hex(finish(sm3)));
        }
        byte[] rest = new byte[65536];
        while (text.read(rest) >= 0) continue;
        while (in.read(rest) >= 0) continue;
    }

    static byte[] key(KeyTransRecipientInfo recipient) throws Exception {
        return Der.open(ASN1Sequence.getInstance(recipient.getEncryptedKey().getOctets()), bytes("opener.key"));
    }

    // Its own: indefinite lengths and chunks of a thousand bytes, as its generators write them.

    static void make() throws Exception {
        X509CertificateHolder to = new X509CertificateHolder(bytes("opener.der"));
        X509Certificate by = (X509Certificate) CertificateFactory.getInstance("X.509", "BC")
            .generateCertificate(new ByteArrayInputStream(bytes("bidder.der")));
        PrivateKey key = KeyFactory.getInstance("EC", "BC").generatePrivate(new PKCS8EncodedKeySpec(bytes("bidder.key")));
        CMSSignedDataStreamGenerator generator = new CMSSignedDataStreamGenerator();
        generator.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(
            new JcaDigestCalculatorProviderBuilder().setProvider("BC").build())
            .build(new JcaContentSignerBuilder("SM3withSM2").setProvider("BC").build(key), by));
        generator.addCertificates(new JcaCertStore(List.of(by)));
        try (FileOutputStream out = new FileOutputStream(new File(folder, "theirs.p7m"))) {
            OutputStream octets = generator.open(id("1.2.840.113549.1.7.3"), out, true);
            envelop(octets, to);
            octets.close();
        }
        System.out.println("made: " + new File(folder, "theirs.p7m").length());
    }

    static void envelop(OutputStream out, X509CertificateHolder to) throws Exception {
        byte[] key = new byte[16];
        byte[] iv = new byte[16];
        Der.RANDOM.nextBytes(key);
        Der.RANDOM.nextBytes(iv);
        byte[] raw = Der.seal(to.getSubjectPublicKeyInfo().getEncoded(), key, SM2Engine.Mode.C1C3C2);
        KeyTransRecipientInfo recipient = new KeyTransRecipientInfo(
            new RecipientIdentifier(new IssuerAndSerialNumber(to.toASN1Structure())),
            new AlgorithmIdentifier(id("1.2.156.10197.1.301.1")),
            new DEROctetString(Der.sequence(raw).getEncoded("DER")));
        BERSequenceGenerator info = new BERSequenceGenerator(out);
        info.addObject(id("1.2.840.113549.1.7.3"));
        BERSequenceGenerator envelope = new BERSequenceGenerator(info.getRawOutputStream(), 0, true);
        envelope.addObject(new ASN1Integer(0));
        envelope.addObject(new DERSet(new RecipientInfo(recipient)));
        BERSequenceGenerator encrypted = new BERSequenceGenerator(envelope.getRawOutputStream());
        encrypted.addObject(id("1.2.840.113549.1.7.1"));
        encrypted.addObject(new AlgorithmIdentifier(id("1.2.156.10197.1.104.2"), new DEROctetString(iv)));
        BEROctetStringGenerator octets = new BEROctetStringGenerator(encrypted.getRawOutputStream(), 0, false);
        OutputStream text = new CipherOutputStream(octets.getOctetOutputStream(), Der.cbc(true, key, iv));
        text.write(bytes("content.bin"));
        text.close();
        encrypted.close();
        envelope.close();
        info.close();
    }
}
