import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.security.SecureRandom;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.CipherParameters;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.paddings.PaddedBufferedBlockCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.util.encoders.Hex;

/**
 * BouncyCastle as an oracle: one question a line on standard input, its name and hex arguments ("-" for no bytes), one answer
 * a line on standard output: hex, true, false, or null where BouncyCastle refuses.
 */
public final class Oracle {
    private static final ECDomainParameters CURVE = curve();
    private static final SecureRandom RANDOM = new SecureRandom();

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "US-ASCII"));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            byte[][] a = new byte[words.length - 1][];
            for (int i = 0; i < a.length; i++) {
                a[i] = words[i + 1].equals("-") ? new byte[0] : Hex.decode(words[i + 1]);
            }
            String answer;
            try {
                answer = answer(words[0], a);
            } catch (Exception refused) {
                answer = "null";
            }
            System.out.println(answer.isEmpty() ? "-" : answer);
        }
    }

    private static String answer(String question, byte[][] a) throws Exception {
        switch (question) {
            case "sm3": {
                SM3Digest digest = new SM3Digest();
                digest.update(a[0], 0, a[0].length);
                byte[] out = new byte[32];
                digest.doFinal(out, 0);
                return Hex.toHexString(out);
            }
            case "hmac": {
                HMac mac = new HMac(new SM3Digest());
                mac.init(new KeyParameter(a[0]));
                mac.update(a[1], 0, a[1].length);
                byte[] out = new byte[32];
                mac.doFinal(out, 0);
                return Hex.toHexString(out);
            }
            case "gcm-encrypt":
                return gcm(true, a);
            case "gcm-decrypt":
                return gcm(false, a);
            case "cbc-encrypt":
                return cbc(true, a);
            case "cbc-decrypt":
                return cbc(false, a);
            case "public-key":
                return Hex.toHexString(new FixedPointCombMultiplier()
                    .multiply(CURVE.getG(), new BigInteger(1, a[0])).normalize().getEncoded(false));
            case "sign": {
                SM2Signer signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
                signer.init(true, new ParametersWithID(new ParametersWithRandom(secret(a[0]), RANDOM), a[1]));
                signer.update(a[2], 0, a[2].length);
                return Hex.toHexString(signer.generateSignature());
            }
            case "verify": {
                SM2Signer signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
                signer.init(false, new ParametersWithID(open(a[0]), a[1]));
                signer.update(a[2], 0, a[2].length);
                return Boolean.toString(signer.verifySignature(a[3]));
            }
            case "encrypt": {
                SM2Engine engine = new SM2Engine(new SM3Digest(), SM2Engine.Mode.C1C3C2);
                engine.init(true, new ParametersWithRandom(open(a[0]), RANDOM));
                return Hex.toHexString(engine.processBlock(a[1], 0, a[1].length));
            }
            case "decrypt": {
                SM2Engine engine = new SM2Engine(new SM3Digest(), SM2Engine.Mode.C1C3C2);
                engine.init(false, secret(a[0]));
                return Hex.toHexString(engine.processBlock(a[1], 0, a[1].length));
            }
            default:
                throw new IllegalArgumentException(question);
        }
    }

    private static String cbc(boolean encrypt, byte[][] a) throws Exception {
        PaddedBufferedBlockCipher cipher = new PaddedBufferedBlockCipher(new CBCBlockCipher(new SM4Engine()));
        cipher.init(encrypt, new ParametersWithIV(new KeyParameter(a[0]), a[1]));
        byte[] out = new byte[cipher.getOutputSize(a[2].length)];
        int len = cipher.processBytes(a[2], 0, a[2].length, out, 0);
        len += cipher.doFinal(out, len);
        return Hex.toHexString(out, 0, len);
    }

    private static String gcm(boolean encrypt, byte[][] a) throws Exception {
        GCMBlockCipher cipher = new GCMBlockCipher(new SM4Engine());
        cipher.init(encrypt, new AEADParameters(new KeyParameter(a[0]), 128, a[1], a[3]));
        byte[] out = new byte[cipher.getOutputSize(a[2].length)];
        int len = cipher.processBytes(a[2], 0, a[2].length, out, 0);
        len += cipher.doFinal(out, len);
        return Hex.toHexString(out, 0, len);
    }

    private static ECDomainParameters curve() {
        X9ECParameters sm2 = GMNamedCurves.getByName("sm2p256v1");
        return new ECDomainParameters(sm2.getCurve(), sm2.getG(), sm2.getN(), sm2.getH());
    }

    private static ECPrivateKeyParameters secret(byte[] d) {
        return new ECPrivateKeyParameters(new BigInteger(1, d), CURVE);
    }

    private static CipherParameters open(byte[] point) {
        return new ECPublicKeyParameters(CURVE.getCurve().decodePoint(point), CURVE);
    }
}
