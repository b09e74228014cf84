package dev.interlock.gate;

import dev.interlock.vault.SecretMatcher;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;

/** Searches a push, and collects the names of the secrets that are in it. One push, one thread. */
final class SecretCollector implements PushReader.SecretSearch {

    private final RequestSecretScanner scanner;
    private final boolean isOn;
    private final Set<String> credentials = new TreeSet<>();
    private final Set<String> decoys = new TreeSet<>();

    /**
     * Creates a search.
     *
     * @param isOn false for what the gateway itself puts back: it was there before
     */
    SecretCollector(RequestSecretScanner scanner, boolean isOn) {
        this.scanner = scanner;
        this.isOn = isOn;
    }

    @Override
    public boolean isIn(byte[] text) throws IOException {
        if (!isOn) {
            return false;
        }
        SecretMatcher.SecretMatches found = scanner.in(text);
        credentials.addAll(found.credentials());
        decoys.addAll(found.decoys());
        return !found.isNothing();
    }

    SecretMatcher.SecretMatches found() {
        return new SecretMatcher.SecretMatches(credentials, decoys);
    }
}
