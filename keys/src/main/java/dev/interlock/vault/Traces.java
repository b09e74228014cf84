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
 * What finds secrets in a text without knowing them: of each, as it stands, in hexadecimal and in base64, the keyed
 * fingerprint and a few bits of a keyed rolling hash of {@value #WINDOW} bytes in its middle. One pass over the text
 * compares them at each place, which seldom fits; where it does, the fingerprint decides.
 *
 * <p>A secret is found whole, wherever it stands: alone, in a JSON string, between others, in percent-encoding, in JSON
 * escapes, in references of HTML, in hexadecimal, in base64 at any offset, also broken into lines. Not found: what is
 * shorter than {@value #WINDOW} bytes, split, reversed, compressed or encrypted.
 *
 * <p>Threading: immutable.
 */
public final class Traces {

    /** Shorter secrets are not looked for: they would be found by accident. */
    static final int WINDOW = 12;

    /**
     * Of longer secrets, as keys in many lines, so much in their middle is looked for: whoever knows a decoy can write
     * a text of which every few bytes look like the middle of it, and each is compared whole.
     */
    static final int LONGEST = 512;

    private static final String ALGORITHM = "HmacSHA256";
    private static final byte[] DOMAIN = "interlock-trace@v1\0".getBytes(StandardCharsets.US_ASCII);
    private static final int KEY_BYTES = 32;
    private static final int DIGEST_BYTES = 16;

    /**
     * So many bits of a window's hash are told, and no more: the hash is no fingerprint, and from all 64 of them
     * whoever has the key could work the window out. With some thousand traces one place in a hundred is worth a
     * fingerprint.
     */
    private static final int SIEVE_BITS = 18;

    private static final int SIEVE_SHIFT = Long.SIZE - SIEVE_BITS;

    /**
     * A secret in one spelling.
     *
     * @param name what to call it; no secret
     * @param decoy whether it opens nothing, and is there to be found
     * @param before bytes before the window
     * @param length of all of it
     * @param window the first bits of the window's hash
     * @param digest the fingerprint, in hexadecimal
     */
    record Trace(String name, boolean decoy, int before, int length, int window, String digest) {}

    /** What was found, by name. */
    public record Found(Set<String> credentials, Set<String> decoys) {
        public Found {
            credentials = Set.copyOf(credentials);
            decoys = Set.copyOf(decoys);
        }

        /** Whether it was nothing. */
        public boolean isNothing() {
            return credentials.isEmpty() && decoys.isEmpty();
        }
    }

    /** The key of traces: whoever has it and them can try whether a guess is right, of the window or of it all. */
    static final class Key {

        private final byte[] bytes;
        private final long base;
        private final long leaving;

        private Key(byte[] bytes) {
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
            this.leaving = power;
        }

        static Key random(SecureRandom random) {
            byte[] bytes = new byte[KEY_BYTES];
            random.nextBytes(bytes);
            return new Key(bytes);
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

        /** Every spelling of {@code secret} that is looked for. */
        List<Trace> of(String name, boolean decoy, Secret secret) {
            byte[] plain = secret.use(value -> middle(value.getBytes(StandardCharsets.UTF_8), LONGEST));
            Mac mac = mac();
            List<Trace> traces = new ArrayList<>();
            for (byte[] spelling : spellings(plain)) {
                if (spelling.length >= WINDOW) {
                    int before = (spelling.length - WINDOW) / 2;
                    traces.add(new Trace(
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

    private final Key key;
    private final List<Trace> all;
    private final Map<Integer, List<Trace>> byWindow = new HashMap<>();
    private final long[] sieve = new long[(1 << SIEVE_BITS) / Long.SIZE];

    Traces(Key key, Collection<Trace> all) {
        this.key = key;
        this.all = List.copyOf(all);
        for (Trace trace : this.all) {
            byWindow.computeIfAbsent(trace.window(), _ -> new ArrayList<>()).add(trace);
            sieve[trace.window() / Long.SIZE] |= 1L << trace.window();
        }
    }

    /**
     * As it stands, in hexadecimal of either case, and what of it shows in base64 whatever stands before and behind it,
     * in both alphabets.
     */
    private static List<byte[]> spellings(byte[] plain) {
        List<byte[]> spellings = new ArrayList<>(List.of(plain.clone()));
        byte[] half = Key.middle(plain, LONGEST / 2); // twice as long as that is what is compared
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

    /** Whether these are {@code traces}, in this order. */
    boolean areOf(List<Trace> traces) {
        return all.equals(traces);
    }

    /** What stands in {@code text}, in whichever way it may be read. */
    public Found in(byte[] text) {
        return in(text, List.of(this));
    }

    /** What stands in {@code text} as it is, and not in escapes, percent-encoding, references or broken into lines. */
    public Found plainlyIn(byte[] text) {
        return found(List.of(this), List.of(text));
    }

    /** What any of {@code several} finds in {@code text}, which is read but once. */
    public static Found in(byte[] text, List<Traces> several) {
        List<Traces> looking =
                several.stream().filter(traces -> !traces.all.isEmpty()).toList();
        return found(looking, looking.isEmpty() || text.length < WINDOW ? List.of() : Readings.of(text));
    }

    private static Found found(List<Traces> looking, List<byte[]> readings) {
        Set<String> credentials = new LinkedHashSet<>();
        Set<String> decoys = new LinkedHashSet<>();
        for (Traces traces : looking) {
            Search search = traces.new Search();
            readings.forEach(search::look);
            search.found.forEach(trace -> (trace.decoy() ? decoys : credentials).add(trace.name()));
        }
        return new Found(credentials, decoys);
    }

    /** One search, through every reading of one text. */
    private final class Search {

        private final Set<Trace> found = new HashSet<>();
        private @Nullable Mac mac;

        private void look(byte[] text) {
            if (text.length < WINDOW) {
                return;
            }
            long base = key.base;
            long leaving = key.leaving;
            long hash = 0;
            for (int i = 0; i < WINDOW; i++) {
                hash = hash * base + (text[i] & 0xff) + 1;
            }
            for (int i = WINDOW; i <= text.length; i++) {
                int told = Key.told(hash);
                if ((sieve[told / Long.SIZE] & (1L << told)) != 0) {
                    compare(text, i - WINDOW, told);
                }
                if (i < text.length) { // what enters and what leaves in one step, for the next waits for it
                    hash = hash * base + ((text[i] & 0xff) + 1 - leaving * ((text[i - WINDOW] & 0xff) + 1));
                }
            }
        }

        private void compare(byte[] text, int window, int hash) {
            for (Trace trace : byWindow.getOrDefault(hash, List.of())) {
                int from = window - trace.before();
                boolean fits = from >= 0 && from + trace.length() <= text.length;
                if (fits && !found.contains(trace) && is(trace, text, from)) {
                    found.add(trace);
                }
            }
        }

        private boolean is(Trace trace, byte[] text, int from) {
            Mac keyed = mac == null ? key.mac() : mac; // most texts need none
            mac = keyed;
            byte[] digest = Key.digest(keyed, text, from, trace.length());
            return MessageDigest.isEqual(digest, HexFormat.of().parseHex(trace.digest()));
        }
    }

    /** As the keys process tells it. */
    Json.Members json() {
        return Json.object()
                .with("key", Base64.getEncoder().encodeToString(key.bytes))
                .with(
                        "traces",
                        new Json.Array(all.stream().<Json>map(Traces::json).toList()));
    }

    private static Json.Members json(Trace trace) {
        return Json.object()
                .with("name", trace.name())
                .with("decoy", trace.decoy())
                .with("before", trace.before())
                .with("length", trace.length())
                .with("window", Integer.toHexString(trace.window()))
                .with("digest", trace.digest());
    }

    /**
     * Reads what {@link #json} wrote.
     *
     * @throws MalformedException if it is anything else
     */
    static Traces read(Json.Members fields) {
        try {
            byte[] key = Base64.getDecoder().decode(fields.text("key"));
            if (key.length != KEY_BYTES) {
                throw new MalformedException("the key of traces has another length");
            }
            return new Traces(
                    new Key(key),
                    fields.objects("traces").stream().map(Traces::trace).toList());
        } catch (IllegalArgumentException _) { // it may quote a secret's fingerprint
            throw new MalformedException("traces are not understood");
        }
    }

    private static Trace trace(Json.Members fields) {
        Trace trace = new Trace(
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
            throw new MalformedException("a trace is not understood");
        }
        return trace;
    }
}
