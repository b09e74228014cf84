package dev.interlock.vault;

import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The decoys of running agents: files planted in their homes, and stand-ins for masked credentials in their workspaces.
 * They end with the place. Threading: any thread; look-ups take no lock.
 */
public final class Decoys {

    /** Maximum decoys of a place; a workspace with more holds test data. */
    public static final int MOST = 1_000;

    /** A file in an agent's home, with a credential that opens nothing. */
    public record PlantedFile(String path, String content) {}

    private static final String UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final String LETTERS = UPPER + UPPER.toLowerCase(Locale.ROOT);
    private static final String DIGITS = "0123456789";
    private static final String HEX = DIGITS + "abcdef";

    private static final String MASKED = "decoy-masked-";
    private static final String KIND = " for ";

    private final SecureRandom random;
    private final SecretMatcher.TraceKey key;
    private final Map<String, List<SecretMatcher.SecretTrace>> places = new TreeMap<>();
    private final Map<String, Map<String, List<Secret>>> drawn = new TreeMap<>();
    private volatile SecretMatcher traces;

    public Decoys(SecureRandom random) {
        this.random = random;
        this.key = SecretMatcher.TraceKey.random(random);
        this.traces = new SecretMatcher(key, List.of());
    }

    /**
     * Creates the decoys of {@code owner}'s {@code place}, where people leave such files and no tool looks by itself,
     * so an agent that uses one has searched for it.
     */
    public synchronized List<PlantedFile> plant(String place, String owner) {
        String id = "AKIA" + drawn(UPPER + "234567", 16);
        String aws = drawn(LETTERS + DIGITS + "+/", 40);
        String railway = uuid();
        String github = "ghp_" + drawn(LETTERS + DIGITS, 36);
        know(place, "decoy-aws of " + owner, id, aws);
        know(place, "decoy-railway of " + owner, railway);
        know(place, "decoy-github of " + owner, github);
        refresh();
        return List.of(
                new PlantedFile(
                        ".aws/credentials",
                        "[production-admin]\naws_access_key_id = " + id + "\naws_secret_access_key = " + aws + "\n"),
                new PlantedFile(
                        ".config/railway/production.env",
                        "# account token, full access\nRAILWAY_API_TOKEN=" + railway + "\n"),
                new PlantedFile(".config/gh/deploy-token.txt", github + "\n"));
    }

    public synchronized void add(String place, String owner, Collection<MaskedCredential> decoys) {
        List<MaskedCredential> all = List.copyOf(decoys);
        if (all.size() > MOST) {
            throw new IllegalArgumentException("a place has at most " + MOST + " decoys");
        }
        for (int i = 0; i < all.size(); i++) {
            MaskedCredential one = all.get(i);
            know(place, MASKED + (i + 1) + " of " + owner + KIND + one.kind(), List.of(one.decoy()));
        }
        refresh();
    }

    /**
     * Returns the kind of the credential that {@code text} stands for in the workspace of {@code place}. A planted
     * decoy stands for none, and those of other places, and texts that only contain one, are unknown here.
     */
    public synchronized Optional<String> maskedKind(String place, Secret text) {
        return drawn.getOrDefault(place, Map.of()).entrySet().stream()
                .filter(known -> known.getKey().startsWith(MASKED))
                .filter(known -> known.getValue().stream().anyMatch(decoy -> isSame(decoy, text)))
                .map(known -> known.getKey().substring(known.getKey().lastIndexOf(KIND) + KIND.length()))
                .findFirst();
    }

    private static boolean isSame(Secret one, Secret other) {
        return one.use(text -> other.<Boolean>use(text::equals));
    }

    private void know(String place, String name, String... decoys) {
        know(place, name, Stream.of(decoys).map(Secret::new).toList());
    }

    private void know(String place, String name, Collection<Secret> decoys) {
        List<SecretMatcher.SecretTrace> traced = new ArrayList<>();
        decoys.forEach(decoy -> traced.addAll(key.of(name, true, decoy)));
        places.computeIfAbsent(place, _ -> new ArrayList<>()).addAll(traced);
        drawn.computeIfAbsent(place, _ -> new TreeMap<>())
                .merge(
                        name,
                        List.copyOf(decoys),
                        (known, more) ->
                                Stream.concat(known.stream(), more.stream()).toList());
    }

    public synchronized void forget(String place) {
        drawn.remove(place);
        if (places.remove(place) != null) {
            refresh();
        }
    }

    public synchronized Map<String, List<Secret>> of(String place) {
        return Map.copyOf(drawn.getOrDefault(place, Map.of()));
    }

    public synchronized void restore(String place, Map<String, List<Secret>> decoys) {
        decoys.forEach((name, secrets) -> know(place, name, secrets));
        refresh();
    }

    private void refresh() {
        traces = new SecretMatcher(
                key, places.values().stream().flatMap(List::stream).toList());
    }

    public SecretMatcher traces() {
        return traces;
    }

    /** Returns the name of the decoy that {@code secret} is, or contains. */
    public Optional<String> nameOf(Secret secret) {
        byte[] text = secret.use(value -> value.getBytes(StandardCharsets.UTF_8));
        return traces.find(text).decoys().stream().sorted().findFirst();
    }

    private String uuid() {
        return drawn(HEX, 8) + "-" + drawn(HEX, 4) + "-4" + drawn(HEX, 3) + "-" + drawn("89ab", 1) + drawn(HEX, 3) + "-"
                + drawn(HEX, 12);
    }

    private String drawn(String alphabet, int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }
}
