package dev.interlock.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Searches everything that was written for a secret: raw, reversed, in either base64 at each of the three alignments,
 * URL-encoded, in hexadecimal, and as UTF-16.
 */
public final class SecretHunt {

    private final Map<String, byte[]> needles = new TreeMap<>();

    public SecretHunt(String secret) {
        byte[] raw = secret.getBytes(StandardCharsets.UTF_8);
        needles.put("raw", raw);
        needles.put("reversed", ascii(new StringBuilder(secret).reverse().toString()));
        needles.put("utf-16", secret.getBytes(StandardCharsets.UTF_16LE));
        needles.put("url-encoded", ascii(URLEncoder.encode(secret, StandardCharsets.UTF_8)));
        needles.put("hex", ascii(HexFormat.of().formatHex(raw)));
        needles.put("HEX", ascii(HexFormat.of().formatHex(raw).toUpperCase(Locale.ROOT)));
        for (int shift = 0; shift < 3; shift++) {
            needles.put("base64+" + shift, ascii(inner(Base64.getEncoder(), raw, shift)));
            needles.put("base64url+" + shift, ascii(inner(Base64.getUrlEncoder(), raw, shift)));
        }
    }

    /** Returns the part of the base64 text that does not depend on the bytes around the secret. */
    private static String inner(Base64.Encoder encoder, byte[] raw, int shift) {
        byte[] shifted = new byte[raw.length + shift];
        System.arraycopy(raw, 0, shifted, shift, raw.length);
        String text = encoder.withoutPadding().encodeToString(shifted);
        int from = shift == 0 ? 0 : shift + 1;
        int whole = shifted.length / 3 * 4;
        return text.substring(from, whole);
    }

    /** Returns the findings as {@code path (form)}; empty if the secret is nowhere under {@code root}. */
    public List<String> in(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            List<String> found = new ArrayList<>();
            files.filter(Files::isRegularFile)
                    .forEach(file ->
                            in(read(file)).forEach(form -> found.add(root.relativize(file) + " (" + form + ")")));
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the forms in which {@code hay} contains it. */
    public List<String> in(byte[] hay) {
        String text = new String(hay, StandardCharsets.ISO_8859_1);
        return needles.entrySet().stream()
                .filter(needle -> text.contains(new String(needle.getValue(), StandardCharsets.ISO_8859_1)))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Returns the forms in which {@code text} contains it. */
    public List<String> in(String text) {
        return in(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
