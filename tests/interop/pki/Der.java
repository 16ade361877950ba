import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.paddings.PaddedBufferedBlockCipher;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;

/** What the peers of this folder have in common: keys of 16 bytes under SM2, written as GM/T 0009 has it, and SM4-CBC. */
public class Der {
    static final SecureRandom RANDOM = new SecureRandom();

    /** The key in a SEQUENCE of x, y, C3 and C2. */
    static byte[] open(ASN1Sequence cipher, byte[] privateKey) throws Exception {
        byte[] raw = new byte[97 + 16];
        raw[0] = 4;
        System.arraycopy(fixed(cipher, 0), 0, raw, 1, 32);
        System.arraycopy(fixed(cipher, 1), 0, raw, 33, 32);
        System.arraycopy(ASN1OctetString.getInstance(cipher.getObjectAt(2)).getOctets(), 0, raw, 65, 32);
        System.arraycopy(ASN1OctetString.getInstance(cipher.getObjectAt(3)).getOctets(), 0, raw, 97, 16);
        SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
        engine.init(false, (ECPrivateKeyParameters) PrivateKeyFactory.createKey(privateKey));
        return engine.processBlock(raw, 0, raw.length);
    }

    /** 04, C1, and C3 and C2 in this order. */
    static byte[] seal(byte[] publicKeyInfo, byte[] key, SM2Engine.Mode mode) throws Exception {
        SM2Engine engine = new SM2Engine(mode);
        engine.init(true, new ParametersWithRandom(PublicKeyFactory.createKey(publicKeyInfo), RANDOM));
        return engine.processBlock(key, 0, key.length);
    }

    /** The same, of C1 C3 C2, as a SEQUENCE. */
    static DERSequence sequence(byte[] raw) {
        ASN1EncodableVector cipher = new ASN1EncodableVector();
        cipher.add(new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(raw, 1, 33))));
        cipher.add(new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(raw, 33, 65))));
        cipher.add(new DEROctetString(Arrays.copyOfRange(raw, 65, 97)));
        cipher.add(new DEROctetString(Arrays.copyOfRange(raw, 97, raw.length)));
        return new DERSequence(cipher);
    }

    static PaddedBufferedBlockCipher cbc(boolean encrypt, byte[] key, byte[] iv) {
        PaddedBufferedBlockCipher cipher = new PaddedBufferedBlockCipher(new CBCBlockCipher(new SM4Engine()));
        cipher.init(encrypt, new ParametersWithIV(new KeyParameter(key), iv));
        return cipher;
    }

    private static byte[] fixed(ASN1Sequence sequence, int at) {
        byte[] digits = ASN1Integer.getInstance(sequence.getObjectAt(at)).getPositiveValue().toByteArray();
        byte[] out = new byte[32];
        int len = Math.min(32, digits.length);
        System.arraycopy(digits, digits.length - len, out, 32 - len, len);
        return out;
    }
}
