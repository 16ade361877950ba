import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * A platform's login verifier in Java, written from docs/formats/login-token.md alone.
 *
 * Arguments: origin, nonce (base64url), token (JSON), then files with trusted certificates (DER): roots and CAs below them.
 * Prints the signer's subject and exits 0, or prints why not and exits 1.
 */
public final class LoginVerifier {
  private static final String LABEL = "shared-certificate/login/v1";

  public static void main(String[] args) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    try {
      System.out.println(verify(args[0], args[1], args[2], Arrays.asList(args).subList(3, args.length)));
    } catch (Refusal refusal) {
      System.out.println(refusal.getMessage());
      System.exit(1);
    }
  }

  private static String verify(String origin, String nonce, String token, List<String> trusted) throws Exception {
    // 1. The token's shape and format.
    if (!"shared-certificate-login:1".equals(field(token, "format"))) throw new Refusal("format");
    if (!"SM2-SM3".equals(field(token, "algorithm"))) throw new Refusal("algorithm");
    byte[] certificateDer = decode(field(token, "certificate"));
    byte[] signature = decode(field(token, "signature"));
    if (signature.length != 64) throw new Refusal("signature length");

    // 2. The statement, from this server's own origin and nonce.
    ByteArrayOutputStream statement = new ByteArrayOutputStream();
    statement.write(LABEL.getBytes(StandardCharsets.US_ASCII));
    statement.write(0);
    statement.write(sm3(origin.getBytes(StandardCharsets.US_ASCII)));
    statement.write(sm3(decode(nonce)));
    statement.write(sm3(certificateDer));
    if (statement.size() != 124) throw new IllegalStateException();

    // 3. The signature, with the label as distinguishing id.
    X509Certificate certificate;
    try {
      certificate = parse(certificateDer);
    } catch (Exception broken) {
      throw new Refusal("certificate");
    }
    SM2Signer signer = new SM2Signer();
    byte[] id = LABEL.getBytes(StandardCharsets.US_ASCII);
    byte[] spki = certificate.getPublicKey().getEncoded();
    signer.init(false, new ParametersWithID(PublicKeyFactory.createKey(spki), id));
    signer.update(statement.toByteArray(), 0, statement.size());
    if (!signer.verifySignature(der(signature))) throw new Refusal("signature");

    // 4. The certificate: signing use, dates, and a path to a trusted root.
    boolean[] usage = certificate.getKeyUsage();
    if (usage == null || !(usage[0] || usage[1])) throw new Refusal("usage");
    List<X509Certificate> authorities = new ArrayList<>();
    for (String file : trusted) authorities.add(parse(java.nio.file.Files.readAllBytes(java.nio.file.Path.of(file))));
    checkPath(certificate, authorities);
    return certificate.getSubjectX500Principal().getName();
  }

  private static void checkPath(X509Certificate leaf, List<X509Certificate> authorities) throws Exception {
    X509Certificate current = leaf;
    for (int depth = 0; depth < 5; depth++) {
      current.checkValidity(new Date());
      X509Certificate issuer = null;
      for (X509Certificate candidate : authorities) {
        if (candidate.getSubjectX500Principal().equals(current.getIssuerX500Principal())) issuer = candidate;
      }
      if (issuer == null || issuer.getBasicConstraints() < 0) throw new Refusal("chain");
      PublicKey key = issuer.getPublicKey();
      try {
        current.verify(key, "BC");
      } catch (java.security.SignatureException forged) {
        throw new Refusal("chain");
      }
      if (issuer.getSubjectX500Principal().equals(issuer.getIssuerX500Principal())) return;
      current = issuer;
    }
    throw new Refusal("chain");
  }

  private static byte[] sm3(byte[] data) {
    SM3Digest digest = new SM3Digest();
    digest.update(data, 0, data.length);
    byte[] out = new byte[32];
    digest.doFinal(out, 0);
    return out;
  }

  /** r ‖ s → SEQUENCE of two INTEGERs, as BouncyCastle takes it. */
  private static byte[] der(byte[] raw) throws Exception {
    BigInteger r = new BigInteger(1, Arrays.copyOfRange(raw, 0, 32));
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(raw, 32, 64));
    return new DERSequence(new org.bouncycastle.asn1.ASN1Encodable[] {new ASN1Integer(r), new ASN1Integer(s)}).getEncoded();
  }

  private static X509Certificate parse(byte[] der) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
    return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
  }

  private static byte[] decode(String base64Url) {
    try {
      return Base64.getUrlDecoder().decode(base64Url);
    } catch (IllegalArgumentException broken) {
      throw new Refusal("base64url");
    }
  }

  /** The one string of that name in a flat JSON object. */
  private static String field(String json, String name) {
    Matcher matcher = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([\\w:.-]*)\"").matcher(json);
    if (!matcher.find()) throw new Refusal(name + " missing");
    return matcher.group(1);
  }

  private static final class Refusal extends RuntimeException {
    Refusal(String reason) {
      super("refused: " + reason);
    }
  }
}
