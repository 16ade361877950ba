import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/** Lists a package as Java's own ZIP classes see it: by its directory, and from the front as it is uploaded. */
public final class List {
  public static void main(String[] args) throws Exception {
    try (ZipFile file = new ZipFile(args[0])) {
      for (var entries = file.entries(); entries.hasMoreElements();) {
        ZipEntry entry = entries.nextElement();
        try (var content = file.getInputStream(entry)) {
          say("directory", entry, content.readAllBytes());
        }
      }
    }
    try (ZipInputStream stream = new ZipInputStream(new FileInputStream(args[0]))) {
      for (ZipEntry entry = stream.getNextEntry(); entry != null; entry = stream.getNextEntry()) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        stream.transferTo(content);
        say("stream", entry, content.toByteArray());
      }
    }
  }

  private static void say(String way, ZipEntry entry, byte[] content) {
    CRC32 crc = new CRC32();
    crc.update(content);
    String sum = HexFormat.of().toHexDigits((int) crc.getValue());
    System.out.println(way + " " + entry.getName() + " " + entry.getSize() + " " + content.length + " " + sum);
  }
}
