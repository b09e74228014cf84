package dev.interlock.backup.kept;

import dev.interlock.backup.run.Digests;
import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * What belongs to one extension of a database. No dump holds any of it: where that is restored the extension makes its
 * own again, and what somebody has given to it is gone.
 *
 * @param version of the extension; another one makes other things
 * @param count how many there are
 * @param sha256 of all, in the order of their spelling
 * @param named all of them; none where they are too many
 */
public record ExtensionMembers(String version, long count, String sha256, List<String> named) {

    /** So many of one database are named, those of the smallest extensions first; PostGIS has some 1,500. */
    private static final int MAX_NAMED = 4_096;

    /** What one is called: where one is called longer, none of its extension is named. */
    private static final int MAX_NAME = 1_024;

    /**
     * All that belongs to an extension, however much that is.
     *
     * @param members as they stand in {@code ALTER EXTENSION … DROP}: what each is, and what it is called
     */
    public record All(String version, SortedSet<String> members) {

        private boolean isNamed(int room) {
            return members.size() <= room && members.stream().allMatch(name -> name.length() <= MAX_NAME);
        }

        private String sha256() {
            MessageDigest digest = Digests.sha256();
            for (String member : members) {
                digest.update(member.getBytes(StandardCharsets.UTF_8));
                digest.update((byte) 0); // which is in no name
            }
            return HexFormat.of().formatHex(digest.digest());
        }
    }

    public ExtensionMembers {
        named = List.copyOf(named);
    }

    /** As much of {@code all}, by extension, as a manifest holds. */
    public static Map<String, ExtensionMembers> noted(Map<String, All> all) {
        Map<String, ExtensionMembers> noted = new TreeMap<>();
        int room = MAX_NAMED;
        for (Map.Entry<String, All> one : all.entrySet().stream()
                .sorted(Comparator.comparingInt(one -> one.getValue().members().size()))
                .toList()) {
            All extension = one.getValue();
            List<String> named = extension.isNamed(room) ? List.copyOf(extension.members()) : List.of();
            room -= named.size();
            noted.put(
                    one.getKey(),
                    new ExtensionMembers(
                            extension.version(), extension.members().size(), extension.sha256(), named));
        }
        return noted;
    }

    /** What of this {@code that} has not, which is of the same version; nothing if nobody can tell. */
    public Optional<Lack> lackOf(All that) {
        if (that.sha256().equals(sha256)) {
            return Optional.of(new Lack(0, List.of()));
        }
        if (named.size() == count) {
            List<String> lacking = named.stream()
                    .filter(member -> !that.members().contains(member))
                    .toList();
            return Optional.of(new Lack(lacking.size(), lacking));
        }
        long fewer = count - that.members().size();
        return fewer > 0 ? Optional.of(new Lack(fewer, List.of())) : Optional.empty();
    }

    /**
     * What an extension does not make.
     *
     * @param count how much that is, at least
     * @param named all of it, or nothing
     */
    public record Lack(long count, List<String> named) {}

    Json.Members json() {
        return Json.object()
                .with("version", version)
                .with("count", count)
                .with("sha256", sha256)
                .withTexts("named", named);
    }

    /** @throws dev.interlock.evidence.MalformedException if it is not what {@link #json} writes */
    static ExtensionMembers of(Json.Members json) {
        return new ExtensionMembers(
                json.text("version"), json.whole("count"), json.text("sha256"), json.texts("named"));
    }
}
