package dev.interlock.vault;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Finds secrets in a text without storing them. For each, as it is, in hexadecimal and in base64, it holds the keyed
 * fingerprint, and a few bits of a keyed rolling hash of {@value #WINDOW} bytes in its middle. One pass compares the
 * hash at each position; where it matches, the fingerprint decides. It finds whole secrets anywhere: between other
 * text, in percent-encoding, escapes of JSON, references of HTML, base64 at any offset, also broken into lines; not
 * those shorter than {@value #WINDOW} bytes, nor split, reversed, compressed or encrypted ones. Threading: immutable.
 */
public final class SecretMatcher {

    static final int WINDOW = 12; // minimum length to search for: shorter secrets would be found by accident

    /**
     * Maximum bytes searched for, from the middle of longer secrets: somebody who knows a decoy can write a text in
     * which each place looks like its middle, and is compared whole.
     */
    static final int LONGEST = 512;

    private static final String ALGORITHM = "HmacSHA256";
    private static final byte[] DOMAIN = "interlock-trace@v1\0".getBytes(StandardCharsets.US_ASCII);
    private static final int KEY_BYTES = 32;
    private static final int DIGEST_BYTES = 16;
    // The revealed bits of a window's hash, so that one place in a hundred needs a fingerprint. From all 64 bits,
    // somebody with the key could calculate the window.
    private static final int SIEVE_BITS = 18;
    private static final int SIEVE_SHIFT = Long.SIZE - SIEVE_BITS;

    /**
     * A secret in one encoding: the number of bytes before the window and of all, the first bits of the window's hash,
     * and the fingerprint in hexadecimal. The {@code name} is no secret; a {@code decoy} opens nothing.
     */
    record SecretTrace(String name, boolean decoy, int before, int length, int window, String digest) {}

    public record SecretMatches(Set<String> credentials, Set<String> decoys) {
        private static final SecretMatches NOTHING = new SecretMatches(Set.of(), Set.of());

        public SecretMatches {
            credentials = Set.copyOf(credentials);
            decoys = Set.copyOf(decoys);
        }

        public boolean isNothing() {
            return credentials.isEmpty() && decoys.isEmpty();
        }
    }

    /** The key of traces. Somebody with the key and the traces can test guesses of the window or the whole secret. */
    static final class TraceKey {

        private final byte[] bytes;
        private final long base;
        private final long[] leaving = new long[256]; // what each byte has added to a hash that it leaves

        private TraceKey(byte[] bytes) {
            this.bytes = bytes.clone();
            long odd = 0;
            for (int i = 0; i < Long.BYTES; i++) {
                odd = (odd << Byte.SIZE) | (bytes[i] & 0xff);
            }
            this.base = odd | 1;
            long power = 1;
            for (int i = 0; i < WINDOW; i++) {
                power *= base;
            }
            for (int i = 0; i < leaving.length; i++) {
                leaving[i] = power * (i + 1);
            }
        }

        static TraceKey random(SecureRandom random) {
            byte[] bytes = new byte[KEY_BYTES];
            random.nextBytes(bytes);
            return new TraceKey(bytes);
        }

        private int window(byte[] text, int from) {
            long hash = 0;
            for (int i = from; i < from + WINDOW; i++) {
                hash = hash * base + (text[i] & 0xff) + 1;
            }
            return told(hash);
        }

        private static int told(long hash) {
            return (int) (hash >>> SIEVE_SHIFT);
        }

        private Mac mac() {
            try {
                Mac mac = Mac.getInstance(ALGORITHM);
                mac.init(new SecretKeySpec(bytes, ALGORITHM));
                return mac;
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every JDK has HMAC-SHA256", e);
            }
        }

        private static byte[] digest(Mac mac, byte[] text, int from, int length) {
            mac.update(DOMAIN);
            mac.update(text, from, length);
            return Arrays.copyOf(mac.doFinal(), DIGEST_BYTES);
        }

        private static byte[] middle(byte[] text, int most) {
            int from = Math.max(0, (text.length - most) / 2);
            return Arrays.copyOfRange(text, from, Math.min(text.length, from + most));
        }

        List<SecretTrace> of(String name, boolean decoy, Secret secret) {
            byte[] plain = secret.use(value -> middle(value.getBytes(StandardCharsets.UTF_8), LONGEST));
            Mac mac = mac();
            List<SecretTrace> traces = new ArrayList<>();
            for (byte[] spelling : spellings(plain)) {
                if (spelling.length >= WINDOW) {
                    int before = (spelling.length - WINDOW) / 2;
                    traces.add(new SecretTrace(
                            name,
                            decoy,
                            before,
                            spelling.length,
                            window(spelling, before),
                            HexFormat.of().formatHex(digest(mac, spelling, 0, spelling.length))));
                }
                Arrays.fill(spelling, (byte) 0);
            }
            Arrays.fill(plain, (byte) 0);
            return traces;
        }
    }

    private final TraceKey key;
    private final List<SecretTrace> all;
    private final Map<Integer, List<SecretTrace>> byWindow = new HashMap<>();
    private final long[] sieve = new long[(1 << SIEVE_BITS) / Long.SIZE];

    SecretMatcher(TraceKey key, Collection<SecretTrace> all) {
        this.key = key;
        this.all = List.copyOf(all);
        for (SecretTrace trace : this.all) {
            byWindow.computeIfAbsent(trace.window(), _ -> new ArrayList<>()).add(trace);
            sieve[trace.window() / Long.SIZE] |= 1L << trace.window();
        }
    }

    // As it is, hexadecimal of either case, and base64 in both alphabets, as far as it does not depend on what
    // surrounds it.
    private static List<byte[]> spellings(byte[] plain) {
        List<byte[]> spellings = new ArrayList<>(List.of(plain.clone()));
        byte[] half = TraceKey.middle(plain, LONGEST / 2); // hexadecimal doubles the length
        for (HexFormat form : List.of(HexFormat.of(), HexFormat.of().withUpperCase())) {
            spellings.add(form.formatHex(half).getBytes(StandardCharsets.US_ASCII));
        }
        Arrays.fill(half, (byte) 0);
        for (int offset = 0; offset < 3; offset++) {
            byte[] shifted = new byte[offset + plain.length];
            System.arraycopy(plain, 0, shifted, offset, plain.length);
            int from = (offset * Byte.SIZE + 5) / 6;
            int to = shifted.length * Byte.SIZE / 6;
            byte[] standard = Base64.getEncoder().encode(shifted);
            byte[] url = Base64.getUrlEncoder().encode(shifted);
            if (from < to) {
                spellings.add(Arrays.copyOfRange(standard, from, to));
                if (!Arrays.equals(standard, url)) {
                    spellings.add(Arrays.copyOfRange(url, from, to));
                }
            }
            Arrays.fill(shifted, (byte) 0);
        }
        return spellings;
    }

    boolean hasTraces(List<SecretTrace> traces) {
        return all.equals(traces);
    }

    public SecretMatches find(byte[] text) {
        return find(text, List.of(this));
    }

    /** Finds the secrets of all of {@code several} in {@code text}, which is decoded only once. */
    public static SecretMatches find(byte[] text, List<SecretMatcher> several) {
        boolean isIdle = several.stream().allMatch(traces -> traces.all.isEmpty()) || text.length < WINDOW;
        return find(isIdle ? List.of() : TextReadings.of(text), several);
    }

    /** Finds secrets in {@code text} as it is, without decoding anything or joining lines. */
    public SecretMatches findPlain(byte[] text) {
        return found(List.of(this), List.of(text));
    }

    /** Finds the secrets of all of {@code several} in the {@link TextReadings} of a text. */
    public static SecretMatches find(List<byte[]> readings, List<SecretMatcher> several) {
        return found(several.stream().filter(traces -> !traces.all.isEmpty()).toList(), readings);
    }

    private static SecretMatches found(List<SecretMatcher> looking, List<byte[]> readings) {
        Set<String> credentials = new LinkedHashSet<>();
        Set<String> decoys = new LinkedHashSet<>();
        for (SecretMatcher traces : looking) {
            Search search = traces.new Search();
            readings.forEach(search::look);
            search.found.forEach(trace -> (trace.decoy() ? decoys : credentials).add(trace.name()));
        }
        return credentials.isEmpty() && decoys.isEmpty()
                ? SecretMatches.NOTHING
                : new SecretMatches(credentials, decoys);
    }

    private final class Search {

        private final Set<SecretTrace> found = new HashSet<>();
        private @Nullable Mac mac;

        private void look(byte[] text) {
            if (text.length < WINDOW) {
                return;
            }
            long[] leaving = key.leaving;
            long base = key.base;
            long square = base * base;
            long hash = 0;
            for (int i = 0; i < WINDOW; i++) {
                hash = hash * base + (text[i] & 0xff) + 1;
            }
            int i = WINDOW;
            for (; i < text.length - 1; i += 2) { // two windows a step: each hash would wait for the one before
                long first = (text[i] & 0xff) + 1 - leaving[text[i - WINDOW] & 0xff];
                long second = (text[i + 1] & 0xff) + 1 - leaving[text[i + 1 - WINDOW] & 0xff];
                sieve(text, i, hash);
                sieve(text, i + 1, hash * base + first);
                hash = hash * square + (first * base + second);
            }
            sieve(text, i, hash);
            if (i < text.length) {
                sieve(text, i + 1, hash * base + (text[i] & 0xff) + 1 - leaving[text[i - WINDOW] & 0xff]);
            }
        }

        private void sieve(byte[] text, int end, long hash) {
            int told = TraceKey.told(hash);
            if ((sieve[told / Long.SIZE] & (1L << told)) != 0) {
                compare(text, end - WINDOW, told);
            }
        }

        private void compare(byte[] text, int window, int hash) {
            for (SecretTrace trace : byWindow.getOrDefault(hash, List.of())) {
                int from = window - trace.before();
                boolean fits = from >= 0 && from + trace.length() <= text.length;
                if (fits && !found.contains(trace) && is(trace, text, from)) {
                    found.add(trace);
                }
            }
        }

        private boolean is(SecretTrace trace, byte[] text, int from) {
            Mac keyed = mac == null ? key.mac() : mac; // created late, because most texts need none
            mac = keyed;
            byte[] digest = TraceKey.digest(keyed, text, from, trace.length());
            return MessageDigest.isEqual(digest, HexFormat.of().parseHex(trace.digest()));
        }
    }

    Json.Members json() {
        return Json.object()
                .with("key", Base64.getEncoder().encodeToString(key.bytes))
                .withItems("traces", all.stream().map(SecretMatcher::json));
    }

    private static Json.Members json(SecretTrace trace) {
        return Json.object()
                .with("name", trace.name())
                .with("decoy", trace.decoy())
                .with("before", trace.before())
                .with("length", trace.length())
                .with("window", Integer.toHexString(trace.window()))
                .with("digest", trace.digest());
    }

    /** Reads what {@link #json} wrote. */
    static SecretMatcher read(Json.Members fields) {
        try {
            byte[] key = Base64.getDecoder().decode(fields.text("key"));
            if (key.length != KEY_BYTES) {
                throw new MalformedException("the key of traces has the wrong length");
            }
            return new SecretMatcher(
                    new TraceKey(key),
                    fields.objects("traces").stream().map(SecretMatcher::trace).toList());
        } catch (IllegalArgumentException _) { // without the cause, which may quote a secret's fingerprint
            throw new MalformedException("traces cannot be read");
        }
    }

    private static SecretTrace trace(Json.Members fields) {
        SecretTrace trace = new SecretTrace(
                fields.text("name"),
                fields.flag("decoy"),
                (int) fields.whole("before"),
                (int) fields.whole("length"),
                Integer.parseUnsignedInt(fields.text("window"), 16),
                fields.text("digest"));
        if (trace.before() < 0
                || trace.before() > trace.length() - WINDOW
                || trace.window() >>> SIEVE_BITS != 0
                || trace.digest().length() != 2 * DIGEST_BYTES) {
            throw new MalformedException("a trace cannot be read");
        }
        return trace;
    }
}
