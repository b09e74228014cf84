package dev.interlock.action;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The spellings of a secret in somebody else's text. These are: plain, percent-encoded, escaped for JSON or HTML,
 * hexadecimal, and base64 at each of the three offsets within a group.
 *
 * @param texts what to look for in text, none of them empty
 * @param lowered the same, for text in lower case
 * @param patterns the same in bytes, of UTF-8 and of UTF-16
 * @param firstPairs which two bytes begin a pattern, the first one as the higher; no pattern is shorter
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record SecretForms(List<String> texts, List<String> lowered, List<byte[]> patterns, BitSet firstPairs) {

    /** The minimum length. Shorter secrets occur in any text by chance, and no provider issues such. */
    public static final int MIN_LENGTH = 8;

    /**
     * Returns the forms of {@code secrets}; none for a secret that is too short to be distinguished from other text.
     */
    public static SecretForms of(String... secrets) {
        List<String> texts = Stream.of(secrets)
                .flatMap(secret -> texts(secret).stream())
                .distinct()
                .toList();
        List<byte[]> patterns = texts.stream().flatMap(SecretForms::patterns).toList();
        BitSet pairs = new BitSet(1 << 16);
        patterns.forEach(pattern -> pairs.set(((pattern[0] & 0xff) << 8) | (pattern[1] & 0xff)));
        return new SecretForms(
                texts,
                texts.stream()
                        .map(text -> text.toLowerCase(Locale.ROOT))
                        .distinct()
                        .toList(),
                patterns,
                pairs);
    }

    /** Returns the forms of the credential in a header field with {@code value}, perhaps behind a scheme. */
    public static SecretForms ofField(String value) {
        int space = value.indexOf(' ');
        String credential = value.substring(space + 1);
        // RFC 7617 §2: an upstream may repeat what it decoded, as a whole or the password alone.
        if (space > 0 && value.substring(0, space).toLowerCase(Locale.ROOT).equals("basic")) {
            try {
                String pair = new String(Base64.getDecoder().decode(credential), StandardCharsets.UTF_8);
                return of(credential, pair, pair.substring(pair.indexOf(':') + 1));
            } catch (IllegalArgumentException _) {
                return of(credential); // it is not Basic, and was sent as stored
            }
        }
        return of(credential);
    }

    /**
     * Returns the byte patterns of a form. In UTF-16 every other byte is zero, except for letters beyond Latin. Without
     * the zero at the end, or before the beginning, both byte orders are the same.
     */
    private static Stream<byte[]> patterns(String form) {
        byte[] little = form.getBytes(StandardCharsets.UTF_16LE);
        byte[] big = form.getBytes(StandardCharsets.UTF_16BE);
        byte[] first = little[little.length - 1] == 0 ? Arrays.copyOf(little, little.length - 1) : little;
        byte[] second = big[0] == 0 ? Arrays.copyOfRange(big, 1, big.length) : big;
        return Arrays.equals(first, second)
                ? Stream.of(form.getBytes(StandardCharsets.UTF_8), first)
                : Stream.of(form.getBytes(StandardCharsets.UTF_8), first, second);
    }

    private static List<String> texts(String secret) {
        if (secret.length() < MIN_LENGTH) {
            return List.of();
        }
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        List<String> forms = new ArrayList<>(List.of(secret, secret.replace("/", "\\/")));
        String json = secret.replace("\\", "\\\\").replace("\"", "\\\"");
        forms.add(json);
        forms.add(json.replace("/", "\\/"));
        forms.add(escaped(json, c -> c > '~', "\\u%04x")); // Python
        forms.add(escaped(json, in("&<>"), "\\u%04x")); // Go
        forms.add(escaped(json, in("&<>='"), "\\u%04x")); // Gson
        String doubled = secret.replace("\\", "\\\\");
        forms.add(escaped(doubled, in("\"&'+<>`").or(c -> c > '~'), "\\u%04X")); // System.Text.Json
        forms.add(escaped(doubled, in("\"&'+<>`").or(c -> c > '~'), "\\u%04x"));
        String html = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        forms.add(html);
        forms.add(html.replace("\"", "&quot;").replace("'", "&#39;"));
        String decimal = html.replace("\"", "&#34;").replace("'", "&#39;");
        forms.add(decimal);
        forms.add(decimal.replace("+", "&#43;")); // Go's templates
        String quoted = html.replace("\"", "&quot;");
        forms.add(escaped(quoted, in("'`="), "&#x%X;")); // Handlebars
        forms.add(escaped(quoted.replace("'", "&#39;"), in("`=/"), "&#x%X;")); // Mustache
        String percent = URLEncoder.encode(secret, StandardCharsets.UTF_8);
        forms.add(percent);
        forms.add(percent.replace("+", "%20"));
        forms.add(lowerEscapes(percent));
        forms.add(HexFormat.of().formatHex(bytes));
        forms.add(HexFormat.of().withUpperCase().formatHex(bytes));
        for (int before = 0; before < 3; before++) {
            forms.add(inBase64(Base64.getEncoder(), bytes, before));
            forms.add(inBase64(Base64.getUrlEncoder(), bytes, before));
        }
        return forms;
    }

    private static String escaped(String text, IntPredicate which, String format) {
        return text.chars()
                .mapToObj(c -> which.test(c) ? String.format(Locale.ROOT, format, c) : Character.toString(c))
                .collect(Collectors.joining());
    }

    private static IntPredicate in(String characters) {
        return c -> characters.indexOf(c) >= 0;
    }

    private static String lowerEscapes(String percent) {
        StringBuilder lower = new StringBuilder(percent);
        for (int i = 0; i + 2 < percent.length(); i++) {
            if (percent.charAt(i) == '%') {
                lower.replace(i, i + 3, percent.substring(i, i + 3).toLowerCase(Locale.ROOT));
            }
        }
        return lower.toString();
    }

    /**
     * Returns the base64 characters that depend only on the secret, if {@code before} bytes of something else come
     * first in its group.
     */
    private static String inBase64(Base64.Encoder encoder, byte[] secret, int before) {
        byte[] shifted = new byte[before + secret.length];
        System.arraycopy(secret, 0, shifted, before, secret.length);
        String text = encoder.withoutPadding().encodeToString(shifted);
        int first = (before * 8 + 5) / 6;
        int end = shifted.length * 8 / 6;
        return text.substring(first, end);
    }

    /** Returns the length of the longest pattern at {@code at}, in bytes; 0 if there is none. */
    public int lengthAt(byte[] text, int at, int end) {
        int longest = 0;
        for (byte[] pattern : patterns) {
            if (pattern.length > longest
                    && at + pattern.length <= end
                    && Arrays.equals(text, at, at + pattern.length, pattern, 0, pattern.length)) {
                longest = pattern.length;
            }
        }
        return longest;
    }

    /** Returns whether the text from {@code at} to {@code end} is an incomplete pattern. */
    public boolean mayBeginAt(byte[] text, int at, int end) {
        int length = end - at;
        for (byte[] pattern : patterns) {
            if (pattern.length > length && Arrays.equals(text, at, end, pattern, 0, length)) {
                return true;
            }
        }
        return false;
    }

    /** Hides the secrets; the default of records would print them. */
    @Override
    public String toString() {
        return "[redacted]";
    }

    /** Returns whether one of them is in {@code text}, which was converted to lower case. */
    public boolean isInLowerCase(String text) {
        return isIn(text, lowered);
    }

    public boolean isIn(String text) {
        return isIn(text, texts);
    }

    private static boolean isIn(String text, List<String> forms) {
        for (String form : forms) {
            if (text.contains(form)) {
                return true;
            }
        }
        return false;
    }
}
