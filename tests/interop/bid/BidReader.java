import java.io.ByteArrayOutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.params.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * A reader of bid packages in Java, written from docs/formats/bid-package.md and key-block.md alone, with what they refer to.
 *
 * Arguments: package, recipient's certificate (DER), its private key (32 bytes), then trusted certificates (DER): roots and CAs below
 * them. Prints the signer, then size, SM3 in pieces and name of each file, and exits 0; or prints why not and exits 1.
 */
public final class BidReader {
  private static final int SEGMENT = 1_048_576, SEALED = SEGMENT + 16;
  private static final String[] NAMES =
    {"mimetype", "header.json", "commitment", "key-block.p7m", "payload", "trailer.json", "META-INF/signature.p7s"};
  private static final long[] MOST = {42, 2048, 32, 16_384, 68_719_476_736L, 512, 65_536};

  private final RandomAccessFile file;
  private final long[] lens = new long[7], contentAt = new long[7], localAt = new long[7];
  private final int[] crcs = new int[7];

  private BidReader(String path) throws Exception {
    file = new RandomAccessFile(path, "r");
  }

  public static void main(String[] args) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    try {
      new BidReader(args[0]).read(args[1], Files.readAllBytes(Path.of(args[2])), Arrays.asList(args).subList(3, args.length));
    } catch (Messages.Refusal refusal) {
      System.out.println(refusal.getMessage());
      System.exit(1);
    }
  }

  private void read(String recipient, byte[] privateKey, List<String> trusted) throws Exception {
    readFrame();
    for (int i = 0; i < 7; i++) if (i != 4) Messages.need(crc(entry(i)) == crcs[i], "frame");
    // Header and trailer.
    byte[] header = entry(1), commitment = entry(2), keyBlock = entry(3), trailer = entry(5), signature = entry(6);
    Messages.need(Arrays.equals(entry(0), ascii("application/vnd.certbridge.bid+zip")), "mimetype");
    String[] of = {"format", "lot", "openingTime", "packageId", "platformId", "projectCode", "projectName", "signingCertificateSm3"};
    checkCanonical(header, of);
    Messages.need(text(header, "format").equals("shared-certificate-bid:1"), "header");
    checkCanonical(trailer, "commitment", "format", "headerSm3", "keyBlockSm3", "payloadLen", "payloadSm3");
    Messages.need(text(trailer, "format").equals("shared-certificate-bid-trailer:1"), "trailer");
    Messages.need(text(trailer, "headerSm3").equals(base64(Messages.sm3(header))), "trailer");
    Messages.need(text(trailer, "commitment").equals(base64(commitment)), "trailer");
    Messages.need(text(trailer, "keyBlockSm3").equals(base64(Messages.sm3(keyBlock))), "trailer");
    Messages.need(text(trailer, "payloadLen").equals(Long.toString(lens[4])) && lens[4] % SEALED == 0, "trailer");
    // Signature.
    X509Certificate signer = Messages.verify(signature, trailer);
    Messages.need(text(header, "signingCertificateSm3").equals(base64(Messages.sm3(signer.getEncoded()))), "signature");
    Messages.checkPath(signer, trusted);
    // Payload hash.
    Pieces whole = new Pieces();
    CRC32 crc = new CRC32();
    for (long at = 0; at < lens[4]; at += SEALED) {
      byte[] sealed = bytes(contentAt[4] + at, SEALED);
      whole.add(sealed);
      crc.update(sealed);
    }
    Messages.need((int) crc.getValue() == crcs[4], "payload");
    Messages.need(text(trailer, "payloadSm3").equals(base64(whole.digest())), "payload");
    // Key: what fails from here on is one answer.
    byte[] content = Messages.openEnvelope(keyBlock, Messages.certificate(Files.readAllBytes(Path.of(recipient))), privateKey);
    Messages.need(content != null && content.length > 64, "not opened");
    byte[] fileKey = Arrays.copyOf(content, 32);
    Messages.need(Arrays.equals(Arrays.copyOfRange(content, 64, content.length), header), "not opened");
    Messages.need(Arrays.equals(Arrays.copyOfRange(content, 32, 64), commitment), "not opened");
    Messages.need(Arrays.equals(hkdf(fileKey, Messages.sm3(header), "shared-certificate/bid/v1 commitment", 32), commitment), "not opened");
    System.out.println(signer.getSubjectX500Principal().getName());
    openPayload(hkdf(fileKey, Messages.sm3(header), "shared-certificate/bid/v1 payload", 23));
  }

  /** Lengths and CRC-32s are taken, every record is written anew, and compared. */
  private void readFrame() throws Exception {
    long at = 0;
    for (int i = 0; i < 7; i++) {
      localAt[i] = at;
      byte[] name = ascii(NAMES[i]);
      int extra = i == 4 ? 20 : 0;
      ByteBuffer local = little(bytes(at, 30 + name.length + extra));
      crcs[i] = local.getInt(14);
      lens[i] = i == 4 ? local.getLong(30 + name.length + 4) : local.getInt(18);
      Messages.need(lens[i] >= 0 && lens[i] <= MOST[i], "frame");
      contentAt[i] = at + 30 + name.length + extra;
      Messages.need(Arrays.equals(local.array(), local(i)), "frame");
      at = contentAt[i] + lens[i];
    }
    ByteArrayOutputStream tail = new ByteArrayOutputStream();
    for (int i = 0; i < 7; i++) {
      boolean behind = i > 4;
      tail.write(put("4 2", 0x02014b50L, 45));
      tail.write(common(i, behind || i == 4 ? 45 : 20, behind ? 12 : i == 4 ? 20 : 0));
      tail.write(put("2 2 2 4 4", 0, 0, 0, 0, behind ? 0xffffffffL : localAt[i]));
      tail.write(ascii(NAMES[i]));
      if (i == 4) tail.write(put("2 2 8 8", 1, 16, lens[4], lens[4]));
      if (behind) tail.write(put("2 2 8", 1, 8, localAt[i]));
    }
    long size = tail.size();
    tail.write(put("4 8 2 2 4 4 8 8 8 8", 0x06064b50L, 44, 45, 45, 0, 0, 7, 7, size, at));
    tail.write(put("4 4 8 4", 0x07064b50L, 0, at + size, 1));
    tail.write(put("4 2 2 2 2 4 4 2", 0x06054b50L, 0, 0, 7, 7, size, 0xffffffffL, 0));
    Messages.need(at + tail.size() == file.length(), "frame");
    Messages.need(Arrays.equals(tail.toByteArray(), bytes(at, tail.size())), "frame");
  }

  private byte[] local(int i) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(put("4", 0x04034b50L));
    out.write(common(i, i == 4 ? 45 : 20, i == 4 ? 20 : 0));
    out.write(ascii(NAMES[i]));
    if (i == 4) out.write(put("2 2 8 8", 1, 16, lens[4], lens[4]));
    return out.toByteArray();
  }

  private byte[] common(int i, int version, int extra) {
    long size = i == 4 ? 0xffffffffL : lens[i];
    return put("2 2 2 2 2 4 4 4 2 2", version, 0, 0, 0, 0x21, crcs[i], size, size, NAMES[i].length(), extra);
  }

  /** Segments, index, files, hashes, padding: the whole stream is held, which a reader of large packages would not do. */
  private void openPayload(byte[] keyAndPrefix) throws Exception {
    int segments = (int) (lens[4] / SEALED);
    byte[] stream = new byte[segments * SEGMENT];
    for (int i = 0; i < segments; i++) {
      ByteBuffer nonce = ByteBuffer.allocate(12).put(keyAndPrefix, 16, 7).putInt(i).put((byte) (i == segments - 1 ? 1 : 0));
      GCMBlockCipher gcm = new GCMBlockCipher(new SM4Engine());
      gcm.init(false, new AEADParameters(new KeyParameter(keyAndPrefix, 0, 16), 128, nonce.array()));
      byte[] sealed = bytes(contentAt[4] + (long) i * SEALED, SEALED);
      int len = gcm.processBytes(sealed, 0, SEALED, stream, i * SEGMENT);
      try {
        gcm.doFinal(stream, i * SEGMENT + len);
      } catch (org.bouncycastle.crypto.InvalidCipherTextException broken) {
        throw new Messages.Refusal("not opened");
      }
    }
    int indexLen = ByteBuffer.wrap(stream).getInt(), at = 4 + indexLen;
    Messages.need(indexLen > 0 && indexLen <= 524_288 && at <= stream.length, "not opened");
    String index = new String(stream, 4, indexLen, StandardCharsets.UTF_8);
    Matcher files = Pattern.compile("\\{\"name\":\"((?:[^\"\\\\]|\\\\.)*)\",\"size\":(\\d+)\\}").matcher(index);
    List<String> again = new ArrayList<>(), lines = new ArrayList<>();
    ByteArrayOutputStream hashes = new ByteArrayOutputStream();
    while (files.find()) {
      int size = Integer.parseInt(files.group(2));
      Messages.need(size <= stream.length - at, "not opened");
      Pieces hash = new Pieces();
      for (int from = at; from < at + size; from += SEGMENT) hash.add(Arrays.copyOfRange(stream, from, Math.min(from + SEGMENT, at + size)));
      byte[] digest = hash.digest();
      hashes.write(digest);
      again.add(files.group());
      lines.add(size + " " + HexFormat.of().formatHex(digest) + " " + files.group(1).replace("\\\"", "\""));
      at += size;
    }
    Messages.need(index.equals("{\"files\":[" + String.join(",", again) + "]}") && again.size() > 0, "not opened");
    byte[] rest = Arrays.copyOfRange(stream, at, stream.length), expected = Arrays.copyOf(hashes.toByteArray(), rest.length);
    Messages.need(hashes.size() <= rest.length && rest.length - hashes.size() < SEGMENT && Arrays.equals(rest, expected), "not opened");
    lines.forEach(System.out::println);
  }

  /** SM3 in pieces. */
  private static final class Pieces {
    private final SM3Digest outer = new SM3Digest();

    void add(byte[] piece) {
      outer.update(Messages.sm3(piece), 0, 32);
    }

    byte[] digest() {
      byte[] out = new byte[32];
      outer.doFinal(out, 0);
      return out;
    }
  }

  private static byte[] hkdf(byte[] key, byte[] salt, String info, int len) {
    HKDFBytesGenerator generator = new HKDFBytesGenerator(new SM3Digest());
    generator.init(new HKDFParameters(key, salt, ascii(info)));
    byte[] out = new byte[len];
    generator.generateBytes(out, 0, len);
    return out;
  }

  private static int crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** Little-endian numbers of these lengths. */
  private static byte[] put(String sizes, long... values) {
    ByteBuffer out = little(new byte[256]);
    String[] size = sizes.split(" ");
    for (int i = 0; i < size.length; i++) {
      if (size[i].equals("2")) out.putShort((short) values[i]);
      else if (size[i].equals("4")) out.putInt((int) values[i]);
      else out.putLong(values[i]);
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private byte[] bytes(long at, int len) throws Exception {
    Messages.need(at >= 0 && at + len <= file.length(), "frame");
    byte[] out = new byte[len];
    file.seek(at);
    file.readFully(out);
    return out;
  }

  private byte[] entry(int i) throws Exception {
    return bytes(contentAt[i], (int) lens[i]);
  }

  /** The keys in their order, each with a string or a number, and nothing else. */
  private static void checkCanonical(byte[] json, String... keys) {
    List<String> parts = new ArrayList<>();
    for (String key : keys) {
      Matcher matcher = value(json, key);
      Messages.need(matcher.find(), "json");
      parts.add(matcher.group());
    }
    Messages.need(new String(json, StandardCharsets.UTF_8).equals("{" + String.join(",", parts) + "}"), "json");
  }

  private static Matcher value(byte[] json, String key) {
    String text = new String(json, StandardCharsets.UTF_8);
    return Pattern.compile("\"" + key + "\":(?:\"((?:[^\"\\\\]|\\\\.)*)\"|(\\d+))").matcher(text);
  }

  private static String text(byte[] json, String key) {
    Matcher matcher = value(json, key);
    Messages.need(matcher.find(), "json");
    return matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
