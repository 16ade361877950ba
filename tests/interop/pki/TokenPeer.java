import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.util.BigIntegers;

/** BouncyCastle and a USB key: `pair` hands over an encryption pair as a CA does, `verify` judges the key's signature. */
public class TokenPeer {
    static File folder;

    public static void main(String[] args) throws Exception {
        folder = new File(args[1]);
        if (args[0].equals("pair")) pair();
        else verify();
    }

    static byte[] read(String name) throws IOException {
        return Files.readAllBytes(new File(folder, name).toPath());
    }

    static void write(String name, byte[] content) throws IOException {
        Files.write(new File(folder, name).toPath(), content);
    }

    static byte[] signingKey() throws IOException {
        return new X509CertificateHolder(read("signing.der")).getSubjectPublicKeyInfo().getEncoded();
    }

    static void pair() throws Exception {
        X9ECParameters curve = GMNamedCurves.getByName("sm2p256v1");
        ECKeyPairGenerator generator = new ECKeyPairGenerator();
        generator.init(new ECKeyGenerationParameters(
            new ECDomainParameters(curve.getCurve(), curve.getG(), curve.getN(), curve.getH()), Der.RANDOM));
        AsymmetricCipherKeyPair keys = generator.generateKeyPair();
        byte[] point = ((ECPublicKeyParameters) keys.getPublic()).getQ().getEncoded(false);
        byte[] number = BigIntegers.asUnsignedByteArray(32, ((ECPrivateKeyParameters) keys.getPrivate()).getD());
        byte[] wide = new byte[64];
        System.arraycopy(number, 0, wide, 32, 32);
        write("encryption.point", point);
        write("enveloped-32.der", enveloped(point, number));
        write("enveloped-64.der", enveloped(point, wide));
    }

    /** SM2EnvelopedKey, GM/T 0009 clause 7.4. */
    static byte[] enveloped(byte[] point, byte[] plain) throws Exception {
        byte[] key = new byte[16];
        Der.RANDOM.nextBytes(key);
        ASN1EncodableVector parts = new ASN1EncodableVector();
        parts.add(new AlgorithmIdentifier(new ASN1ObjectIdentifier("1.2.156.10197.1.104.1"), DERNull.INSTANCE));
        parts.add(Der.sequence(Der.seal(signingKey(), key, SM2Engine.Mode.C1C3C2)));
        parts.add(new DERBitString(point));
        SM4Engine engine = new SM4Engine();
        engine.init(true, new KeyParameter(key));
        byte[] sealed = new byte[plain.length];
        for (int at = 0; at < plain.length; at += 16) engine.processBlock(plain, at, sealed, at);
        parts.add(new DERBitString(sealed));
        return new DERSequence(parts).getEncoded("DER");
    }

    /** r and s, 32 bytes each, over the message under the default distinguishing id. */
    static void verify() throws Exception {
        SM2Signer signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
        signer.init(false, new ParametersWithID(PublicKeyFactory.createKey(signingKey()), "1234567812345678".getBytes("US-ASCII")));
        byte[] message = read("message.bin");
        signer.update(message, 0, message.length);
        System.out.println("signature: " + signer.verifySignature(read("signature.bin")));
    }
}
