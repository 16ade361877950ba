import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.paddings.PaddedBufferedBlockCipher;
import org.bouncycastle.crypto.params.*;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.crypto.util.PublicKeyFactory;

/** The two GM/T 0010 messages in a bid package: docs/formats/registration-credential.md (SignedData), key-block.md (EnvelopedData). */
final class Messages {
  private static final String ARC = "2.25.51834460437964684057172297333550632240";

  private Messages() {}

  /** SignedData without its content; the signer's certificate. */
  static X509Certificate verify(byte[] message, byte[] content) throws Exception {
    ASN1Sequence info = sequence(message);
    need(oid(info, 0).equals("1.2.156.10197.6.1.4.2.2"), "signature");
    ASN1Sequence data = ASN1Sequence.getInstance((ASN1TaggedObject) info.getObjectAt(1), true);
    ASN1Sequence inner = ASN1Sequence.getInstance(data.getObjectAt(2));
    need(oid(inner, 0).equals(ARC + ".5") && inner.size() == 1, "signature");
    ASN1Set certificates = ASN1Set.getInstance((ASN1TaggedObject) data.getObjectAt(3), false);
    ASN1Set signers = ASN1Set.getInstance(data.getObjectAt(data.size() - 1));
    need(signers.size() == 1, "signature");
    ASN1Sequence signer = ASN1Sequence.getInstance(signers.getObjectAt(0));
    need(signer.size() == 6, "signature");
    ASN1Sequence sid = ASN1Sequence.getInstance(signer.getObjectAt(1));
    X509Certificate found = null;
    for (ASN1Encodable one : certificates) {
      X509Certificate candidate = certificate(one.toASN1Primitive().getEncoded());
      if (names(sid, candidate)) found = candidate;
    }
    need(found != null, "signature");
    ASN1Set attributes = ASN1Set.getInstance((ASN1TaggedObject) signer.getObjectAt(3), false);
    ASN1Encodable type = null, digest = null, binding = null;
    for (ASN1Encodable one : attributes) {
      ASN1Sequence attribute = ASN1Sequence.getInstance(one);
      ASN1Encodable value = ASN1Set.getInstance(attribute.getObjectAt(1)).getObjectAt(0);
      if (oid(attribute, 0).equals("1.2.840.113549.1.9.3")) type = value;
      if (oid(attribute, 0).equals("1.2.840.113549.1.9.4")) digest = value;
      if (oid(attribute, 0).equals("1.2.840.113549.1.9.16.2.47")) binding = value;
    }
    need(type != null && digest != null && binding != null, "signature");
    need(ASN1ObjectIdentifier.getInstance(type).getId().equals(ARC + ".5"), "signature");
    need(Arrays.equals(ASN1OctetString.getInstance(digest).getOctets(), sm3(content)), "signature");
    ASN1Sequence id = ASN1Sequence.getInstance(ASN1Sequence.getInstance(ASN1Sequence.getInstance(binding).getObjectAt(0)).getObjectAt(0));
    need(Arrays.equals(ASN1OctetString.getInstance(id.getObjectAt(1)).getOctets(), sm3(found.getEncoded())), "signature");
    byte[] signed = new DERSet(attributes.toArray()).getEncoded();
    // Written anew from attributes, signature and certificates: nothing else may stand in it.
    DLSet sm3 = new DLSet(new DERSequence(vector(new ASN1ObjectIdentifier("1.2.156.10197.1.401"), DERNull.INSTANCE)));
    ASN1Encodable sm2 = new DERSequence(vector(new ASN1ObjectIdentifier("1.2.156.10197.1.301.1"), DERNull.INSTANCE));
    ASN1Encodable attributesAgain = new DERTaggedObject(false, 0, new DERSet(attributes.toArray()));
    ASN1Encodable signerAgain =
      new DERSequence(vector(new ASN1Integer(1), sid, sm3.getObjectAt(0), attributesAgain, sm2, signer.getObjectAt(5)));
    ASN1Encodable dataAgain = new DERSequence(vector(new ASN1Integer(1), sm3, new DERSequence(inner.getObjectAt(0)),
      new DERTaggedObject(false, 0, new DERSet(certificates.toArray())), new DLSet(signerAgain)));
    byte[] again = new DERSequence(vector(info.getObjectAt(0), new DERTaggedObject(true, 0, dataAgain))).getEncoded();
    need(Arrays.equals(again, message), "signature");
    SM2Signer check = new SM2Signer();
    check.init(false, PublicKeyFactory.createKey(found.getPublicKey().getEncoded()));
    check.update(signed, 0, signed.length);
    need(check.verifySignature(ASN1OctetString.getInstance(signer.getObjectAt(5)).getOctets()), "signature");
    return found;
  }

  /** EnvelopedData; null where it is for others or does not open. */
  static byte[] openEnvelope(byte[] message, X509Certificate recipient, byte[] privateKey) throws Exception {
    ASN1Sequence info = sequence(message);
    need(oid(info, 0).equals("1.2.156.10197.6.1.4.2.3"), "key block");
    ASN1Sequence data = ASN1Sequence.getInstance((ASN1TaggedObject) info.getObjectAt(1), true);
    ASN1Sequence encrypted = ASN1Sequence.getInstance(data.getObjectAt(2));
    for (ASN1Encodable one : ASN1Set.getInstance(data.getObjectAt(1))) {
      ASN1Sequence to = ASN1Sequence.getInstance(one);
      if (!names(ASN1Sequence.getInstance(to.getObjectAt(1)), recipient)) continue;
      ASN1Sequence cipher = sequence(ASN1OctetString.getInstance(to.getObjectAt(3)).getOctets());
      ByteArrayOutputStream raw = new ByteArrayOutputStream();
      raw.write(4);
      for (int i = 0; i < 2; i++) raw.write(fixed(ASN1Integer.getInstance(cipher.getObjectAt(i)).getPositiveValue()));
      for (int i = 2; i < 4; i++) raw.write(ASN1OctetString.getInstance(cipher.getObjectAt(i)).getOctets());
      var curve = GMNamedCurves.getByName("sm2p256v1");
      var domain = new ECDomainParameters(curve.getCurve(), curve.getG(), curve.getN());
      try {
        SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
        engine.init(false, new ECPrivateKeyParameters(new BigInteger(1, privateKey), domain));
        byte[] key = engine.processBlock(raw.toByteArray(), 0, raw.size());
        ASN1Sequence algorithm = ASN1Sequence.getInstance(encrypted.getObjectAt(1));
        byte[] iv = ASN1OctetString.getInstance(algorithm.getObjectAt(1)).getOctets();
        byte[] text = ASN1OctetString.getInstance((ASN1TaggedObject) encrypted.getObjectAt(2), false).getOctets();
        var cbc = new PaddedBufferedBlockCipher(new CBCBlockCipher(new SM4Engine()));
        cbc.init(false, new ParametersWithIV(new KeyParameter(key), iv));
        byte[] out = new byte[cbc.getOutputSize(text.length)];
        int len = cbc.processBytes(text, 0, text.length, out, 0);
        return Arrays.copyOf(out, len + cbc.doFinal(out, len));
      } catch (org.bouncycastle.crypto.CryptoException broken) {
        return null;
      }
    }
    return null;
  }

  static void checkPath(X509Certificate leaf, List<String> trusted) throws Exception {
    X509Certificate current = leaf;
    boolean[] usage = leaf.getKeyUsage();
    need(usage != null && (usage[0] || usage[1]), "chain");
    for (int depth = 0; depth < 5; depth++) {
      X509Certificate issuer = null;
      for (String path : trusted) {
        X509Certificate candidate = certificate(Files.readAllBytes(Path.of(path)));
        if (candidate.getSubjectX500Principal().equals(current.getIssuerX500Principal())) issuer = candidate;
      }
      need(issuer != null && issuer.getBasicConstraints() >= 0, "chain");
      try {
        current.verify(issuer.getPublicKey(), "BC");
      } catch (java.security.SignatureException forged) {
        throw new Refusal("chain");
      }
      if (issuer.getSubjectX500Principal().equals(issuer.getIssuerX500Principal())) return;
      current = issuer;
    }
    throw new Refusal("chain");
  }

  private static ASN1EncodableVector vector(ASN1Encodable... elements) {
    ASN1EncodableVector all = new ASN1EncodableVector();
    for (ASN1Encodable one : elements) all.add(one);
    return all;
  }

  private static boolean names(ASN1Sequence issuerAndSerial, X509Certificate certificate) throws Exception {
    byte[] issuer = issuerAndSerial.getObjectAt(0).toASN1Primitive().getEncoded();
    return Arrays.equals(issuer, certificate.getIssuerX500Principal().getEncoded())
      && ASN1Integer.getInstance(issuerAndSerial.getObjectAt(1)).getValue().equals(certificate.getSerialNumber());
  }

  private static ASN1Sequence sequence(byte[] der) {
    try {
      return ASN1Sequence.getInstance(ASN1Primitive.fromByteArray(der));
    } catch (java.io.IOException | IllegalArgumentException broken) {
      throw new Refusal("der");
    }
  }

  private static String oid(ASN1Sequence of, int at) {
    return ASN1ObjectIdentifier.getInstance(of.getObjectAt(at)).getId();
  }

  private static byte[] fixed(BigInteger number) {
    byte[] bytes = number.toByteArray(), out = new byte[32];
    int len = Math.min(32, bytes.length);
    System.arraycopy(bytes, bytes.length - len, out, 32 - len, len);
    return out;
  }

  static X509Certificate certificate(byte[] der) throws Exception {
    return (X509Certificate) CertificateFactory.getInstance("X.509", "BC").generateCertificate(new ByteArrayInputStream(der));
  }

  static byte[] sm3(byte[] data) {
    SM3Digest digest = new SM3Digest();
    digest.update(data, 0, data.length);
    byte[] out = new byte[32];
    digest.doFinal(out, 0);
    return out;
  }

  static void need(boolean holds, String what) {
    if (!holds) throw new Refusal(what);
  }

  static final class Refusal extends RuntimeException {
    Refusal(String reason) {
      super("refused: " + reason);
    }
  }
}
