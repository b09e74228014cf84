package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.BodyStream;
import dev.interlock.action.Bytes;
import dev.interlock.action.Lease;
import dev.interlock.shapes.CredentialShapes;
import dev.interlock.vault.CredentialKeeper;
import dev.interlock.vault.Decoys;
import dev.interlock.vault.SecretMatcher;
import dev.interlock.vault.TextReadings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Scans a call for credentials of the vault and for decoys, in its texts and its body unless that is passed on unread;
 * and perhaps for leases and what has the form of a credential. It remembers which of them people were alerted about.
 * Threading: any.
 */
public final class RequestSecretScanner {

    /** Maximum alerts that are remembered. Beyond it all are forgotten, and people are alerted again. */
    static final int MOST_TOLD = 10_000;

    /** The bytes of a long body that are scanned at once. */
    private static final int PIECE = 256 * 1024;

    private static final int SHARED = 8 * 1024;

    /** The digits of a value that may hold a credential: none is shorter. */
    private static final int LEAST_DIGITS = 20;

    /** The digit of standard base64 for each byte that is one of base64 or base64url; 0 for others. */
    private static final byte[] DIGITS = digits();

    private final CredentialKeeper keys;
    private final Decoys decoys;
    private final Predicate<byte[]> leases;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    /** @param leases whether a text holds the token of a lease */
    public RequestSecretScanner(CredentialKeeper keys, Decoys decoys, Predicate<byte[]> leases) {
        this.keys = keys;
        this.decoys = decoys;
        this.leases = leases;
    }

    /**
     * Scans the call, its reason, and what is passed on beside it. By form only where nobody sends secrets or a whole
     * conversation.
     */
    FoundSecrets in(Attempt attempt, boolean isByForm) throws IOException {
        FoundSecrets found = in(text(attempt), isByForm);
        Optional<BodyStream> stored = attempt.call().longBody();
        return stored.isEmpty() ? found : found.with(in(stored.get(), isByForm));
    }

    /** Scans a long body in pieces. A secret is shorter than what two pieces share. */
    private FoundSecrets in(BodyStream body, boolean isByForm) throws IOException {
        FoundSecrets found = new FoundSecrets(Set.of(), Set.of(), Set.of());
        byte[] shared = {};
        try (InputStream in = body.open()) {
            for (byte[] piece = in.readNBytes(PIECE); piece.length > 0; piece = in.readNBytes(PIECE)) {
                byte[] text = Arrays.copyOf(shared, shared.length + piece.length);
                System.arraycopy(piece, 0, text, shared.length, piece.length);
                found = found.with(in(text, isByForm));
                int from = Math.max(0, text.length - SHARED);
                int value = text.length - digitsAtEnd(text);
                from -= Math.max(0, from - value) % 4; // base64 is decoded by fours, in the next piece too
                shared = Arrays.copyOfRange(text, from, text.length);
            }
        }
        return found;
    }

    /** Returns how many digits of base64 {@code text} ends with. */
    private static int digitsAtEnd(byte[] text) {
        int from = text.length;
        while (from > 0 && DIGITS[text[from - 1] & 0xff] != 0) {
            from--;
        }
        return text.length - from;
    }

    FoundSecrets in(byte[] text) throws IOException {
        return in(text, true);
    }

    private FoundSecrets in(byte[] text, boolean isByForm) throws IOException {
        List<SecretMatcher> stored = List.of(keys.secretMatcher(), decoys.traces());
        if (!isByForm) {
            return new FoundSecrets(SecretMatcher.find(text, stored), Set.of());
        }
        List<byte[]> readings = TextReadings.of(text);
        Set<String> forms = new TreeSet<>();
        for (byte[] reading : readings) {
            for (byte[] searched : List.of(reading, fromBase64(reading))) {
                forms.addAll(CredentialShapes.known().find(searched));
                if (leases.test(searched)) {
                    forms.add(FoundSecrets.LEASE);
                }
            }
        }
        return new FoundSecrets(SecretMatcher.find(readings, stored), forms);
    }

    /** Returns what the values of base64 in {@code text} hold, one a line: interfaces take files so. */
    static byte[] fromBase64(byte[] text) {
        ByteArrayOutputStream held = new ByteArrayOutputStream();
        int at = LEAST_DIGITS - 1;
        while (at < text.length) { // no pattern: all bytes of each push come by here, but few have to be looked at
            int from = at;
            int end = at;
            if (DIGITS[text[at] & 0xff] != 0) {
                while (from > 0 && DIGITS[text[from - 1] & 0xff] != 0) {
                    from--;
                }
                while (end < text.length && DIGITS[text[end] & 0xff] != 0) {
                    end++;
                }
            }
            if (end - from >= LEAST_DIGITS) {
                int length = end - from - ((end - from) % 4 == 1 ? 1 : 0); // one digit more holds no byte
                byte[] value = Arrays.copyOfRange(text, from, from + length);
                for (int i = 0; i < length; i++) {
                    value[i] = DIGITS[value[i]];
                }
                held.writeBytes(Base64.getDecoder().decode(value));
                held.write('\n');
            }
            at = end + LEAST_DIGITS;
        }
        return held.toByteArray();
    }

    private static byte[] digits() {
        byte[] digits = new byte[256];
        for (char c = '0'; c <= 'z'; c++) {
            digits[c] = (byte) (Character.isLetterOrDigit(c) ? c : 0);
        }
        digits['+'] = digits['-'] = '+';
        digits['/'] = digits['_'] = '/';
        return digits;
    }

    private static byte[] text(Attempt attempt) {
        Bytes body = attempt.call().body();
        ByteArrayOutputStream text = new ByteArrayOutputStream(body.length() + 512);
        attempt.call().texts().forEach(part -> add(text, part));
        attempt.trace().stream()
                .flatMap(context -> context.headers().stream())
                .forEach(field -> add(text, field.value()));
        attempt.reason().ifPresent(reason -> add(text, reason));
        attempt.perTry().forEach(value -> add(text, value));
        body.writeTo(text);
        return text.toByteArray();
    }

    private static void add(ByteArrayOutputStream text, String value) {
        text.writeBytes(value.getBytes(StandardCharsets.UTF_8));
        text.write('\n'); // a match must not run on into the next part
    }

    /** Returns those of {@code names} that are new to people under {@code lease}, and remembers them. */
    Set<String> markAlerted(Lease lease, Set<String> names) {
        if (told.size() > MOST_TOLD) {
            told.clear();
        }
        Set<String> untold = new TreeSet<>();
        names.stream().filter(name -> told.add(mark(lease) + name)).forEach(untold::add);
        return untold;
    }

    void forgetAlerts(Lease lease) {
        told.removeIf(one -> one.startsWith(mark(lease)));
    }

    private static String mark(Lease lease) {
        return lease.root() + " ";
    }
}
