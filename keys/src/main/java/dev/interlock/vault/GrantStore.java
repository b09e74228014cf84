package dev.interlock.vault;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.oauth.OAuthGrant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The OAuth grants, to which slots refer by name; slots that share one cannot use up each other's refresh token. A
 * grant has two files, each with one writer: a person's command writes the grant, the process that opens credentials
 * what the authorization server made of it. The second counts only if it belongs to the first, so that neither can undo
 * the other's work. Threading: any thread may read, one at a time rotates.
 */
final class GrantStore {

    /** Slots and grants have no such names, because a grant's name has no full stop. */
    private static final String ROTATED = ".rotated";

    private static final String NAME = "[a-z][a-z0-9-]{0,30}";

    private final StoreDirectory directory;
    private final SlotFingerprints fingerprints;
    /** The rotated grants that could not be written. The server accepts no earlier refresh token. */
    private final Map<String, OAuthGrant> unwritten = new ConcurrentHashMap<>();

    GrantStore(StoreDirectory directory, SlotFingerprints fingerprints) {
        this.directory = directory;
        this.fingerprints = fingerprints;
    }

    static boolean isName(String name) {
        return name.matches(NAME);
    }

    void put(String name, OAuthGrant grant) throws IOException {
        write(requireName(name), grant);
        directory.remove(name + ROTATED);
    }

    /** Stores {@code grant}, of which the server has just replaced the refresh token. Afterwards it is durable. */
    void rotate(String name, OAuthGrant grant) throws IOException {
        unwritten.put(requireName(name), grant);
        writeRotated(name);
    }

    /** Writes what was rotated and is not written yet. Of several callers at once, one writes. */
    private synchronized void writeRotated(String name) throws IOException {
        OAuthGrant grant = unwritten.get(name);
        if (grant != null) {
            write(name + ROTATED, grant);
            unwritten.remove(name);
        }
    }

    private void write(String file, OAuthGrant grant) throws IOException {
        directory.put(
                file,
                SlotContent.token(new Secret(grant.json().canonicalText())),
                Optional.of(fingerprints.of(grant.refreshToken())));
    }

    /** Returns the grant with its latest refresh token; one that could not be written is written first, or fails. */
    Optional<OAuthGrant> latest(String name) throws IOException {
        writeRotated(requireName(name));
        Optional<OAuthGrant> put = read(name);
        if (put.isEmpty()) {
            return Optional.empty();
        }
        String id = put.get().id();
        return read(name + ROTATED).filter(rotated -> rotated.id().equals(id)).or(() -> put);
    }

    private Optional<OAuthGrant> read(String file) throws IOException {
        Optional<SlotContent> kept = directory.get(file);
        return kept.isPresent() ? Optional.of(read(file, kept.get())) : Optional.empty();
    }

    private static OAuthGrant read(String file, SlotContent kept) throws IOException {
        try {
            return OAuthGrant.read(kept.copied().use(json -> Json.readObject(json.getBytes(StandardCharsets.UTF_8))));
        } catch (IllegalArgumentException _) { // without the cause, which may quote it
            throw new IOException("the grant `" + file + "` cannot be read");
        }
    }

    void remove(String name) throws IOException {
        unwritten.remove(name);
        directory.remove(name);
        directory.remove(name + ROTATED);
    }

    Set<String> names() throws IOException {
        Set<String> names = new TreeSet<>();
        for (StoreDirectory.SlotEntry entry : directory.entries()) {
            names.add(entry.slot().endsWith(ROTATED) ? grantOf(entry.slot()) : entry.slot());
        }
        return names;
    }

    static String grantOf(String file) {
        return file.endsWith(ROTATED) ? file.substring(0, file.length() - ROTATED.length()) : file;
    }

    static List<Secret> secrets(String file, SlotContent kept) throws IOException {
        OAuthGrant grant = read(file, kept);
        List<Secret> secrets = new ArrayList<>(List.of(grant.refreshToken()));
        grant.endpoint().client().secret().ifPresent(secrets::add);
        return secrets;
    }

    private static String requireName(String name) {
        if (!isName(name)) {
            throw new IllegalArgumentException("a grant's name must be lower-case letters, digits and `-`");
        }
        return name;
    }
}
