package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Lease;
import dev.interlock.vault.CredentialKeeper;
import dev.interlock.vault.Decoys;
import dev.interlock.vault.SecretMatcher;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Scans a call for credentials of the vault and for decoys, in its texts and its body unless that is passed on unread.
 * It remembers which of them people were alerted about. Threading: any.
 */
public final class RequestSecretScanner {

    /** Maximum alerts that are remembered. Beyond it all are forgotten, and people are alerted again. */
    static final int MOST_TOLD = 10_000;

    private final CredentialKeeper keys;
    private final Decoys decoys;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    public RequestSecretScanner(CredentialKeeper keys, Decoys decoys) {
        this.keys = keys;
        this.decoys = decoys;
    }

    /** Scans the call, its reason, and what is passed on beside it. */
    SecretMatcher.SecretMatches in(Attempt attempt) throws IOException {
        return in(text(attempt));
    }

    SecretMatcher.SecretMatches in(byte[] text) throws IOException {
        return SecretMatcher.find(text, List.of(keys.secretMatcher(), decoys.traces()));
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
