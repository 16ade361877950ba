import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.Security;
import java.text.SimpleDateFormat;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.TimeZone;
import java.util.zip.CRC32;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.params.*;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Writes bid packages with BouncyCastle, from docs/formats/bid-package.md and key-block.md alone: one for each layout of the SM2 ciphertext in
 * the key block, with every other choice that the field has changing along.
 *
 * Arguments: folder with header.json, signing.cer, signing.key (32 bytes), recipient.cer, index.json and content.bin (the files' bytes, one
 * behind the other, at most one segment together). Writes `<n>.cbid` and prints its number and layout.
 */
public final class BidWriter {
  private static final int SEGMENT = 1_048_576;
  private static final String ARC = "2.25.51834460437964684057172297333550632240";
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String[] NAMES =
    {"mimetype", "header.json", "commitment", "key-block.p7m", "payload", "trailer.json", "META-INF/signature.p7s"};

  private static Path folder;

  public static void main(String[] args) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    folder = Path.of(args[0]);
    String[] layouts = {"DER", "04 C1C3C2", "C1C3C2", "04 C1C2C3", "C1C2C3"};
    for (int i = 0; i < layouts.length; i++) {
      Files.write(folder.resolve(i + ".cbid"), write(layouts[i], i));
      System.out.println(i + " " + layouts[i]);
    }
  }

  private static byte[] read(String name) throws Exception {
    return Files.readAllBytes(folder.resolve(name));
  }

  private static byte[] write(String layout, int number) throws Exception {
    byte[] header = read("header.json"), fileKey = fresh(32), salt = Messages.sm3(header);
    byte[] commitment = hkdf(fileKey, salt, "shared-certificate/bid/v1 commitment", 32);
    byte[] keyBlock = envelope(join(fileKey, commitment, header), layout, number);
    byte[] payload = payload(hkdf(fileKey, salt, "shared-certificate/bid/v1 payload", 23));
    String trailer = "{\"commitment\":\"" + base64(commitment) + "\",\"format\":\"shared-certificate-bid-trailer:1\",\"headerSm3\":\""
      + base64(salt) + "\",\"keyBlockSm3\":\"" + base64(Messages.sm3(keyBlock)) + "\",\"payloadLen\":" + payload.length
      + ",\"payloadSm3\":\"" + base64(pieces(payload, SEGMENT + 16)) + "\"}";
    byte[] signature = sign(ascii(trailer));
    return archive(ascii("application/vnd.certbridge.bid+zip"), header, commitment, keyBlock, payload, ascii(trailer), signature);
  }

  /** Index, files, hash of each, zeros: in segments under the key. */
  private static byte[] payload(byte[] keyAndPrefix) throws Exception {
    byte[] index = read("index.json"), content = read("content.bin");
    ByteArrayOutputStream hashes = new ByteArrayOutputStream();
    int at = 0;
    var sizes = java.util.regex.Pattern.compile("\"size\":(\\d+)").matcher(new String(index, StandardCharsets.UTF_8));
    while (sizes.find()) {
      int size = Integer.parseInt(sizes.group(1));
      hashes.write(pieces(Arrays.copyOfRange(content, at, at + size), SEGMENT));
      at += size;
    }
    byte[] said = join(ByteBuffer.allocate(4).putInt(index.length).array(), index, content, hashes.toByteArray());
    int segments = (said.length + SEGMENT - 1) / SEGMENT;
    byte[] stream = Arrays.copyOf(said, segments * SEGMENT), sealed = new byte[segments * (SEGMENT + 16)];
    for (int i = 0; i < segments; i++) {
      byte[] nonce = ByteBuffer.allocate(12).put(keyAndPrefix, 16, 7).putInt(i).put((byte) (i == segments - 1 ? 1 : 0)).array();
      GCMBlockCipher gcm = new GCMBlockCipher(new SM4Engine());
      gcm.init(true, new AEADParameters(new KeyParameter(keyAndPrefix, 0, 16), 128, nonce));
      int from = i * (SEGMENT + 16);
      gcm.doFinal(sealed, from + gcm.processBytes(stream, i * SEGMENT, SEGMENT, sealed, from));
    }
    return sealed;
  }

  /** EnvelopedData: the recipient by serial number or key id, both families of identifiers, with and without the NULL. */
  private static byte[] envelope(byte[] content, String layout, int number) throws Exception {
    X509CertificateHolder recipient = new X509CertificateHolder(read("recipient.cer"));
    byte[] key = fresh(16), iv = fresh(16);
    String family = number % 2 == 0 ? "1.2.156.10197.6.1.4.2" : "1.2.840.113549.1.7";
    String keyEncryption = new String[] {"301", "301.1", "301.2", "301.3", "301.3"}[number];
    ASN1ObjectIdentifier algorithm = id("1.2.156.10197.1." + keyEncryption);
    ASN1Encodable rid = EnvelopePeer.name(recipient, number % 2 == 1);
    ASN1Encodable to = sequence(new ASN1Integer(number % 2 == 1 ? 2 : 1), rid,
      number % 2 == 0 ? sequence(algorithm) : sequence(algorithm, DERNull.INSTANCE),
      new DEROctetString(EnvelopePeer.seal(recipient, key, layout)));
    ASN1Encodable cipher = sequence(id("1.2.156.10197.1." + (number < 3 ? "104.2" : "104")), new DEROctetString(iv));
    ASN1Encodable encrypted = sequence(id(family + ".1"), cipher,
      new DERTaggedObject(false, 0, new DEROctetString(EnvelopePeer.cbc(true, key, iv, content))));
    ASN1Encodable body = sequence(new ASN1Integer(number % 2 == 1 ? 2 : 1), new DERSet(to), encrypted);
    return sequence(id(family + ".3"), new DERTaggedObject(true, 0, body)).getEncoded("DER");
  }

  /** SignedData over the trailer, which stays outside. */
  private static byte[] sign(byte[] trailer) throws Exception {
    byte[] der = read("signing.cer");
    var certificate = new X509CertificateHolder(der).toASN1Structure();
    SimpleDateFormat utc = new SimpleDateFormat("yyMMddHHmmss'Z'");
    utc.setTimeZone(TimeZone.getTimeZone("UTC"));
    ASN1Encodable sm3 = sequence(id("1.2.156.10197.1.401"), DERNull.INSTANCE);
    ASN1Encodable binding = sequence(sequence(sequence(sequence(id("1.2.156.10197.1.401")), new DEROctetString(Messages.sm3(der)))));
    DERSet attributes = new DERSet(new ASN1Encodable[] {
      attribute("1.2.840.113549.1.9.3", id(ARC + ".5")),
      attribute("1.2.840.113549.1.9.4", new DEROctetString(Messages.sm3(trailer))),
      attribute("1.2.840.113549.1.9.5", new DERUTCTime(utc.format(new Date()))),
      attribute("1.2.840.113549.1.9.16.2.47", binding),
    });
    var curve = GMNamedCurves.getByName("sm2p256v1");
    var domain = new ECDomainParameters(curve.getCurve(), curve.getG(), curve.getN());
    SM2Signer signer = new SM2Signer();
    signer.init(true, new ParametersWithRandom(new ECPrivateKeyParameters(new BigInteger(1, read("signing.key")), domain), RANDOM));
    byte[] signed = attributes.getEncoded("DER");
    signer.update(signed, 0, signed.length);
    ASN1Encodable sid = sequence(certificate.getIssuer(), certificate.getSerialNumber());
    ASN1Encodable one = sequence(new ASN1Integer(1), sid, sm3, new DERTaggedObject(false, 0, attributes),
      sequence(id("1.2.156.10197.1.301.1"), DERNull.INSTANCE), new DEROctetString(signer.generateSignature()));
    ASN1Encodable data = sequence(new ASN1Integer(1), new DERSet(sm3), sequence(id(ARC + ".5")),
      new DERTaggedObject(false, 0, new DERSet(certificate)), new DERSet(one));
    return sequence(id("1.2.156.10197.6.1.4.2.2"), new DERTaggedObject(true, 0, data)).getEncoded("DER");
  }

  /** The stored ZIP64 in its one spelling. */
  private static byte[] archive(byte[]... contents) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream(), directory = new ByteArrayOutputStream();
    for (int i = 0; i < NAMES.length; i++) {
      boolean payload = i == 4, behind = i > 4;
      CRC32 crc = new CRC32();
      crc.update(contents[i]);
      long len = contents[i].length, at = out.size(), size = payload ? 0xffffffffL : len;
      byte[] sizes = payload ? put("2 2 8 8", 1, 16, len, len) : new byte[0];
      byte[] own = behind ? put("2 2 8", 1, 8, at) : sizes;
      String common = "2 2 2 2 2 4 4 4 2 2";
      out.write(join(put("4", 0x04034b50L),
        put(common, payload ? 45 : 20, 0, 0, 0, 0x21, crc.getValue(), size, size, NAMES[i].length(), sizes.length), ascii(NAMES[i]), sizes, contents[i]));
      directory.write(join(put("4 2", 0x02014b50L, 45),
        put(common, payload || behind ? 45 : 20, 0, 0, 0, 0x21, crc.getValue(), size, size, NAMES[i].length(), own.length),
        put("2 2 2 4 4", 0, 0, 0, 0, behind ? 0xffffffffL : at), ascii(NAMES[i]), own));
    }
    long at = out.size(), size = directory.size();
    out.write(directory.toByteArray());
    out.write(put("4 8 2 2 4 4 8 8 8 8", 0x06064b50L, 44, 45, 45, 0, 0, 7, 7, size, at));
    out.write(put("4 4 8 4", 0x07064b50L, 0, at + size, 1));
    out.write(put("4 2 2 2 2 4 4 2", 0x06054b50L, 0, 0, 7, 7, size, 0xffffffffL, 0));
    return out.toByteArray();
  }

  /** Little-endian numbers of these lengths. */
  private static byte[] put(String lens, long... values) {
    ByteBuffer out = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    String[] len = lens.split(" ");
    for (int i = 0; i < len.length; i++) {
      if (len[i].equals("2")) out.putShort((short) values[i]);
      else if (len[i].equals("4")) out.putInt((int) values[i]);
      else out.putLong(values[i]);
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  private static byte[] pieces(byte[] bytes, int len) throws Exception {
    ByteArrayOutputStream digests = new ByteArrayOutputStream();
    for (int at = 0; at < bytes.length; at += len) digests.write(Messages.sm3(Arrays.copyOfRange(bytes, at, Math.min(at + len, bytes.length))));
    return Messages.sm3(digests.toByteArray());
  }

  private static byte[] hkdf(byte[] key, byte[] salt, String info, int len) {
    HKDFBytesGenerator generator = new HKDFBytesGenerator(new SM3Digest());
    generator.init(new HKDFParameters(key, salt, ascii(info)));
    byte[] out = new byte[len];
    generator.generateBytes(out, 0, len);
    return out;
  }

  private static byte[] join(byte[]... parts) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) out.write(part);
    return out.toByteArray();
  }

  private static byte[] fresh(int len) {
    byte[] bytes = new byte[len];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  private static ASN1Encodable attribute(String type, ASN1Encodable value) {
    return sequence(id(type), new DERSet(value));
  }

  private static DERSequence sequence(ASN1Encodable... elements) {
    return new DERSequence(elements);
  }

  private static ASN1ObjectIdentifier id(String dotted) {
    return new ASN1ObjectIdentifier(dotted);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
