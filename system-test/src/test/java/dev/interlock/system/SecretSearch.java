package dev.interlock.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Searches files, other processes' environments and command lines, and texts for secrets, in every usual form. */
final class SecretSearch {

    private static final int LOOKS = 20;

    private final Map<String, String> needles = new TreeMap<>();

    SecretSearch(Collection<String> secrets) {
        for (String secret : secrets) {
            forms(secret).forEach((form, text) -> needles.put(form + " of " + secret.hashCode(), text));
        }
    }

    /** Returns the forms of {@code secret} by name, as Latin-1 text. */
    static Map<String, String> forms(String secret) {
        byte[] raw = secret.getBytes(StandardCharsets.UTF_8);
        Map<String, String> forms = new TreeMap<>();
        forms.put("raw", secret);
        forms.put("url", URLEncoder.encode(secret, StandardCharsets.UTF_8));
        forms.put("hex", HexFormat.of().formatHex(raw));
        forms.put("HEX", HexFormat.of().formatHex(raw).toUpperCase(Locale.ROOT));
        for (int shift = 0; shift < 3; shift++) {
            forms.put("base64+" + shift, inner(Base64.getEncoder(), raw, shift));
            forms.put("base64url+" + shift, inner(Base64.getUrlEncoder(), raw, shift));
        }
        return forms;
    }

    /**
     * Returns the part of the base64 text that depends on the secret alone, if {@code shift} bytes modulo 3 precede it.
     */
    private static String inner(Base64.Encoder encoder, byte[] raw, int shift) {
        byte[] shifted = new byte[raw.length + shift];
        System.arraycopy(raw, 0, shifted, shift, raw.length);
        String text = encoder.withoutPadding().encodeToString(shifted);
        return text.substring(shift == 0 ? 0 : shift + 1, shifted.length / 3 * 4);
    }

    /**
     * Returns every file below {@code root} that holds a secret, with its form. The ledger removes partial tiles once
     * whole ones exist: if a file disappears during the search, the search starts again.
     */
    List<String> files(Path root) throws IOException {
        for (int looks = 1; looks < LOOKS; looks++) {
            try {
                return filesAtOnce(root);
            } catch (NoSuchFileException | UncheckedIOException e) {
                continue;
            }
        }
        return filesAtOnce(root);
    }

    private List<String> filesAtOnce(Path root) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                text(file.toString(), Files.readAllBytes(file)).forEach(found::add);
            }
        }
        return found;
    }

    /** Returns every process whose environment or command line holds a secret. */
    List<String> processes() throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes
                    .filter(path -> path.getFileName().toString().matches("\\d+"))
                    .toList()) {
                for (String file : List.of("environ", "cmdline")) {
                    found.addAll(text(process.resolve(file).toString(), readable(process.resolve(file))));
                }
            }
        }
        return found;
    }

    /** Returns the contents; processes end, and some belong to other users. */
    private static byte[] readable(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            return new byte[0];
        }
    }

    /** Returns the forms in which {@code hay} holds a secret. */
    List<String> text(String name, byte[] hay) {
        String text = new String(hay, StandardCharsets.ISO_8859_1);
        return needles.entrySet().stream()
                .filter(needle -> text.contains(needle.getValue()))
                .map(needle -> name + ": " + needle.getKey())
                .toList();
    }
}
